"""Made-up masked dumps, for tests of those who keep and hand them out."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dbs.dumps.interface import DumpManifest
from dbs.dumps.store import DumpStore

FIRST = datetime(2026, 11, 1, 1, tzinfo=UTC)


def manifest(content: bytes, day: int = 1, source: str = "shop", dump_id: str | None = None) -> DumpManifest:
    """What is known of a dump that was made on that day of November 2026."""
    at = FIRST + timedelta(days=day - 1)
    return DumpManifest(
        id=dump_id or f"{source}-{at:%Y%m%dT%H%M%SZ}-0000",
        source=source,
        database=source,
        data_state_at=at.isoformat(),
        created_at=(at + timedelta(minutes=5)).isoformat(),
        file="",
        sha256=hashlib.sha256(content).hexdigest(),
        bytes_on_disk=len(content),
        text_bytes=10 * len(content),
        rows={"users": 1_000, "orders": 2_345},
        server_version="11.8.6-MariaDB",
        policy_digest="0" * 64,
        masked="pseudonymised by policy/shop.toml",
        frames=(),
        columns={"users": ["id"], "orders": ["id"]},
    )


def publish(store: DumpStore, content: bytes, day: int = 1, source: str = "shop") -> DumpManifest:
    """Make a dump and put it into the store; as it is found there."""
    wanted = manifest(content, day, source)
    partial = store.begin(source, wanted.id)
    partial.write_bytes(content)
    store.publish(wanted, partial)
    found = store.find(source, wanted.id)
    assert found is not None
    return found


def link_target(root: Path) -> Path | None:
    """What `latest.sql.zst` leads to; None without one. Raises when it leads nowhere."""
    link = root / "shop" / "latest.sql.zst"
    return link.resolve(strict=True) if link.is_symlink() else None
