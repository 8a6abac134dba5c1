"""The state database: what has to be remembered across a crash."""

from dbs.state.engine import open_state, reading
from dbs.state.interface import StateError, now, stamp
from dbs.state.seen import Seen

__all__ = ["Seen", "StateError", "now", "open_state", "reading", "stamp"]
