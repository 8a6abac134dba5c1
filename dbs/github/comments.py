"""One comment for each pull request and marker: found again by its author and its first line, edited in place."""

from __future__ import annotations

from github.Issue import Issue
from github.IssueComment import IssueComment

from dbs.github.interface import Compose, DoubtfulError
from dbs.github.limits import LONGEST_TEXT, cut
from dbs.github.trouble import not_carried_out, told


def write_comment(issue: Issue, where: str, login: str, marker: str, compose: Compose) -> None:
    """Write what `compose` makes of the comment as it is, below the marker. Nothing happens when that changes nothing.

    `login` is our own: everybody can write the marker, so it alone proves nothing.
    Raises `GithubError`, `GithubBusyError`.
    """
    found = _find(issue, where, login, marker)
    if found is None:
        _create(issue, where, login, marker, _text(marker, compose("")))
        return
    before, what = found.body, f"edit the comment at {where}"
    text = _text(marker, compose(_inside(before, marker)))
    if text == before:
        return
    with told(what):
        found.edit(text)  # the same again changes nothing, so whoever calls us may call again
        done = found.body != before
    if not done:
        raise not_carried_out(what)


def _create(issue: Issue, where: str, login: str, marker: str, text: str) -> None:
    what = f"write a comment at {where}"
    try:
        with told(what, creates=True):
            identifier = issue.create_comment(text).id
    except DoubtfulError:
        if _find(issue, where, login, marker) is None:
            raise
        return
    if not identifier:
        raise not_carried_out(what)


def _find(issue: Issue, where: str, login: str, marker: str) -> IssueComment | None:
    """The oldest one of ours, so that it stays the same one whatever happens."""
    with told(f"list the comments at {where}"):
        for one in issue.get_comments():
            if one.user and one.user.login.lower() == login.lower() and one.body.lstrip().startswith(marker):
                return one
    return None


def _text(marker: str, text: str) -> str:
    return f"{marker}\n{cut(text, LONGEST_TEXT - len(marker.encode()) - 1)}"


def _inside(body: str, marker: str) -> str:
    # A person with the right to may have edited our comment in a browser, which writes other line ends.
    return body.replace("\r\n", "\n").lstrip().removeprefix(marker).removeprefix("\n")
