"""GitHub and GitHub Enterprise Server. Start with `interface.py`; the only package that knows PyGithub."""

from dbs.github.interface import (
    RERUN_ACTION,
    Access,
    Action,
    Annotation,
    Author,
    CheckResult,
    CheckStart,
    DoubtfulError,
    Github,
    GithubBusyError,
    GithubError,
    Pull,
    Reporter,
    Status,
)
from dbs.github.opening import Opened, access, open_github, webhook_secrets
from dbs.github.webhook import Event

__all__ = [
    "RERUN_ACTION",
    "Access",
    "Action",
    "Annotation",
    "Author",
    "CheckResult",
    "CheckStart",
    "DoubtfulError",
    "Event",
    "Github",
    "GithubBusyError",
    "GithubError",
    "Opened",
    "Pull",
    "Reporter",
    "Status",
    "access",
    "open_github",
    "webhook_secrets",
]
