"""Forms with files (`multipart/form-data`), by the parser for mail, which has the same format."""

from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP


@dataclass(frozen=True)
class Part:
    """One field of a form; `filename` is empty for a field that is no file, and for one where none was chosen."""

    name: str
    filename: str
    content: bytes
    is_file: bool = False


def parts_of(body: bytes, content_type: str) -> list[Part]:
    """The fields of a form; none when the body is something else."""
    if not content_type.startswith("multipart/form-data"):
        return []
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    found = []
    for part in message.iter_parts():
        disposition = part["content-disposition"]
        parameters = disposition.params if disposition is not None else {}
        content = part.get_payload(decode=True)
        found.append(
            Part(
                str(parameters.get("name", "")),
                str(parameters.get("filename", "")),
                content if isinstance(content, bytes) else b"",
                "filename" in parameters,
            )
        )
    return found
