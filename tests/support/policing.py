"""An office whose source has a masking policy, and jobs that pretend to read by it."""

from __future__ import annotations

from pathlib import Path

from commands.approved import accept, require_approved
from commands.interface import Result
from commands.policies import read_policy
from dbs.jobs import JobRequest
from tests.support.office import Office

POLICY = """\
source = "shop"

[table.users.columns]
id = "keep"
email = "email"  # of the person
name = "name"
notes = "text"
"""
STRONGER = POLICY.replace('notes = "text"', 'notes = "null"')
WEAKER = POLICY.replace('email = "email"', 'email = "keep"')
SLACK = 'privacy = ["S0PRIVACY"]'
SOURCE = 'policy = "policy/shop.toml"\nmask_key = "a key of sixteen letters at least"'


class Policed(Office):
    """Somebody writes the policy file, and refreshes are asked for."""

    def __init__(self, home: Path, *, slack: str = SLACK, source: str = SOURCE) -> None:
        super().__init__(home, slack=slack, source=source)
        self.file = home / "policy" / "shop.toml"
        self.file.parent.mkdir()
        self.write(POLICY)
        self.services.policies._clock = self.clock

    def write(self, text: str) -> None:
        """The policy file, as somebody edits it."""
        self.file.write_text(text)

    def read_by_it(self) -> str:
        """What a refresh does before and after it has looked at the source; returns the digest of the policy."""
        policy = read_policy(self.services, "shop", self.services.settings.source["shop"])
        found = require_approved(self.services, policy)
        number = len(self.jobs())
        job = self.services.job_rows.add(JobRequest(f"made-up:{number}", "refresh", "shop", {}, "U0ADA", "Ada"), ())
        self.services.job_rows.end(job.id, "done", "Done.")
        accept(self.services, found, job)
        return policy.digest

    def posted(self, part: str) -> list[Result]:
        """The messages of a kind that wait to be sent, oldest first."""
        rows = self.services.outbox.pending(1000)
        return [Result.from_json(row.result) for row in rows if row.part == part and row.job_id.startswith("decision")]
