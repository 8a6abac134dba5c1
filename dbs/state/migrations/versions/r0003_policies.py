"""Masking policies that were approved or rejected: append-only, like the audit table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_TRIGGERS = (
    """CREATE TRIGGER masking_policy_no_update BEFORE UPDATE ON masking_policy
       BEGIN SELECT RAISE(ABORT, 'masking_policy is append-only'); END""",
    """CREATE TRIGGER masking_policy_no_delete BEFORE DELETE ON masking_policy
       BEGIN SELECT RAISE(ABORT, 'masking_policy is append-only'); END""",
    # REPLACE deletes without firing the trigger above unless a connection asks for recursive triggers.
    """CREATE TRIGGER masking_policy_no_replace BEFORE INSERT ON masking_policy
       WHEN EXISTS (SELECT 1 FROM masking_policy WHERE id = NEW.id)
       BEGIN SELECT RAISE(ABORT, 'masking_policy is append-only'); END""",
)


def upgrade() -> None:
    """Add one table, and what keeps its rows as they are."""
    op.create_table(
        "masking_policy",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("source", "digest")),
        sa.Column("policy", sa.Text, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("verdict", "by_id", "by_name", "at")),
        sa.Column("summary", sa.Text, nullable=False),
    )
    op.create_index("masking_policy_of", "masking_policy", ["source", "verdict", "id"])
    for trigger in _TRIGGERS:
        op.execute(trigger)
