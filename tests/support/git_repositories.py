"""Real bare repositories, made by git itself, also with what no honest git would put into one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Blob = bytes | tuple[str, str | bytes]
"""The contents of a file, or (mode, contents or id of an object)."""
LINK, SUBMODULE = "120000", "160000"
_WHO = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ann"), ("EMAIL", "ann@example.com"), ("DATE", "1700000000 +0000"))
}


@dataclass(frozen=True)
class Repository:
    """A bare repository on disk."""

    path: Path

    @classmethod
    def make(cls, path: Path) -> Repository:
        """A new one, with nothing in it."""
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", path], check=True)
        return cls(path)

    def git(self, *words: str, given: bytes = b"", **more: str) -> str:
        """What git prints."""
        environment = {**os.environ, **_WHO, "GIT_CONFIG_GLOBAL": "/dev/null", **more}
        done = subprocess.run(
            ["git", f"--git-dir={self.path}", *words], input=given, capture_output=True, check=True, env=environment
        )
        return done.stdout.decode().strip()

    def blob(self, contents: bytes) -> str:
        """The id of a file with these contents."""
        return self.git("hash-object", "-w", "--stdin", given=contents)

    def commit(
        self,
        files: Mapping[str | bytes, Blob],
        ref: str = "refs/heads/main",
        parents: Sequence[str] = (),
        message: str = "A change",
        **more: str,
    ) -> str:
        """A commit of exactly these files, which `ref` names then."""
        nested: dict[bytes, object] = {}
        for path, what in files.items():
            *above, name = (path if isinstance(path, bytes) else path.encode()).split(b"/")
            at = nested
            for part in above:
                at = at.setdefault(part, {})  # type: ignore[assignment]
            at[name] = what
        words = [word for parent in parents for word in ("-p", parent)]
        sha = self.git("commit-tree", self._tree(nested), *words, given=message.encode(), **more)
        self.git("update-ref", ref, sha)
        return sha

    def row(self, count: int, ref: str, parent: str, path: str) -> list[str]:
        """So many commits, one after the other, that change one file; `ref` names the last. Their ids."""
        stream = [f"reset {ref}", f"from {parent}" if parent else ""]
        for number in range(count):
            text = f"{path} {number}"
            stream += [f"commit {ref}", f"mark :{number + 1}", "committer Ann <ann@example.com> 1700000000 +0000"]
            stream += ["data 1", "m", f"M 100644 inline {path}", f"data {len(text)}", text]
        stream += [f"get-mark :{number + 1}" for number in range(count)]
        return self.git("fast-import", "--force", "--quiet", given="\n".join([*stream, ""]).encode()).split()

    def _tree(self, names: Mapping[bytes, object]) -> str:
        rows: list[tuple[bytes, bytes]] = []
        for name, what in names.items():
            if isinstance(what, Mapping):
                mode, oid = "40000", self._tree(what)
            else:
                mode, content = what if isinstance(what, tuple) else ("100644", what)
                oid = content if isinstance(content, str) else self.blob(content)
            row = mode.encode() + b" " + name + b"\0" + bytes.fromhex(oid)
            rows.append((name + b"/" if mode == "40000" else name, row))
        tree = b"".join(row for _, row in sorted(rows))
        # --literally: also names that git would not take from a person.
        return self.git("hash-object", "-w", "--literally", "-t", "tree", "--stdin", given=tree)
