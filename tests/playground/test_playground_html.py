"""Blocks as HTML, each as it was looked at in a browser once; and that nothing foreign gets through unescaped."""

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.block_rules import RULES
from playground.html.blocks import BLOCKS, blocks_html
from playground.html.elements import Surface
from playground.html.words import markdown, mrkdwn, plain
from tests.playground.shapes import Json, asking, option
from tests.playground.shapes import plain as words

NAMES = {"U1": "rita", "S0DBA": "dba"}
PLACE = {"user": "U1", "ts": "1.2"}
HIDDEN = '<input type="hidden" name="user" value="U1"><input type="hidden" name="ts" value="1.2">'
FORM = f'<form method="post" action="/click">{HIDDEN}'
IDS = '<input type="hidden" name="action_id" value="go"><input type="hidden" name="block_id" value="b">'
GO = {"type": "button", "action_id": "go", "text": words("Go"), "style": "primary"}
MENU = {
    "type": "static_select",
    "action_id": "go",
    "options": [option("a"), option("b")],
    "initial_option": option("b"),
}
SURE = {"title": words("Sure?"), "text": {"type": "mrkdwn", "text": "It *runs*."}}


def m(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def rich(kind: str, *texts: str, **more: Any) -> Json:
    part = {"type": kind, "elements": [{"type": "text", "text": text} for text in texts], **more}
    return {"type": "rich_text", "elements": [part]}


GOLDEN: list[tuple[Json, str]] = [
    ({"type": "section", "text": m("*a* <@U1>")},
     '<div class="text"><b>a</b> <span class="mention">@rita</span></div>'),
    ({"type": "section", "fields": [m("*Who*\nx"), words("*y*")]},
     '<div class="fields"><div><b>Who</b><br>x</div><div>*y*</div></div>'),
    ({"type": "section", "block_id": "b", "text": m("a"), "accessory": GO},
     f'<div class="text">a</div><div class="accessory">{FORM}{IDS}<button class="primary">Go</button></form></div>'),
    ({"type": "header", "text": words("Four")}, "<h3>Four</h3>"),
    ({"type": "divider"}, "<hr>"),
    ({"type": "context", "elements": [m("a"), {"type": "image", "alt_text": "pic"}]},
     '<span>a</span> <span class="image">Image: pic</span>'),
    ({"type": "actions", "block_id": "b", "elements": [MENU]},
     f'{FORM}{IDS}<select name="choice:go"><option value=""></option><option value="a">A</option>'
     '<option value="b" selected>B</option></select><button>Choose</button></form>'),
    ({"type": "actions", "elements": [{**GO, "url": "https://x.test/?a&b"}]},
     '<a class="button" href="https://x.test/?a&amp;b" rel="noreferrer">Go</a>'),
    ({"type": "actions", "block_id": "b", "elements": [{**GO, "confirm": SURE}]},
     '<details class="confirm"><summary class="button primary">Go …</summary><p><b>Sure?</b> It <b>runs</b>.</p>'
     f'{FORM}{IDS}<button class="primary">Go</button></form></details>'),
    ({"type": "image", "alt_text": "a chart", "image_url": "https://x.test/y.png"},
     '<span class="image">Image: a chart</span>'),
    ({"type": "plan", "title": "Restoring", "tasks": [
        {"type": "task_card", "title": "Copy", "status": "complete", "details": rich("rich_text_section", "7 s")},
        {"type": "task_card", "title": "Swap", "status": "error"}]},
     '<b>Restoring</b><ol><li><span class="mark complete" title="done">✓</span> Copy'
     '<div class="detail"><p>7 s</p></div></li><li><span class="mark error" title="failed">✗</span> Swap</li></ol>'),
    ({"type": "task_card", "title": "Copy", "status": "in_progress"},
     '<span class="mark in_progress" title="running">◐</span> Copy'),
    ({"type": "table", "rows": [[{"type": "raw_text", "text": "n"}], [{"type": "raw_number", "value": 7}],
                                [rich("rich_text_section", "x")]]},
     "<table><thead><tr><th>n</th></tr></thead><tbody><tr><td>7</td></tr><tr><td><p>x</p></td></tr></tbody></table>"),
    ({"type": "data_table", "caption": "Rows", "rows": [[{"type": "raw_text", "text": "n"}]]},
     "<table><caption>Rows</caption><thead><tr><th>n</th></tr></thead><tbody></tbody></table>"),
    ({"type": "data_visualization", "title": "Rows"}, '<span class="image">Chart: Rows</span>'),
    (rich("rich_text_preformatted", "SELECT 1\n", "< 2"), "<pre>SELECT 1\n&lt; 2</pre>"),
    (rich("rich_text_quote", "so\nsaid"), "<q>so<br>said</q>"),
    ({"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "ordered", "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "a", "style": {"bold": True}}]},
        {"type": "rich_text_section", "elements": [{"type": "user", "user_id": "U1"}]},
        {"type": "rich_text_section", "elements": [{"type": "link", "url": "https://x.test", "text": "x"}]},
        {"type": "rich_text_section", "elements": [{"type": "link", "url": "javascript:alert(1)", "text": "y"}]}]}]},
     '<ol><li><b>a</b></li><li><span class="mention">@rita</span></li>'
     '<li><a href="https://x.test" rel="noreferrer">x</a></li><li>y</li></ol>'),
    ({"type": "markdown", "text": "# A\n**b** `c`\n```sql\nSELECT 1;\n```"},
     "<b>A</b><br><b>b</b> <code>c</code><br><pre>SELECT 1;</pre>"),
    ({"type": "card", "title": m("*t*"), "body": m("b")}, "<b><b>t</b></b><div>b</div>"),
    ({"type": "alert", "level": "warning", "text": words("Careful")}, '<div class="level warning">Careful</div>'),
    ({**asking("why", {"type": "plain_text_input", "placeholder": words("Why?")}, optional=True), "hint": words("h")},
     '<label><span class="label">why <span class="note">(optional)</span></span>'
     '<input type="text" name="in:why" value="so" placeholder="Why?"></label><div class="note">h</div>'
     '<div class="error">Too short.</div>'),
    (asking("x", {"type": "plain_text_input", "multiline": True, "initial_value": "a&b"}),
     '<label><span class="label">x</span><textarea name="in:x" rows="4">a&amp;b</textarea></label>'),
    (asking("x", {"type": "checkboxes", "options": [option("a"), option("b")], "initial_options": [option("a")]}),
     '<div><span class="label">x</span>'
     '<label class="box"><input type="checkbox" name="in:x" value="a" checked>A</label>'
     '<label class="box"><input type="checkbox" name="in:x" value="b">B</label></div>'),
    (asking("x", {"type": "file_input", "filetypes": ["sql"], "max_files": 1}),
     '<label><span class="label">x</span><input type="file" name="in:x" accept=".sql"></label>'),
    (asking("x", {"type": "multi_static_select", "options": [option("a")]}),
     '<label><span class="label">x</span><select name="in:x" multiple><option value="a">A</option></select></label>'),
    (asking("x", {"type": "number_input", "is_decimal_allowed": True}),
     '<label><span class="label">x</span><input type="number" name="in:x" value="" step="any"></label>'),
    (asking("x", {"type": "datepicker", "initial_date": "2026-11-20"}),
     '<label><span class="label">x</span><input type="date" name="in:x" value="2026-11-20"></label>'),
    ({"type": "carousel"}, "[carousel]"),
]  # fmt: skip


