"""A local stand-in for Slack: Socket Mode, the Web API methods in use, and a page. It refuses what Slack refuses.

`Playground` is the whole of it as one object; nothing in here imports the rest of the product.
"""

from playground.homes import ForeignHomeError, mark_home
from playground.installation import RealTokensError
from playground.render import as_text, view_as_text
from playground.server import Playground

__all__ = ["ForeignHomeError", "Playground", "RealTokensError", "as_text", "mark_home", "view_as_text"]
