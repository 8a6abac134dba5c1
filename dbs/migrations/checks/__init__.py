"""What is looked for in a rehearsal that has ended: one file for each check, listed in `table.py`.

`interface.py` is where reading starts.
"""

from dbs.migrations.checks.interface import Case, Check, Finding, IndexParts, Judged, Severity, Verdict
from dbs.migrations.checks.judging import judge
from dbs.migrations.checks.parts import indexes
from dbs.migrations.checks.severities import read_severities
from dbs.migrations.checks.table import CHECKS

__all__ = [
    "CHECKS",
    "Case",
    "Check",
    "Finding",
    "IndexParts",
    "Judged",
    "Severity",
    "Verdict",
    "indexes",
    "judge",
    "read_severities",
]
