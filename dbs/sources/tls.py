"""Who is believed to be the server: certificates, authorities, names."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dbs.errors import SettingsError
from dbs.mysql.interface import Connection, DatabaseError
from dbs.mysql.way import protection
from dbs.settings import Source
from dbs.settings.network import Network
from dbs.sources.interface import SourceError, sentence_case
from dbs.sources.places import Place

# https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
_NOT_YET_VALID, _EXPIRED, _WRONG_NAME, _WRONG_ADDRESS = 9, 10, 62, 64
# Self-signed, itself or above it; nobody known has signed it; somebody of the same name but with another key has.
_UNKNOWN_AUTHORITY = frozenset({7, 18, 19, 20, 21})

_ADVICE = {
    _EXPIRED: "its certificate has expired. Renew it on that server",
    _NOT_YET_VALID: "its certificate is not valid yet. Compare the clocks of both machines",
    _WRONG_NAME: "its certificate is for another name. Write into the url a name that stands in the certificate",
    _WRONG_ADDRESS: "its certificate is not for that address. Write into the url a name that stands in the certificate",
}
_UNKNOWN = (
    "nobody that dbs trusts has signed its certificate. Put the certificate of its authority into a PEM file, and "
    "that file's path as ca_file beside the url"
)
_NONE = "it does not speak TLS. Switch that on there (ssl_cert, ssl_key)"


def wants_tls(source: Source, place: Place) -> bool:
    """Whether the connection is encrypted and the server's certificate verified.

    Without `tls` in the settings it is, unless the server is on this machine. Never over a Unix socket.
    """
    if place.unix_socket is not None:
        return False
    return source.tls == "verify" or (source.tls is None and not place.is_here)


def context(source: Source, network: Network, base: Path) -> ssl.SSLContext:
    """Whom to trust: the `ca_file` of the source and nobody else, or the system and `[network] ca_file`.

    `base` is what a relative path starts from. Raises `SettingsError` when a file cannot be used.
    """
    made = network.context() if source.ca_file is None else _only(base / source.ca_file)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    # Python 3.13 insists on extensions that MySQL and MariaDB's own tools do not write into certificates.
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return made


def _only(ca_file: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except OSError as error:  # an SSLError is one as well
        raise SettingsError(
            f'The "ca_file" of the source is {ca_file}, which cannot be used: {error.strerror or error}. '
            "Here belongs a PEM file with certificates."
        ) from error


def describe(connection: Connection) -> str:
    """How an open connection is protected, for people; `off` when it is not."""
    found = protection(connection)
    return f"{found}, certificate verified" if found.startswith("TLS") else found or "off"


@contextmanager
def certificates_refused(place: Place) -> Iterator[None]:
    """Turn a failure of TLS into a `SourceError` that says what to put where; the password was not sent."""
    try:
        yield
    except DatabaseError as error:
        advice = _advice(error)
        if advice is None:
            raise
        sentence = f"{sentence_case(str(place))} cannot be trusted: {advice}. The password was not sent."
        raise SourceError(sentence, transient=False) from error


def _advice(error: DatabaseError) -> str | None:
    """What to do about it; None when TLS is not the matter."""
    cause = getattr(error.__cause__, "original_exception", None)
    if isinstance(cause, ssl.SSLCertVerificationError):
        if cause.verify_code in _UNKNOWN_AUTHORITY:
            return _UNKNOWN
        return _ADVICE.get(cause.verify_code, f"its certificate is not accepted ({cause.verify_message})")
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
        return f"TLS failed ({cause.reason or cause})"
    return _NONE if "SSL is required but" in error.reason else None
