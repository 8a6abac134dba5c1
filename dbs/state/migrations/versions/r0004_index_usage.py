"""How often each index of a source was read, over restarts of its servers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_KEY = ("source", "node", "table_name", "index_name", "counter")


def upgrade() -> None:
    """Add one table."""
    op.create_table(
        "index_usage",
        *(sa.Column(name, sa.String, primary_key=True) for name in _KEY),
        *(sa.Column(name, sa.String, nullable=False) for name in ("since", "sampled_at", "started_at")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("value", "reads")),
        sa.Column("used_at", sa.String),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("unseen_seconds", "breaks")),
    )
