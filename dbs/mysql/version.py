"""What a server says it is: MariaDB or MySQL, and which version."""

from __future__ import annotations

import re
from dataclasses import dataclass

MARIADB, MYSQL = "MariaDB", "MySQL"
# MariaDB 10 pretends to old replicas that it is 5.5.5: https://mariadb.com/kb/en/version/
_VERSION = re.compile(r"(?:5\.5\.5-(?=\d+\.\d+\.\d+-MariaDB))?(\d+)\.(\d+)(?:\.(\d+))?")


@dataclass(frozen=True)
class ServerVersion:
    """A flavour (`MariaDB` or `MySQL`; forks of MySQL count as MySQL) and its version numbers."""

    flavour: str
    major: int
    minor: int
    patch: int = 0

    def __str__(self) -> str:
        return f"{self.flavour} {self.major}.{self.minor}.{self.patch}"

    @property
    def series(self) -> tuple[int, int]:
        """What both MariaDB and MySQL keep compatible within: 10.11, 8.0, 8.4."""
        return self.major, self.minor

    @property
    def series_name(self) -> str:
        """`MariaDB 10.11`."""
        return f"{self.flavour} {self.major}.{self.minor}"

    def same_series(self, other: ServerVersion) -> bool:
        """Whether data and SQL of one are at home in the other."""
        return (self.flavour, self.series) == (other.flavour, other.series)


def parse(text: str) -> ServerVersion | None:
    """The version in the answer of `SELECT VERSION()`, in `--version`, or in a dump's header; None without one."""
    found = _VERSION.search(text)
    if found is None:
        return None
    flavour = MARIADB if "mariadb" in text.lower() else MYSQL
    return ServerVersion(flavour, int(found[1]), int(found[2]), int(found[3] or 0))
