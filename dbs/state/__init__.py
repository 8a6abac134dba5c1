"""The state database: what has to be remembered across a crash."""

from dbs.state.engine import combined, open_state, reading, writing
from dbs.state.interface import StateError, now, stamp
from dbs.state.seen import Seen

__all__ = ["Seen", "StateError", "combined", "now", "open_state", "reading", "stamp", "writing"]
