"""What a bench stands on: file systems to try, a machine to name, and minutes, medians and ratios to report."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MAKE = {"btrfs": ["mkfs.btrfs", "--quiet"], "xfs": ["mkfs.xfs", "-q"]}


@dataclass(frozen=True)
class Spread:
    """Seconds of several runs of one thing."""

    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median, in seconds."""
        return statistics.median(self.runs)

    def __str__(self) -> str:
        return f"{min(self.runs):.2f}/{self.median:.2f}/{max(self.runs):.2f}"

    def to_json(self) -> dict[str, object]:
        """All runs and their min, median, max in seconds."""
        return {"min": min(self.runs), "median": self.median, "max": max(self.runs), "runs": list(self.runs)}


def describe() -> str:
    """The machine in one line: kernel, processor count, memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{platform.system()} {platform.release()}, {os.cpu_count()} cores, {memory:.0f} GiB"


@contextlib.contextmanager
def mounted(kind: str, gigabytes: float) -> Iterator[Path]:
    """A loop-mounted file system of that kind, or a directory of the machine's own for `plain`; gone afterwards."""
    base = Path(tempfile.mkdtemp(prefix=f"dbs-bench-{kind}-", dir="/var/tmp"))
    base.chmod(0o711)
    place = base / "fs"
    place.mkdir(mode=0o711)
    try:
        if kind in MAKE:
            image = base / "image"
            with image.open("wb") as file:
                os.truncate(file.fileno(), int(gigabytes * 2**30))
            subprocess.run([*MAKE[kind], str(image)], check=True)
            subprocess.run(["mount", "-o", "loop,noatime", str(image), str(place)], check=True)
        yield place
    finally:
        if place.is_mount():
            subprocess.run(["umount", "--lazy", str(place)], check=True)
        shutil.rmtree(base, ignore_errors=True)


def markdown(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    rows = [header, ["---"] * len(header), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def replace_block(path: Path, name: str, text: str) -> None:
    """Put `text` between `<!-- bench:name -->` and `<!-- /bench:name -->` in a document."""
    begin, end = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
    before, rest = path.read_text().split(begin)
    path.write_text(f"{before}{begin}\n{text}\n{end}{rest.split(end)[1]}")
