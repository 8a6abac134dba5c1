"""Expected failures. Everything a person can act on is a `DbsError` whose text is a whole sentence.

    DbsError
    ├── UsageError        the words were wrong: says the right ones
    ├── RefusedError      understood, but not allowed or not now
    ├── SettingsError     dbs.toml or the environment is wrong
    └── FailedError       tried, and something in the way stopped it
        └── TransientError    … which passes by itself: the same again, later, may well work

Anything else that is raised is a bug: it is caught once, at the edge, logged with its traceback, and the
person gets an id.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


class DbsError(Exception):
    """Base of all expected failures; `str(error)` is the sentence that the person reads.

    `about` are plain JSON values that go with it, for the end of a job; never a value of somebody's data.
    """

    about: Mapping[str, Any] = MappingProxyType({})


class UsageError(DbsError):
    """The words were not understood; the sentence holds the usage or the nearest match."""


class RefusedError(DbsError):
    """Understood and not done: no right, held by somebody else, nothing to do it to."""


class SettingsError(DbsError):
    """The configuration is wrong; the sentence names the key and what belongs there."""


class FailedError(DbsError):
    """Work that was started could not be finished; the state from before it still serves."""


class TransientError(FailedError):
    """What stopped the work passes by itself: a network, a server that restarts. Scheduled work is tried again."""
