"""Rehearsals: what was run of which change, and what came of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add one table."""
    op.create_table(
        "rehearsal",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("project", sa.String, nullable=False),
        sa.Column("number", sa.Integer),
        sa.Column("head", sa.String, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("begun_at", sa.String, nullable=False),
        sa.Column("ended_at", sa.String),
        sa.Column("verdict", sa.String),
        sa.Column("report", sa.Text),
        sa.Column("told", sa.String, nullable=False, server_default=""),
        sa.Column("closed_at", sa.String),
    )
    op.create_index("rehearsal_of", "rehearsal", ["project", "number", "begun_at"])
