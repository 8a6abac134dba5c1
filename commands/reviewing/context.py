"""What a reviewer has to know, as messages for the thread: what changes and why, and a card for each thing touched."""

from __future__ import annotations

from collections.abc import Sequence

from commands.interface import Result, Table
from commands.reviewing import looking
from commands.reviewing.changes import counted
from commands.reviewing.interface import KIND, SchemaChange, digest_of, is_proposal, named
from commands.reviewing.questions import reason_in
from commands.services import Services
from dbs.rehearsals import Rehearsal

_REASON = 1_500
_MOST = 60
_LONGEST = 160
NO_REASON = (
    "none. Its author writes into the description of the pull request why this is to be done: without a reason it "
    "cannot be approved."
)


def tell(services: Services, one: Rehearsal, changes: Sequence[SchemaChange]) -> None:
    """Put everything into the thread, each thing once."""
    channel = {"channel": services.settings.slack.channel}
    services.outbox.put(one.id, "review:context", channel, _summary(one, changes).to_json())
    for name, card in looking.cards(services, one.project, changes):
        services.outbox.put(one.id, f"review:card:{name}", channel, card.to_json())


def _summary(one: Rehearsal, changes: Sequence[SchemaChange]) -> Result:
    author = one.about.get("author_name") if is_proposal(one) else one.about.get("author")
    reason = reason_in(str(one.about.get("reason") or ""))
    facts = {
        "Reason": (reason if len(reason) <= _REASON else f"{reason[: _REASON - 1]}…") or NO_REASON,
        "Title": str(one.about.get("title") or "none"),
        "Author": str(author or "unknown"),
        "Commit": one.head[:10],
        "Migrations": digest_of(one)[:12] or "without a digest",
    }
    rows = tuple((each.how, each.kind, str(each), _line(each)) for each in changes[:_MOST])
    more = f" {len(changes) - _MOST} more are not shown." if len(changes) > _MOST else ""
    links = {"Open it": str(one.about["url"])} if one.about.get("url") else {}
    table = Table("What it does to the schema, by execution", ("", "what", "name", "is"), rows)
    return Result(KIND, "done", f"{named(one)} {counted(changes)}.{more}", facts, (table,), links=links)


def _line(one: SchemaChange) -> str:
    text = " ".join((one.after or one.before).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
