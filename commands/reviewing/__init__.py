"""The thread that knows, and the approval in it: what a reviewer has to know of a schema change, and who said yes.

Start with `interface.py`. dbs itself never runs anything on production.
"""

from commands.reviewing.beginning import begin, void
from commands.reviewing.interface import APPROVE, KIND, REJECT, VOID
from commands.reviewing.judging import StaleError, require_may, require_sound
from commands.reviewing.questions import approved, end, held, question
from commands.reviewing.standing import statuses

__all__ = [
    "APPROVE",
    "KIND",
    "REJECT",
    "VOID",
    "StaleError",
    "approved",
    "begin",
    "end",
    "held",
    "question",
    "require_may",
    "require_sound",
    "statuses",
    "void",
]
