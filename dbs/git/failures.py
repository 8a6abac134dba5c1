"""What git says of a fetch that failed → whose fault it is, and what to do about it."""

from __future__ import annotations

import re

from dbs.errors import DbsError
from dbs.git.interface import GitError, RefusedFileError, UnknownRefError, UnreachableError
from dbs.git.program import Answer, Bounds
from dbs.git.remote import Remote
from dbs.git.shown import shown

_LAST_LINES = 3
_FAILURES: tuple[tuple[str, type[DbsError], str], ...] = (
    (
        r"couldn't find remote ref|not our ref|unadvertised object|bad object|Server does not allow request",
        UnknownRefError,
        "{remote} has no {wanted}, or it is gone by now.",
    ),
    (
        r"fsck error|index-pack.*fsck|hasDot|gitmodules",
        RefusedFileError,
        "{wanted} of {remote} is not taken: it holds objects that git takes for broken or for an attack ({words}).",
    ),
    (
        r"Host key verification failed|REMOTE HOST IDENTIFICATION",
        GitError,
        "{remote} does not show one of the host keys that are configured, so nothing was sent there. If its key was "
        "changed on purpose, put the new one into host_keys.",
    ),
    (
        r"Permission denied|Authentication failed|could not read (Username|Password)|error: 40[13]|HTTP 40[13]"
        r"|invalid format|error in libcrypto|HTTP Basic: Access denied",
        GitError,
        "{remote} does not let dbs in. Its token or key is missing, wrong, expired or revoked, or may not read it.",
    ),
    (
        r"[Rr]epository .*not found|does not appear to be a git repository|not a git repository|error: 404|HTTP 404",
        GitError,
        "There is no repository {remote}, or the token or key may not see it.",
    ),
    (
        r"dubious ownership",
        GitError,
        "{remote} belongs to another account of this machine, and git does not trust it then; give it to the account "
        "that dbs runs as, or name it by ssh:// or https://.",
    ),
    (
        r"error: 30\d|HTTP 30\d|redirect",
        GitError,
        "{remote} has moved: its server points to another address. dbs sends a token only where it was told to; put "
        "the new address into dbs.toml.",
    ),
    (
        r"certificate|SSL|TLS|gnutls",
        GitError,
        "The certificate of {remote} is not trusted ({words}). Behind an inspecting proxy or with an authority of your "
        "own, set [network] ca_file.",
    ),
    (
        r"Could not resolve|Failed to connect|Connection (refused|reset|timed out|closed)|timed out|unable to access"
        r"|early EOF|RPC failed|hung up|unexpected disconnect|Network is unreachable|No route to host"
        r"|Operation too slow|Could not read from remote repository|error: 5\d\d|HTTP 5\d\d",
        UnreachableError,
        "{remote} was not reached, or broke off ({words}).",
    ),
)
"""The first line that is found counts. Words are those of git 2.39 to 2.51 and curl, in the locale C."""


def fetch_failed(remote: Remote, wanted: str, answer: Answer, bounds: Bounds) -> DbsError:
    """The error for a fetch that did not end well."""
    if answer.timed_out:
        return UnreachableError(f"{remote.name} did not send {wanted} within {bounds.seconds} seconds.")
    for pattern, kind, sentence in _FAILURES:
        if re.search(pattern, answer.said):
            return kind(sentence.format(remote=remote.name, wanted=wanted, words=last_words(answer)))
    return GitError(f"git could not fetch {wanted} of {remote.name}: {last_words(answer)}")


def too_large(remote: Remote, wanted: str, bounds: Bounds) -> DbsError:
    """The error for a fetch that was ended because it brought more than it may."""
    megabytes = bounds.file_bytes // 1_000_000
    return RefusedFileError(f"{wanted} of {remote.name} is larger than {megabytes} MB, the most that dbs fetches.")


def last_words(answer: Answer) -> str:
    """What git said last, on one line that is fit to be shown."""
    lines = [line.strip() for line in answer.said.splitlines() if line.strip()]
    return shown(" / ".join(lines[-_LAST_LINES:])) or f"it said nothing and ended with {answer.status}"
