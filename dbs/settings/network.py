"""The way out of the company, `[network]`, for everybody who opens a connection to the outside."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dbs.errors import SettingsError

THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Network:
    """`ca_file` is trusted beside the authorities of the system; `proxy` may hold a password."""

    ca_file: Path | None = None
    proxy: str | None = field(default=None, repr=False)

    def proxies(self, url: str) -> dict[str, str] | None:
        """The proxy by scheme, as libraries want it; None leaves it to the environment. None for this machine: `{}`."""
        if urlsplit(url).hostname in THIS_MACHINE:
            return {}
        return {"http": self.proxy, "https": self.proxy} if self.proxy else None

    def context(self) -> ssl.SSLContext:
        """For connections of the standard library. Raises `SettingsError` when `ca_file` cannot be used."""
        context = ssl.create_default_context()
        if self.ca_file is not None:
            try:
                context.load_verify_locations(self.ca_file)
            except OSError as error:  # an SSLError is one as well
                raise SettingsError(
                    f'"network.ca_file" is {self.ca_file}, which cannot be used: {error.strerror or error}. '
                    "Here belongs a PEM file with certificates."
                ) from error
        return context

    @contextmanager
    def bundle(self) -> Iterator[str | bool]:
        """For libraries that want one file with everybody whom they are to trust; True is their own choice."""
        if self.ca_file is None:
            yield True
            return
        self.context()  # says so when our own file cannot be used
        with tempfile.NamedTemporaryFile("wb", suffix=".pem") as file:
            for one in (*_of_the_system(), self.ca_file):
                file.write(one.read_bytes() + b"\n")
            file.flush()
            yield file.name


def _of_the_system() -> list[Path]:
    """Where OpenSSL looks: one file, or a directory of which it reads what it needs when it needs it."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        return [Path(paths.cafile)]
    return sorted(Path(paths.capath).glob("*.[0-9]")) if paths.capath else []
