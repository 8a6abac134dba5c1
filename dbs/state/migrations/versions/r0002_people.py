"""What the bot needs to be used by a team: decisions, tokens, personal instances, the kill switch, cancelled jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add four tables and one column."""
    op.create_table(
        "decision",
        sa.Column("id", sa.String, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("request_id", "kind", "target", "digest")),
        sa.Column("work", sa.Text, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("asked_id", "asked_name", "asked_at", "expires_at")),
        *(sa.Column(name, sa.String) for name in ("choice", "settled_by", "settled_at")),
    )
    op.create_table(
        "token",
        sa.Column("id", sa.String, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("digest", "scope", "label", "made_by", "made_at")),
        *(sa.Column(name, sa.String) for name in ("expires_at", "used_at", "revoked_at")),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "personal_instance",
        sa.Column("name", sa.String, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("owner_id", "owner_name", "source", "provider")),
        sa.Column("port", sa.Integer, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("created_at", "expires_at")),
        sa.Column("warned_at", sa.String),
        sa.UniqueConstraint("port"),
    )
    op.create_table(
        "switch",
        sa.Column("name", sa.String, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("set_by", "set_at")),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
    )
    with op.batch_alter_table("job") as job:
        job.add_column(sa.Column("cancel_requested_by", sa.String))
