"""The maskers: which there are. What each does stands in its own file."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dbs.masking.interface import Masker
from dbs.masking.maskers import address, constant, date, email, hash, ip, keep, name, null, number, phone, text, token
from dbs.masking.maskers.json import json_masker

_LEAVES: Mapping[str, Masker] = {
    "email": email.MASKER,
    "phone": phone.MASKER,
    "name": name.MASKER,
    "address": address.MASKER,
    "ip": ip.MASKER,
    "text": text.MASKER,
    "date": date.MASKER,
    "number": number.MASKER,
    "hash": hash.MASKER,
    "token": token.MASKER,
    "null": null.MASKER,
    "constant": constant.MASKER,
    "keep": keep.MASKER,
}

MASKERS: Mapping[str, Masker] = MappingProxyType({**_LEAVES, "json": json_masker(_LEAVES)})
"""Every masker by the name that rules use."""
