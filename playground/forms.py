"""What a form of the page brought: fields with one or several values, and files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.requests import Request

from playground.multipart import Part, parts_of


@dataclass
class Form(Mapping[str, str]):
    """The last value of every field by name (KeyError when absent), all of them by `all`, files by name."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[Part]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """The last value."""
        return self.fields[name][-1]

    def __iter__(self) -> Iterator[str]:
        """The names of the fields."""
        return iter(self.fields)

    def __len__(self) -> int:
        """How many fields there are."""
        return len(self.fields)

    def all(self, name: str) -> list[str]:
        """Every value of a field, in order."""
        return self.fields.get(name, [])


async def form_of(request: Request) -> Form:
    """The fields of a POST, as a form with or without files."""
    body, form = await request.body(), Form()
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
            form.fields.setdefault(name, []).append(value)
        return form
    for part in parts_of(body, kind):
        if part.filename:
            form.files.setdefault(part.name, []).append(part)
        elif not part.is_file:
            form.fields.setdefault(part.name, []).append(part.content.decode("utf-8", "replace"))
    return form
