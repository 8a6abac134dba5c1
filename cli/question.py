"""A question on the terminal: y or N, answered as a click in Slack would be."""

from __future__ import annotations

import sys

import typer

from cli import context
from commands.decisions import decide
from commands.interface import Request, Result
from commands.services import Services


def answered(services: Services, request: Request, result: Result) -> Result:
    """What comes of a `waiting` result. Without a terminal nobody can be asked, so nothing is done.

    One without actions waits for somebody else.
    """
    while result.outcome == "waiting" and result.actions:
        choice = "confirm" if can_ask() and typer.confirm(_told(result), err=True) else "cancel"
        decision = result.actions[0]["decision"]
        asked = result.sentence
        result = decide(services, decision, choice, request.actor, request_id=context.new_id())
        if not can_ask():
            sentence = f"{asked} There is no terminal to ask on, so nothing was done. To do it anyway: --yes"
            return Result(result.kind, "refused", sentence)
    return result


def can_ask() -> bool:
    """Whether somebody can see the question and answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _told(result: Result) -> str:
    plan = "".join(f"  {label}: {text}\n" for label, text in result.facts.items())
    return f"{plan}{result.sentence}"
