"""The tables of the state database. Times are UTC, written as ISO 8601 text with microseconds and `+00:00`."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, UniqueConstraint, text

metadata = MetaData()

# Append-only and hash-chained: see dbs/audit. One `received` row and exactly one terminal row per request.
audit_event = Table(
    "audit_event",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", String, nullable=False),
    Column("request_id", String, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("actor_name", String, nullable=False),
    Column("face", String, nullable=False),
    Column("command", String, nullable=False),
    Column("target", String, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("outcome", String, nullable=False),
    Column("detail", Text, nullable=False),
    Column("job_id", String),
    Column("channel", String),
    Column("thread_ts", String),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
Index(
    "audit_event_once",
    audit_event.c.request_id,
    text("(outcome = 'received')"),
    unique=True,
)

# What was asked to be done, written before it is queued: a job that was not queued is queued again at start.
job = Table(
    "job",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("target", String, nullable=False),
    Column("request_id", String),
    Column("parent_id", String),
    Column("requester_id", String, nullable=False),
    Column("requester_name", String, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("sentence", Text, nullable=False, server_default=""),
    Column("created_at", String, nullable=False),
    Column("started_at", String),
    Column("finished_at", String),
    Column("cancel_requested_by", String),
)

# The steps of a job as people see them; faces read it, the worker writes it.
progress = Table(
    "progress",
    metadata,
    Column("job_id", String, ForeignKey("job.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("step", String, nullable=False),
    Column("state", String, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("at", String, nullable=False),
)

# Messages to send. One parent per job (updated in place), details in its thread.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("job_id", String, nullable=False),
    Column("part", String, nullable=False),
    Column("destination", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("created_at", String, nullable=False),
    Column("sent_at", String),
    Column("failure", Text),
    UniqueConstraint("job_id", "part"),
)

# Where the parent message of a job stands in Slack.
message = Table(
    "message",
    metadata,
    Column("job_id", String, primary_key=True),
    Column("channel", String, nullable=False),
    Column("ts", String, nullable=False),
)

# A copy of every snapshot's manifest that commands can list without asking a provider.
snapshot = Table(
    "snapshot",
    metadata,
    Column("id", String, primary_key=True),
    Column("source", String, nullable=False),
    Column("provider", String, nullable=False),
    Column("data_state_at", String, nullable=False),
    Column("created_at", String, nullable=False),
    Column("manifest", Text, nullable=False),
    Column("deleted_at", String),
)

# `epoch` counts the works begun on an instance; a provider refuses a work whose epoch has been overtaken.
instance_state = Table(
    "instance_state",
    metadata,
    Column("name", String, primary_key=True),
    Column("epoch", Integer, nullable=False, server_default="0"),
    Column("snapshot_id", String),
    Column("restored_at", String),
    Column("restored_by", String),
    Column("job_id", String),
)

lease = Table(
    "lease",
    metadata,
    Column("instance", String, primary_key=True),
    Column("holder_id", String, nullable=False),
    Column("holder_name", String, nullable=False),
    Column("until", String, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
)

# Keys of requests that were already taken in, with the answer they got (Slack repeats what it thinks was lost).
seen = Table(
    "seen",
    metadata,
    Column("key", String, primary_key=True),
    Column("at", String, nullable=False),
    Column("answer", Text, nullable=False),
)

# A question put to somebody by buttons: it is settled once. `digest` is that of what was shown, `work` what will run.
decision = Table(
    "decision",
    metadata,
    Column("id", String, primary_key=True),
    Column("request_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("target", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("work", Text, nullable=False),
    Column("asked_id", String, nullable=False),
    Column("asked_name", String, nullable=False),
    Column("asked_at", String, nullable=False),
    Column("expires_at", String, nullable=False),
    Column("choice", String),
    Column("settled_by", String),
    Column("settled_at", String),
)

# Bearer tokens for programs: only the sha256 of a token is kept.
token = Table(
    "token",
    metadata,
    Column("id", String, primary_key=True),
    Column("digest", String, nullable=False, unique=True),
    Column("scope", String, nullable=False),
    Column("label", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made_at", String, nullable=False),
    Column("expires_at", String),
    Column("used_at", String),
    Column("revoked_at", String),
)

# Instances that people made for themselves with `new`; those of the configuration are not here.
personal_instance = Table(
    "personal_instance",
    metadata,
    Column("name", String, primary_key=True),
    Column("owner_id", String, nullable=False),
    Column("owner_name", String, nullable=False),
    Column("source", String, nullable=False),
    Column("provider", String, nullable=False),
    Column("port", Integer, nullable=False, unique=True),
    Column("created_at", String, nullable=False),
    Column("expires_at", String, nullable=False),
    Column("warned_at", String),
)

# What is switched on for everybody; the row `pause` is the kill switch.
switch = Table(
    "switch",
    metadata,
    Column("name", String, primary_key=True),
    Column("set_by", String, nullable=False),
    Column("set_at", String, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
)

# What was said of masking policies; append-only. The last approved one of a source is what refreshes are held against.
masking_policy = Table(
    "masking_policy",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("source", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("policy", Text, nullable=False),
    Column("verdict", String, nullable=False),
    Column("by_id", String, nullable=False),
    Column("by_name", String, nullable=False),
    Column("at", String, nullable=False),
    Column("summary", Text, nullable=False),
)
Index("masking_policy_of", masking_policy.c.source, masking_policy.c.verdict, masking_policy.c.id)

# What the counters of a source's servers say of each index, added up over restarts: see dbs/evidence/ledger.py.
index_usage = Table(
    "index_usage",
    metadata,
    Column("source", String, primary_key=True),
    Column("node", String, primary_key=True),
    Column("table_name", String, primary_key=True),
    Column("index_name", String, primary_key=True),
    Column("counter", String, primary_key=True),
    Column("since", String, nullable=False),
    Column("sampled_at", String, nullable=False),
    Column("started_at", String, nullable=False),
    Column("value", Integer, nullable=False),
    Column("reads", Integer, nullable=False),
    Column("used_at", String),
    Column("unseen_seconds", Integer, nullable=False),
    Column("breaks", Integer, nullable=False),
)

# Runs of a change's migrations on a builds instance. `id` is that of the job; `report` is the whole result as JSON,
# `told` what the place where the change came from was told last.
rehearsal = Table(
    "rehearsal",
    metadata,
    Column("id", String, primary_key=True),
    Column("project", String, nullable=False),
    Column("number", Integer),
    Column("head", String, nullable=False),
    Column("about", Text, nullable=False),
    Column("begun_at", String, nullable=False),
    Column("ended_at", String),
    Column("verdict", String),
    Column("report", Text),
    Column("told", String, nullable=False, server_default=""),
    Column("closed_at", String),
)
Index("rehearsal_of", rehearsal.c.project, rehearsal.c.number, rehearsal.c.begun_at)
