"""Where a compound statement (a procedure, a trigger, an event, a bare IF or LOOP) ends when `;` also ends its parts.

The server knows because it parses. We follow only what opens and closes: blocks, IF, CASE, loops. Everything hangs on
whether a word stands where a statement begins: there IF opens a block, elsewhere it is the function IF(…) or belongs to
IF EXISTS; there CASE ends with END CASE, elsewhere with END. `BEGIN` as a statement of its own starts a transaction.
"""

from __future__ import annotations

from dbs.migrations.tokens import NOTHING, Token, tokens

_OPENERS = frozenset({"BEGIN", "IF", "CASE", "LOOP", "WHILE", "REPEAT", "FOR"})
_ALONE = _OPENERS - {"BEGIN"}
"""What opens a compound statement outside of any program (MariaDB); BEGIN only as BEGIN NOT ATOMIC."""
_CASE_VALUE = "CASE …"
"""The frame of a CASE that is a value and ends with a bare END."""
_INSIDE_AT_ONCE = frozenset({"BEGIN", "LOOP", "REPEAT"})
_BEFORE_KIND = frozenset({"OR", "REPLACE", "DEFINER", "AGGREGATE", "CURRENT_USER", "CURRENT_ROLE"})
_ROUTINES = frozenset({"PROCEDURE", "FUNCTION"})
_SINGLE = frozenset(
    {"RETURN", "SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "CALL", "WITH", "SIGNAL", "DO", "EXECUTE", "SET"}
)
"""Statements that can be the whole body of a routine."""


class Compound:
    """Follows one statement as it comes in, piece by piece, each piece up to a `;`."""

    def __init__(self) -> None:
        self._mode = "first"
        self._frames: list[str] = []
        self._comments = 0
        self._starts = False  # whether the next token begins a statement of a body
        self._skip = 0
        self._parentheses = 0
        self._handler = ""
        self._before = NOTHING

    def feed(self, piece: bytes) -> None:
        """One more piece of the statement."""
        found = tokens(piece, self._comments)
        without_comments = not self._comments and b"/*!" not in piece and b"/*M!" not in piece
        token = next(found, NOTHING)
        while token is not NOTHING and not (without_comments and self._mode == "plain"):
            following = next(found, NOTHING)
            if token.kind in ("open", "close"):
                self._comments = max(0, self._comments + (1 if token.kind == "open" else -1))
            elif self._skip:
                self._skip -= 1
            else:
                _MODES[self._mode](self, token, following)
                self._before = token
            token = following

    def ends(self) -> bool:
        """Whether the statement is over at the `;` behind the piece that came last."""
        while self._frames and self._frames[-1] == _CASE_VALUE:
            self._frames.pop()
        self._starts, self._handler = True, ""
        return not self._frames and not self._comments

    def _first(self, token: Token, following: Token) -> None:
        """The first token of the statement decides what it can be."""
        word = token.text if token.kind == "word" else ""
        if word in ("CREATE", "ALTER"):
            self._mode = "kind"
        elif word in _ALONE or (word == "BEGIN" and following.text == "NOT") or self._is_label(token, following):
            self._enter(token, following)
        else:
            self._mode = "plain"

    def _kind(self, token: Token, _: Token) -> None:
        """Between CREATE and what is created, which is a program, or else nothing that has parts."""
        if token.kind != "word" or self._before.text == "=":
            return
        if token.text in _ROUTINES:
            self._mode = "routine"
        elif token.text in ("TRIGGER", "EVENT"):
            self._mode = token.text.lower()
        elif token.text not in _BEFORE_KIND:
            self._mode = "plain"

    def _routine(self, token: Token, following: Token) -> None:
        """The head of a routine: its body comes after the parameters, and characteristics hold none of the openers."""
        if self._outside(token) and self._parentheses < 0:
            if token.text in _OPENERS or self._is_label(token, following):
                self._enter(token, following)
            elif token.text in _SINGLE and self._before.text not in ("CHARACTER", "CHAR", "RETURNS"):
                self._mode = "body"

    def _outside(self, token: Token) -> bool:
        """Whether a token stands outside of parentheses; after the first pair closed, the count rests at -1."""
        if token.text == "(" and token.kind == "mark":
            self._parentheses += 1 if self._parentheses >= 0 else -1
        elif token.text == ")" and token.kind == "mark":
            self._close_parenthesis()
        else:
            return self._parentheses in (0, -1) and token.kind in ("word", "name")
        return False

    def _close_parenthesis(self) -> None:
        if self._parentheses == 1:
            self._parentheses = -1
        elif self._parentheses < -1:
            self._parentheses += 1
        elif self._parentheses > 1:
            self._parentheses -= 1

    def _trigger(self, token: Token, _: Token) -> None:
        """The head of a trigger ends with FOR EACH ROW, and perhaps with another trigger's name."""
        if token.text == "ROW" and self._before.text == "EACH":
            self._mode, self._starts = "body", True

    def _event(self, token: Token, _: Token) -> None:
        """The head of an event ends with DO."""
        if token.kind == "word" and token.text == "DO":
            self._mode, self._starts = "body", True

    def _plain(self, token: Token, following: Token) -> None:
        """A statement that has no parts."""

    def _enter(self, token: Token, following: Token) -> None:
        self._mode, self._starts = "body", True
        self._body(token, following)

    def _body(self, token: Token, following: Token) -> None:
        if self._handler and not self._in_handler(token):
            return
        if self._starts:
            self._at_start(token, following)
        elif token.kind == "word":
            self._within(token.text, following)

    def _at_start(self, token: Token, following: Token) -> None:
        """A token where a statement of the body begins."""
        if token.text == ":" or self._is_label(token, following):
            return
        word = token.text if token.kind == "word" else ""
        self._starts = False
        if word in _OPENERS:
            self._frames.append(word)
            self._starts = word in _INSIDE_AT_ONCE
            self._skip = 2 if word == "BEGIN" and following.text == "NOT" else 0
        elif word in ("FOLLOWS", "PRECEDES"):  # of a trigger: another one's name, and then the body
            self._starts, self._skip = True, 1
        elif word == "ELSE":
            self._starts = True
        elif word == "END":
            self._end(following)
        elif word == "DECLARE":
            self._handler = "declared"

    def _within(self, word: str, following: Token) -> None:
        """A word inside a statement of the body."""
        top = self._frames[-1] if self._frames else ""
        if word == "CASE":
            self._frames.append(_CASE_VALUE)
        elif word == "END" and (top == _CASE_VALUE or (top == "REPEAT" and following.text == "REPEAT")):
            self._end(following)
        elif (word == "THEN" and top in ("IF", "CASE")) or (word == "DO" and top in ("WHILE", "FOR")):
            self._starts = True

    def _end(self, following: Token) -> None:
        """An END closes the innermost frame; END IF and its like close one of theirs."""
        if following.kind == "word" and following.text in _ALONE and following.text in self._frames:
            while self._frames.pop() != following.text:
                pass
            self._skip = 1
        elif self._frames:
            self._frames.pop()

    def _in_handler(self, token: Token) -> bool:
        """Follow DECLARE … HANDLER FOR condition[, condition]; True where the handler's own statement begins."""
        if self._handler == "declared":
            self._handler = "handler" if token.text == "HANDLER" else "declared"
            if token.text == "CASE" and token.kind == "word":  # DECLARE x INT DEFAULT CASE …
                self._handler = ""
                return True
        elif self._handler == "handler":
            self._handler = "condition"  # the word FOR
        elif self._handler == "condition":
            self._handler = "condition" if token.text in ("SQLSTATE", "VALUE", "NOT") else "after"
        elif token.text == ",":
            self._handler = "condition"
        else:
            self._handler, self._starts = "", True
            return True
        return False

    @staticmethod
    def _is_label(token: Token, following: Token) -> bool:
        return token.is_named and following.kind == "mark" and following.text == ":"


_MODES = {
    "first": Compound._first,
    "kind": Compound._kind,
    "routine": Compound._routine,
    "trigger": Compound._trigger,
    "event": Compound._event,
    "body": Compound._body,
    "plain": Compound._plain,
}
