"""A snapshot that is filled while its dump is still read, masked and verified: both cores have something to do then.

Nobody sees its server before the dump is published. It only saves time: whatever goes wrong with it is noted in the
log, and the snapshot is made from the file as it would be anyway.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import structlog

from commands.work.filling import import_growing
from commands.work.taking import Follow, nobody_follows
from dbs.dumps.fast_load import Stopped
from dbs.dumps.following import Growing
from dbs.dumps.interface import DumpManifest
from dbs.errors import DbsError
from dbs.jobs import Report
from dbs.snapshots.interface import Address, Early, Manifest, Provider

log = structlog.get_logger()


class EarlySnapshot:
    """A context manager: unless `finish` was reached, nothing of the snapshot is left when the block has ended."""

    def __init__(self, name: str, provider: Provider | None, final: Callable[[DumpManifest], Manifest]) -> None:
        """`final` makes the manifest of a published dump into the snapshot's. Not every provider can do this."""
        self.provider = name
        self._maker = provider if isinstance(provider, Early) else None
        self._final = final
        self._growing: Growing | None = None
        self._thread: threading.Thread | None = None
        self._loaded = threading.Event()
        self._may_freeze = threading.Event()
        self._failed = False

    def __enter__(self) -> EarlySnapshot:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._growing is not None and self._thread is not None:
            self._growing.set()
            self._may_freeze.set()
            self._thread.join()

    def of(self, draft: Manifest) -> Follow:
        """Whoever follows a dump to make the snapshot of which this much is known."""
        maker = self._maker
        if maker is None:
            return nobody_follows

        def begin(partial: Path, growing: Growing) -> None:
            self._growing = growing
            self._thread = threading.Thread(target=lambda: self._make(maker, draft, partial, growing), daemon=True)
            self._thread.start()

        return begin

    def finish(self, report: Report) -> None:
        """Wait until it is loaded, and then frozen, or has failed; the dump is published."""
        if self._thread is None:
            return
        self._loaded.wait()
        if not self._failed:
            report("freeze")
        self._may_freeze.set()
        self._thread.join()

    def _make(self, maker: Early, draft: Manifest, partial: Path, growing: Growing) -> None:
        def load(address: Address) -> Manifest:
            counts = import_growing(address, partial, growing, draft.database)
            self._loaded.set()
            self._may_freeze.wait()
            growing.check()
            return replace(self._final(growing.manifest()), rows=counts)

        try:
            maker.create_early(draft, load)
        except Stopped:
            log.info("a snapshot in the making was given up", snapshot=draft.id)
        except DbsError as error:
            self._failed = True
            log.info("a snapshot could not be filled early", snapshot=draft.id, reason=str(error))
        except Exception:
            self._failed = True
            log.exception("bug while a snapshot was filled early", snapshot=draft.id)
        finally:
            self._loaded.set()
