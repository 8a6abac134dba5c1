"""What changed between two policies, and what of it lets more of production through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dbs.masking.interface import KEEP, Policy, Rule, TablePolicy
from dbs.masking.looks import WHAT, by_words
from dbs.masking.maskers import MASKERS
from dbs.masking.naming import plain, shown

# Options whose larger number hides more: noise in percent, a shift of so many days.
_MORE_IS_STRONGER = ("percent", "days")


@dataclass(frozen=True)
class Change:
    """One change. `column` is empty for a whole table, both are for the whole policy. `weakens`: needs an approval."""

    table: str
    column: str
    sentence: str
    weakens: bool


def compare(old: Policy | None, new: Policy) -> list[Change]:
    """All changes, in the order of tables and columns. Without `old` everything in `new` is new.

    A column that is listed for the first time is a weakening when it is kept and its name looks personal, or is kept
    for a reason; other new columns cannot be told from those that have nothing to hide, and `check` looks at their
    values. Taking a rule away is none, because a column without a rule is not published.
    """
    before = old or Policy(new.source, {})
    found = list(_whole(before, new))
    for name in sorted({*before.tables, *new.tables}):
        found += _table(name, before.tables.get(name), new.tables.get(name))
    return found


def _whole(old: Policy, new: Policy) -> Iterator[Change]:
    if old.source != new.source:
        yield Change("", "", f"It is for source {plain(new.source)} and was for {plain(old.source)}.", True)
    if old.unclassified != new.unclassified:
        meaning = "are emptied where they can be" if new.unclassified == "null" else "stop the refresh"
        yield Change("", "", f"Columns without a rule {meaning} from now on.", False)
    # How many, never which: a canary that is known is one that can be filtered out.
    removed, added = len(set(old.canaries) - set(new.canaries)), len(set(new.canaries) - set(old.canaries))
    if removed:
        yield Change("", "", f"Canaries that are looked for no more: {removed}.", True)
    if added:
        yield Change("", "", f"New canaries: {added}.", False)


def _table(name: str, old: TablePolicy | None, new: TablePolicy | None) -> Iterator[Change]:
    if new is None:
        yield Change(name, "", f"Table {plain(name)} is not in the policy any more: it is not published.", False)
        return
    if old is None and new.skip_data:
        yield Change(name, "", f"Table {plain(name)} is new; none of its rows is read.", False)
    before = old or TablePolicy()
    yield from _skipping(name, before, new)
    yield from _limits(name, before, new, fresh=old is None or old.skip_data)
    for column in sorted({*before.columns, *new.columns}):
        change = _column(name, column, before.columns.get(column), new.columns.get(column))
        if change is not None:
            yield change


def _skipping(name: str, old: TablePolicy, new: TablePolicy) -> Iterator[Change]:
    if old.skip_data and not new.skip_data:
        kept = sorted(column for column, rule in new.columns.items() if _strength(rule) == 0)
        sentence = f"Rows of {plain(name)} are read from now on"
        yield Change(name, "", sentence + (f", {len(kept)} columns unmasked." if kept else ", all masked."), bool(kept))
    elif new.skip_data and not old.skip_data and old != TablePolicy():
        yield Change(name, "", f"No row of {plain(name)} is read any more.", False)


def _limits(name: str, old: TablePolicy, new: TablePolicy, *, fresh: bool) -> Iterator[Change]:
    """A first `where` or `newest` only leaves rows out; any change of one may let others in."""
    if fresh or new.skip_data:
        return
    if old.where != new.where:
        sentence = f"The rows of {plain(name)} are chosen otherwise (where)."
        yield Change(name, "", sentence, old.where is not None)
    if (old.newest_days, old.newest_by) != (new.newest_days, new.newest_by):
        fewer = old.newest_days is None or (
            old.newest_by == new.newest_by and new.newest_days is not None and new.newest_days < old.newest_days
        )
        told = f"the newest {new.newest_days} days" if new.newest_days else "all rows, without a limit of days"
        yield Change(name, new.newest_by or "", f"Of {plain(name)}, {told} are read.", not fewer)


def _column(table: str, column: str, old: Rule | None, new: Rule | None) -> Change | None:
    if old == new:
        return None
    where = shown(table, column)
    if new is None:
        return Change(table, column, f"{where} has no rule any more: it is not published.", False)
    if old is None:
        return _new_column(table, column, new)
    if old.mask != new.mask:
        weaker = _strength(new) < _strength(old)
        return Change(table, column, f"{where}: {old.mask} becomes {new.mask}.", weaker)
    return _options(table, column, old, new)


def _new_column(table: str, column: str, rule: Rule) -> Change:
    sentence = f"{shown(table, column)} is new: {rule.mask}."
    what = by_words(table, column)
    if _strength(rule) > 0:
        return Change(table, column, sentence, False)
    if rule.options.get("reason"):
        return Change(table, column, f"{sentence} Kept because: {plain(str(rule.options['reason']))}", True)
    if what is not None:
        return Change(table, column, f"{sentence} Its name looks like {WHAT[what]}.", True)
    return Change(table, column, sentence, False)


def _options(table: str, column: str, old: Rule, new: Rule) -> Change:
    changed = sorted(name for name in {*old.options, *new.options} if old.options.get(name) != new.options.get(name))
    weaker = [name for name in changed if _weaker(name, old, new)]
    sentence = f"{shown(table, column)} ({new.mask}): {', '.join(map(plain, changed))} changed."
    if "reason" in changed and new.options.get("reason"):
        sentence += f" Kept because: {plain(str(new.options['reason']))}"
    return Change(table, column, sentence, bool(weaker))


def _weaker(name: str, old: Rule, new: Rule) -> bool:
    """Whether the change of one option lets more through. An option that this does not know does."""
    before, after = old.options.get(name), new.options.get(name)
    if name == "unique":
        return False
    if name == "reason":
        return before is None  # a kept column is looked at no more
    if name in ("paths", "other"):
        return _json_weaker(old.options, new.options)
    if name in _MORE_IS_STRONGER and isinstance(before, int | float) and isinstance(after, int | float):
        return after < before
    if name == "by":
        return before is not None
    return name != "value"


def _json_weaker(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """A path taken out counts as weaker even where `other` would mask it as well: its own masker knew more."""
    before, after = old.get("paths", {}), new.get("paths", {})
    if any(path not in after for path in before) or _strength(_other(new)) < _strength(_other(old)):
        return True
    return any(_path_weaker(before.get(path), after[path], old) for path in after)


def _path_weaker(before: object, after: object, old: Mapping[str, Any]) -> bool:
    was, now = _other(old) if before is None else _as_rule(before), _as_rule(after)
    if was.mask != now.mask:
        return _strength(now) < _strength(was)
    return before is not None and any(_weaker(name, was, now) for name in {*was.options, *now.options}
                                      if was.options.get(name) != now.options.get(name))  # fmt: skip


def _as_rule(given: object) -> Rule:
    if isinstance(given, Mapping):
        return Rule(str(given.get("mask", KEEP)), {key: value for key, value in given.items() if key != "mask"})
    return Rule(str(given))


def _other(options: Mapping[str, Any]) -> Rule:
    return Rule(str(options.get("other", "text")))


def _strength(rule: Rule) -> int:
    """0 for keep, and for JSON of which the rest is kept."""
    if rule.mask == "json" and rule.options.get("other") == KEEP:
        return 0
    return MASKERS[rule.mask].strength if rule.mask in MASKERS else 0
