"""Keys of the maskers: each has its own, made from the one that the settings name.

So a phone number and a customer number with the same digits get different stand-ins, and what leaks of one masker says
nothing about another. BLAKE2b with a key and a personalisation is the construction for this (RFC 7693; section 2.9 of
the BLAKE2 paper, "personalisation").
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b, shake_256

from dbs.masking.interface import MaskingError

KEY_BYTES = 32
_PERSON_BYTES = blake2b.PERSON_SIZE
_LONGEST_KEY = blake2b.MAX_KEY_SIZE

Digest = Callable[[bytes], bytes]
"""value → digest of a fixed number of bytes."""


def subkey(key: bytes, purpose: str) -> bytes:
    """The key (32 bytes) of one masker, or of one part of it. `purpose` has at most 16 bytes.

    Raises `MaskingError` without a key: stand-ins without one could be found out by trying.
    """
    if not key:
        raise MaskingError("The masking key is empty. Put a long random text where `key` of the masking points to.")
    if len(key) > _LONGEST_KEY:
        key = blake2b(key).digest()
    person = purpose.encode()
    if len(person) > _PERSON_BYTES:
        raise ValueError(f"{purpose} is longer than {_PERSON_BYTES} bytes")
    return blake2b(key=key, digest_size=KEY_BYTES, person=person).digest()


def digester(key: bytes, size: int) -> Digest:
    """A keyed hash of `size` bytes (at most 64)."""

    keyed = blake2b(key=key, digest_size=size)

    def digest(value: bytes) -> bytes:
        one = keyed.copy()  # a tenth quicker than to give it the key again
        one.update(value)
        return one.digest()

    return digest


def stream(key: bytes, value: bytes, size: int) -> bytes:
    """As many bytes as wanted, which only who knows the key can tell from random ones.

    SHAKE256 over the key, which has always the same length, and the value: a sponge is safe with its key in front (the
    idea of KMAC, NIST SP 800-185).
    """
    return shake_256(key + value).digest(size)
