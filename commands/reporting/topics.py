"""The table of topics, in the order in which they are shown: a new one is a file and a line here."""

from __future__ import annotations

from commands.reporting import ages, disk, leases, work
from commands.reporting.interface import Topic

TOPICS: tuple[Topic, ...] = (
    Topic("Needs somebody", work.failed),
    Topic("Data", ages.lines),
    Topic("Leases", leases.lines),
    Topic("Done", work.done),
    Topic("Disk", disk.lines),
)
