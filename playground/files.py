"""Files in the workspace: content in memory, and the file object that Slack shows of it."""

import itertools
import mimetypes
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from playground.model import TEAM_ID, Json

TYPES = {"application/sql": "sql", "text/plain": "text", "text/csv": "csv", "image/png": "png"}
NAMES = {"sql": "SQL", "text": "Plain Text", "csv": "CSV", "png": "PNG"}


@dataclass
class File:
    """One file. `shared` is false between the upload and `files.completeUploadExternal`; `made` is epoch seconds."""

    id: str
    name: str
    title: str
    user: str
    made: float
    size: int
    content: bytes = b""
    arrived: bool = False
    shared: bool = False

    def as_json(self, origin: str) -> Json:
        """The file object of `files.info`; its private addresses want a token with `files:read`."""
        mimetype = mimetypes.guess_type(self.name)[0] or "text/plain"
        filetype = TYPES.get(mimetype, "binary")
        address = f"{origin}/files-pri/{TEAM_ID}-{self.id}"
        return {
            "id": self.id,
            "created": int(self.made),
            "timestamp": int(self.made),
            "name": self.name,
            "title": self.title,
            "mimetype": mimetype,
            "filetype": filetype,
            "pretty_type": NAMES.get(filetype, "Binary"),
            "user": self.user,
            "user_team": TEAM_ID,
            "size": self.size,
            "mode": "hosted",
            "is_external": False,
            "is_public": False,
            "file_access": "visible",
            "url_private": f"{address}/{self.name}",
            "url_private_download": f"{address}/download/{self.name}",
        }


class Files:
    """All files by id, and the addresses that wait for the content of one."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._files: dict[str, File] = {}
        self._uploads: dict[str, File] = {}
        self._numbers = itertools.count(1)

    def add(self, user: str, name: str, content: bytes, title: str = "") -> File:
        """A file that a person attached."""
        file = self._new(user, name, len(content), title)
        file.content, file.arrived, file.shared = content, True, True
        return file

    def expect(self, user: str, name: str, size: int) -> tuple[File, str]:
        """A file to come, and the secret key of the address where its content is expected."""
        file, key = self._new(user, name, size, ""), secrets.token_urlsafe(16)
        self._uploads[key] = file
        return file, key

    def arrive(self, key: str, content: bytes) -> File | None:
        """The content of an expected file; None when nothing is expected there."""
        file = self._uploads.pop(key, None)
        if file is not None:
            file.content, file.size, file.arrived = content, len(content), True
        return file

    def find(self, file_id: str) -> File | None:
        """By id."""
        return self._files.get(file_id)

    def _new(self, user: str, name: str, size: int, title: str) -> File:
        key = f"F{next(self._numbers):07d}"
        file = self._files[key] = File(key, name, title or name, user, self._clock(), size)
        return file