@pytest.mark.parametrize(("block", "expected"), GOLDEN, ids=[case[0]["type"] for case in GOLDEN])
def test_each_block(block: Json, expected: str) -> None:
    surface = Surface(NAMES, PLACE, values={"why": "so"}, errors={"why": "Too short."})
    assert blocks_html([block], surface) == f'<div class="block {block["type"]}">{expected}</div>'


def test_in_a_view_a_button_travels_with_the_whole_form() -> None:
    shown = blocks_html([{"type": "actions", "elements": [GO]}], Surface(whole_form=True))
    assert shown == (
        '<div class="block actions"><button class="primary" formaction="/press" formnovalidate name="pressed" '
        'value="go">Go</button></div>'
    )


def test_every_known_block_is_shown_somehow() -> None:
    assert set(RULES) - set(BLOCKS) == {"context_actions"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*bold* _it_ ~gone~", "<b>bold</b> <i>it</i> <s>gone</s>"),
        ("a*b*c snake_case_name 2 * 3 * 4", "a*b*c snake_case_name 2 * 3 * 4"),
        ("`*x*` ```a\n<b>```", "<code>*x*</code> <pre>a\n&lt;b&gt;</pre>"),
        ("<https://x.test|Look> <https://y.test?a&amp;b>",
         '<a href="https://x.test" rel="noreferrer">Look</a> '
         '<a href="https://y.test?a&amp;b" rel="noreferrer">https://y.test?a&amp;b</a>'),
        ("<!subteam^S0DBA> <#C1|databases>",
         '<span class="mention">@dba</span> <span class="mention">#databases</span>'),
        ("&lt;b&gt; &amp;amp; <b>", "&lt;b&gt; &amp;amp; &lt;b&gt;"),
        ("&gt; said\nnot", "<q>said</q><br>not"),
        (":white_check_mark: :unheard_of:", "✅ :unheard_of:"),
    ],
)  # fmt: skip
def test_slacks_own_marks(text: str, expected: str) -> None:
    assert mrkdwn(text, NAMES) == expected


class Tags(HTMLParser):
    """The tags and addresses in a piece of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]
        assert not [name for name, _ in attrs if name.startswith("on")]


foreign = st.text(alphabet="<>&\"'`*_~|@#!:/ \nabscript=on", max_size=60) | st.sampled_from(
    [
        "javascript:alert(1)",
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "<javascript:alert(1)|x>",
        '<https://x"onload=y|z>',
    ]
)


@given(foreign)
def test_nothing_foreign_becomes_a_tag(text: str) -> None:
    parser = Tags()
    for shown in (mrkdwn(text, NAMES), plain(text), markdown(text)):
        parser.feed(shown)
    blocks: list[Json] = [
        {"type": "section", "text": m(text), "accessory": {**GO, "action_id": text, "url": text}},
        {"type": "image", "alt_text": text},
        rich("rich_text_section", text),
        asking(text, {"type": "plain_text_input", "initial_value": text}),
        {"type": "table", "rows": [[{"type": "raw_text", "text": text}]]},
        {"type": "alert", "level": text, "text": m(text)},
        {"type": "plan", "title": text, "tasks": [{"title": text, "status": text}]},
    ]
    parser.feed(blocks_html(blocks, Surface(NAMES, {"user": text})))
    assert parser.tags <= {
        "a", "b", "br", "button", "code", "div", "form", "i", "input", "label", "li", "ol", "p", "pre", "q", "s",
        "span", "table", "tbody", "td", "th", "thead", "tr",
    }  # fmt: skip
    assert all(address.startswith(("http://", "https://")) for address in parser.addresses)
