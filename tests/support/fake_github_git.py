"""The git side of the stand-in for GitHub: one bare repository on disk, with `refs/pull/N/head` as GitHub has them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_PERSON = "Rita Requester", "rita@example.com"
_ENVIRONMENT = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "HOME": "/nonexistent", "LC_ALL": "C"}


class BareRepository:
    """Commits without a work tree. The branch `main` begins with `files`."""

    def __init__(self, path: Path, files: Mapping[str, bytes]) -> None:
        self.path = path
        path.mkdir(parents=True)
        self.git("init", "--quiet", "--bare", "--initial-branch=main")
        self.point("refs/heads/main", self.commit(files, None, "Begin"))

    def git(self, *words: str, given: bytes = b"") -> str:
        """What git prints; subprocess.CalledProcessError when it fails."""
        environment = {"PATH": os.environ["PATH"], **_ENVIRONMENT}
        done = subprocess.run(
            ["git", "--git-dir", str(self.path), *words],
            input=given,
            env=environment,
            check=True,
            capture_output=True,
            timeout=60,
        )
        return done.stdout.decode().strip()

    def commit(
        self,
        files: Mapping[str, bytes | None],
        parent: str | None,
        message: str,
        person: tuple[str, str] = _PERSON,
    ) -> str:
        """A commit with these files changed (None: deleted); no ref leads to it yet."""
        text, temporary = message.encode(), f"refs/temporary/{os.urandom(8).hex()}"
        who = f"{person[0]} <{person[1]}> 1795000000 +0000\n".encode()
        lines = [b"commit %s\n" % temporary.encode(), b"author ", who, b"committer ", who, _data(text)]
        lines += [b"from %s\n" % parent.encode()] if parent else []
        for path, content in files.items():
            name = b'"%s"' % path.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
            lines.append(b"D %s\n" % name if content is None else b"M 100644 inline %s\n" % name + _data(content))
        self.git("fast-import", "--quiet", "--force", given=b"".join(lines))
        sha = self.git("rev-parse", temporary)
        self.git("update-ref", "-d", temporary)
        return sha

    def point(self, ref: str, sha: str) -> None:
        """Let a ref lead to a commit."""
        self.git("update-ref", ref, sha)

    def tip(self, ref: str) -> str:
        """The commit that a ref leads to."""
        return self.git("rev-parse", ref)

    def facts(self, sha: str) -> tuple[str, str, str] | None:
        """Name, mail and message of a commit; None when there is none of that full hash."""
        try:
            shown = self.git("log", "-1", "--format=%H%x00%an%x00%ae%x00%B", sha, "--")
        except subprocess.CalledProcessError:
            return None
        full, name, mail, message = shown.split("\0")
        return (name, mail, message) if full == sha else None


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)
