"""Who may do what, and that nobody may while that cannot be checked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbs.access import Access, DirectoryError, Person, Role
from dbs.errors import RefusedError, SettingsError

ANN = Person("U0ANN", "Ann", active=True, guest=False, bot=False, team_id="T1")


class FakeDirectory:
    """A workspace in memory that counts its questions and can be out of reach."""

    def __init__(self, **groups: set[str]) -> None:
        self.people = {ANN.id: ANN, "U0BOB": replace(ANN, id="U0BOB", name="Bob")}
        self.groups = groups
        self.down: set[str] = set()
        self.asked: list[str] = []

    def members(self, group_id: str) -> frozenset[str]:
        self._ask(group_id)
        return frozenset(self.groups[group_id])

    def person(self, user_id: str) -> Person:
        self._ask(user_id)
        return self.people[user_id]

    def _ask(self, key: str) -> None:
        self.asked.append(key)
        if key in self.down:
            raise DirectoryError("Slack does not answer")


class Clock:
    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def access(directory: FakeDirectory | None, *operators: str, approvers: tuple[str, ...] = ()) -> Access:
    return Access(operators, approvers, directory, "T1", Clock())


def refusal(checked: Access, role: Role = "operator", actor_id: str = ANN.id, face: str = "slack") -> str:
    with pytest.raises(RefusedError) as caught:
        checked.require(role, actor_id, face)
    return str(caught.value)


@pytest.mark.parametrize("entry", ["U0ANN", "S0OPS", "members"])
def test_operators_are_people_groups_or_all_members(entry: str) -> None:
    access(FakeDirectory(S0OPS={"U0ANN"}), entry).require("operator", ANN.id, "slack")


def test_the_refusal_says_who_may() -> None:
    directory = FakeDirectory(S0OPS=set(), S0DBA={"U0ANN"})
    checked = access(directory, "S0OPS", "U0BOB", approvers=("S0DBA",))
    assert refusal(checked) == "Sorry, only the members of S0OPS and U0BOB may do this. Nothing was done."
    assert "nobody may do this" in refusal(access(directory))


def test_operators_and_approvers_are_two_lists() -> None:
    checked = access(FakeDirectory(S0DBA={"U0ANN"}, S0OPS={"U0BOB"}), "S0OPS", approvers=("S0DBA",))
    checked.require("approver", ANN.id, "slack")
    assert "S0OPS" in refusal(checked, "operator")
    assert "S0DBA" in refusal(checked, "approver", "U0BOB")


def test_anyone_is_every_full_member() -> None:
    access(FakeDirectory()).require("anyone", ANN.id, "slack")


@pytest.mark.parametrize(
    ("person", "why"),
    [
        (replace(ANN, active=False), "your account is not active"),
        (replace(ANN, guest=True), "you are a guest"),
        (replace(ANN, bot=True), "you are a bot"),
        (replace(ANN, team_id="T2"), "you belong to another one"),
    ],
)
@pytest.mark.parametrize("role", ["anyone", "operator", "approver"])
def test_only_active_full_members_of_this_workspace_count(person: Person, why: str, role: Role) -> None:
    """Also when the configuration names them."""
    directory = FakeDirectory(S0OPS={"U0ANN"})
    directory.people[ANN.id] = person
    assert why in refusal(access(directory, "members", "S0OPS", "U0ANN", approvers=("U0ANN",)), role)


@pytest.mark.parametrize("role", ["anyone", "operator", "approver"])
def test_the_command_line_is_trusted(role: Role) -> None:
    Access((), (), None, None).require(role, "os:ann", "cli")


@pytest.mark.parametrize(
    ("actor_id", "face"),
    [
        ("os:root", "slack"),
        ("U0ANN", "cli"),
        ("os:", "cli"),
        ("", "slack"),
        ("S0OPS", "slack"),
        ("members", "slack"),
        ("U0ANN\n", "slack"),
        ("U0ANN", "http"),
        ("os:root", "http"),
    ],
)
def test_an_id_that_does_not_belong_to_its_face_is_refused(actor_id: str, face: str) -> None:
    checked = access(FakeDirectory(S0OPS={"U0ANN", "os:root", "", "S0OPS"}), "S0OPS", "members")
    assert "I do not know" in refusal(checked, "anyone", actor_id, face)


@pytest.mark.parametrize("down", ["U0ANN", "S0OPS"])
def test_what_cannot_be_checked_is_refused(down: str) -> None:
    directory = FakeDirectory(S0OPS={"U0ANN"})
    directory.down = {down}
    expected = "I cannot check who may do this right now (Slack does not answer); nothing was done."
    assert refusal(access(directory, "S0OPS")) == expected


@pytest.mark.parametrize(("directory", "team_id"), [(None, "T1"), (FakeDirectory(), None)])
def test_without_a_workspace_nobody_from_slack_is_known(directory: FakeDirectory | None, team_id: str | None) -> None:
    checked = Access(("members",), (), directory, team_id)
    assert "no connection to the workspace" in refusal(checked, "anyone")


def test_one_group_out_of_reach_does_not_shut_out_the_members_of_another() -> None:
    directory = FakeDirectory(S0ONE={"U0BOB"}, S0TWO={"U0ANN"})
    directory.down = {"S0ONE"}
    checked = access(directory, "S0ONE", "S0TWO")
    checked.require("operator", ANN.id, "slack")
    assert "I cannot check" in refusal(checked, actor_id="U0BOB")


def test_answers_are_remembered_for_a_minute_and_no_longer() -> None:
    directory, clock = FakeDirectory(S0OPS={"U0ANN"}), Clock()
    checked = Access(("S0OPS",), (), directory, "T1", clock)
    checked.require("operator", ANN.id, "slack")
    directory.groups["S0OPS"].clear()
    clock.seconds += 59.9
    checked.require("operator", ANN.id, "slack")
    assert directory.asked == ["U0ANN", "S0OPS"]
    clock.seconds += 0.1
    assert "S0OPS" in refusal(checked)
    assert directory.asked == ["U0ANN", "S0OPS"] * 2


def test_a_failure_is_not_remembered() -> None:
    directory = FakeDirectory(S0OPS={"U0ANN"})
    directory.down = {"S0OPS"}
    checked = access(directory, "S0OPS")
    assert "I cannot check" in refusal(checked)
    directory.down = set()
    checked.require("operator", ANN.id, "slack")


def test_an_old_answer_does_not_stand_in_for_a_failure() -> None:
    directory, clock = FakeDirectory(S0OPS={"U0ANN"}), Clock()
    checked = Access(("S0OPS",), (), directory, "T1", clock)
    checked.require("operator", ANN.id, "slack")
    directory.down = {"S0OPS"}
    clock.seconds += 60
    assert "I cannot check" in refusal(checked)


@pytest.mark.parametrize("entry", ["@dba", "", "everybody", "Members", "s0ops", "C0CHANNEL"])
def test_an_entry_of_no_known_kind_is_a_mistake_of_the_configuration(entry: str) -> None:
    with pytest.raises(SettingsError, match=r'"slack\.operators" names'):
        access(None, entry)


def test_not_everybody_can_be_an_approver() -> None:
    with pytest.raises(SettingsError, match=r'"slack\.approvers" names "members"'):
        access(None, approvers=("members",))
