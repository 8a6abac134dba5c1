"""Keeping a password off a wire that others can read, whatever the server asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pymysql import _auth

from dbs.mysql.interface import DatabaseError

_FAST_PATH_WORKED = 3  # caching_sha2_password: the answer to the scramble; 4 asks for the password itself
REASON = (
    "the server wants the password itself, and the connection is not encrypted, so it was not sent. "
    'Take out tls = "off", or give the account a password of the kind mysql_native_password or ed25519'
)


class ClearTextError(DatabaseError):
    """The server asked for a password that others could have read."""

    def __init__(self) -> None:
        super().__init__(f"Could not log in: {REASON}.", None, REASON)


class _Refused:
    """An authentication that would send the password, or something from which it is easily guessed."""

    def __init__(self, _connection: object) -> None:
        pass

    def authenticate(self, _packet: object) -> None:
        raise ClearTextError


class _ScrambledOnly:
    """`caching_sha2_password` as long as the server knows the account from an earlier, encrypted log-in.

    PyMySQL would go on by asking for a public key, which anybody on the way could replace with their own.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def authenticate(self, packet: Any) -> Any:
        connection = self._connection
        if packet.is_auth_switch_request():
            connection.salt = packet.read_all().removesuffix(b"\0")
            connection.write_packet(_auth.scramble_caching_sha2(connection.password, connection.salt))
            packet = connection._read_packet()
        if packet.is_extra_auth_data():
            if packet._data[1] != _FAST_PATH_WORKED:
                raise ClearTextError
            packet = connection._read_packet()
        return packet


WITHOUT_TLS: dict[str, Callable[[Any], object]] = {
    "mysql_clear_password": _Refused,
    "mysql_old_password": _Refused,  # broken: it can be computed back
    "sha256_password": _Refused,
    "dialog": _Refused,
    "caching_sha2_password": _ScrambledOnly,
}
"""Kinds of authentication → how to answer them on a connection that is neither encrypted nor local."""
