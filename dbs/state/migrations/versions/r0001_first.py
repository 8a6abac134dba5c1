"""The first tables, and the triggers that make the audit table append-only.

A migration stays as it was released: it does not import `dbs.state.tables`, which goes on changing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TRIGGERS = (
    """CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
       BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END""",
    """CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event
       BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END""",
    # REPLACE deletes without firing the trigger above unless a connection asks for recursive triggers: so deny
    # whatever would replace a row, by its id or by the unique index.
    """CREATE TRIGGER audit_event_no_replace BEFORE INSERT ON audit_event
       WHEN EXISTS (SELECT 1 FROM audit_event WHERE id = NEW.id)
         OR EXISTS (SELECT 1 FROM audit_event WHERE request_id = NEW.request_id
                    AND (outcome = 'received') = (NEW.outcome = 'received'))
       BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END""",
)


def upgrade() -> None:
    """Make all tables of the first version."""
    _audit()
    _jobs()
    _messages()
    _instances()


def _text(name: str, kind: type[sa.String] = sa.String, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, kind, nullable=False, server_default=default)


def _maybe(name: str, kind: type[sa.String] = sa.String) -> sa.Column[str]:
    return sa.Column(name, kind)


def _audit() -> None:
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        *map(_text, ("at", "request_id", "actor_id", "actor_name", "face", "command", "target")),
        _text("arguments", sa.Text),
        _text("outcome"),
        _text("detail", sa.Text),
        *map(_maybe, ("job_id", "channel", "thread_ts")),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    once = sa.text("(outcome = 'received')")
    op.create_index("audit_event_once", "audit_event", ["request_id", once], unique=True)
    for trigger in _TRIGGERS:
        op.execute(trigger)


def _jobs() -> None:
    op.create_table(
        "job",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String, nullable=False, unique=True),
        *map(_text, ("kind", "target")),
        *map(_maybe, ("request_id", "parent_id")),
        *map(_text, ("requester_id", "requester_name")),
        _text("arguments", sa.Text),
        _text("state"),
        _text("sentence", sa.Text, ""),
        _text("created_at"),
        *map(_maybe, ("started_at", "finished_at")),
    )
    op.create_table(
        "progress",
        sa.Column("job_id", sa.String, sa.ForeignKey("job.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        *map(_text, ("step", "state")),
        _text("detail", sa.Text, ""),
        _text("at"),
    )


def _messages() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        *map(_text, ("job_id", "part")),
        _text("destination", sa.Text),
        _text("result", sa.Text),
        _text("created_at"),
        _maybe("sent_at"),
        _maybe("failure", sa.Text),
        sa.UniqueConstraint("job_id", "part"),
    )
    op.create_table(
        "message",
        sa.Column("job_id", sa.String, primary_key=True),
        *map(_text, ("channel", "ts")),
    )
    op.create_table("seen", sa.Column("key", sa.String, primary_key=True), _text("at"), _text("answer", sa.Text))


def _instances() -> None:
    op.create_table(
        "snapshot",
        sa.Column("id", sa.String, primary_key=True),
        *map(_text, ("source", "provider", "data_state_at", "created_at")),
        _text("manifest", sa.Text),
        _maybe("deleted_at"),
    )
    op.create_table(
        "instance_state",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),
        *map(_maybe, ("snapshot_id", "restored_at", "restored_by", "job_id")),
    )
    op.create_table(
        "lease",
        sa.Column("instance", sa.String, primary_key=True),
        *map(_text, ("holder_id", "holder_name", "until")),
        _text("reason", sa.Text, ""),
    )
