"""Questions about policies in the App Home, and the window in which columns are classified."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatbot.blocks import Block
from chatbot.classify_view import chosen, classify_form, field
from chatbot.home import Home
from commands.classifying import Chosen
from commands.gaps import MOST
from playground.view_rules import check_view
from tests.support.office import ADA, BOB, CARL, PIA
from tests.support.policing import WEAKER, Policed


def labels(blocks: list[Block]) -> list[str]:
    rows = [block for block in blocks if block["type"] == "actions"]
    return [element["text"]["text"] for row in rows for element in row["elements"]]


def test_the_home_of_those_who_may_answer_has_the_buttons(tmp_path: Path) -> None:
    office = Policed(tmp_path)
    office.read_by_it()
    office.write(WEAKER)
    office.say(PIA, "refresh shop")
    home = Home(office.services, ())
    assert labels(home.blocks(CARL.id)) == ["Approve", "Reject"]
    for other in (ADA, BOB, PIA):
        assert labels(home.blocks(other.id)) == []
    assert "waits for S0PRIVACY" in str(home.blocks(PIA.id)), "she sees what became of her request"
    office.click(CARL, office.posted("parent")[0], "approve")
    assert labels(home.blocks(CARL.id)) == []


def work(number: int) -> dict[str, Any]:
    """So many columns with everything as long as it may be."""
    name, masks = "x" * 129, ["text", "email", "keep"]
    told = {"name": name, "why": "w" * 2_000, "note": "n" * 200, "masks": masks, "personal": "e-mail addresses"}
    columns = [{"table": "t", "column": f"c{at}", "rule": {"mask": "text"}, **told} for at in range(number)]
    return {"file": "0" * 64, "columns": columns, "left": 3}


@pytest.mark.parametrize("number", [1, MOST])
def test_slack_takes_the_window(number: int) -> None:
    view = classify_form(work(number), "shop", "a" * 24)
    assert check_view(view, "modal") == []
    selects = [block["element"] for block in view["blocks"] if block.get("element", {}).get("type") == "static_select"]
    assert [select["initial_option"]["value"] for select in selects] == ["text"] * number


def test_what_was_chosen_is_read_in_the_order_of_the_columns() -> None:
    values = {
        **{f"mask:{at}": {"mask": {"selected_option": {"value": "text" if at else "keep"}}} for at in range(11)},
        "reason:0": {"reason": {"value": "made up"}},
        "reason:1": {"reason": {"value": None}},
    }
    found = chosen({"state": {"values": values}})
    assert found == [Chosen("keep", "made up"), *[Chosen("text")] * 10]
    assert (field(0, found), field(1, found)) == ("reason:0", "mask:1")
