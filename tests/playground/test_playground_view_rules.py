"""`check_view`: the limits of modals and App Homes, each from both sides."""

import pytest

from playground.view_rules import check_view
from tests.playground.shapes import BUTTON, REASON, Json, asking, modal, note, plain

HOME = {"type": "home", "blocks": [note("Nothing to do.")]}
DIVIDER = {"type": "divider"}
VIEWS: list[tuple[str, Json, Json]] = [
    ("title", modal(DIVIDER, title=plain("x" * 24)), modal(DIVIDER, title=plain("x" * 25))),
    ("title is plain", modal(DIVIDER), modal(DIVIDER, title={"type": "mrkdwn", "text": "x"})),
    ("submit", modal(DIVIDER, submit=plain("x" * 24)), modal(DIVIDER, submit=plain("x" * 25))),
    ("close", modal(DIVIDER, close=plain("x" * 24)), modal(DIVIDER, close=plain("x" * 25))),
    ("blocks", modal(*[DIVIDER] * 100), modal(*[DIVIDER] * 101)),
    ("submit for inputs", modal(REASON), modal(REASON, submit=None)),
    ("metadata", modal(DIVIDER, private_metadata="x" * 3_000), modal(DIVIDER, private_metadata="x" * 3_001)),
    ("callback id", modal(DIVIDER, callback_id="x" * 255), modal(DIVIDER, callback_id="x" * 256)),
    ("flags", modal(DIVIDER, notify_on_close=True), modal(DIVIDER, notify_on_close="yes")),
    ("type", modal(DIVIDER), modal(DIVIDER, type="dialog")),
    ("a button is no input", modal(REASON), modal(asking("x", BUTTON))),
    ("placeholder", modal(asking("x", {"type": "plain_text_input", "placeholder": plain("x" * 150)})),
     modal(asking("x", {"type": "plain_text_input", "placeholder": plain("x" * 151)}))),
    ("lengths", modal(asking("x", {"type": "plain_text_input", "max_length": 3_000})),
     modal(asking("x", {"type": "plain_text_input", "max_length": 3_001}))),
    ("number", modal(asking("x", {"type": "number_input", "is_decimal_allowed": False})),
     modal(asking("x", {"type": "number_input"}))),
    ("files", modal(asking("x", {"type": "file_input", "max_files": 10, "filetypes": ["sql"]})),
     modal(asking("x", {"type": "file_input", "max_files": 11}))),
    ("file types", modal(asking("x", {"type": "file_input"})),
     modal(asking("x", {"type": "file_input", "filetypes": []}))),
    ("hint", modal({**REASON, "hint": plain("x")}), modal({**REASON, "hint": "x"})),
    ("optional", modal({**REASON, "optional": False}), modal({**REASON, "optional": "no"})),
    ("no tables", modal(DIVIDER), modal({"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]})),
]  # fmt: skip


@pytest.mark.parametrize(("good", "bad"), [case[1:] for case in VIEWS], ids=[case[0] for case in VIEWS])
def test_each_limit_of_a_modal_from_both_sides(good: Json, bad: Json) -> None:
    assert check_view(good, "modal") == []
    assert len(check_view(bad, "modal")) == 1


def test_a_home_has_no_frame_and_no_alerts() -> None:
    assert check_view(HOME, "home") == []
    assert check_view({"type": "home", "blocks": [DIVIDER] * 101}, "home")
    assert check_view({"type": "home", "blocks": [{"type": "alert", "text": plain("x")}]}, "home")
    assert check_view(None, "home") == ["view: must be an object"]
