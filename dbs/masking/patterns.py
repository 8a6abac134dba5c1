"""What a value looks like: an e-mail address, a card number, a person's name. No value leaves these functions."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from dbs.masking.first_names import FIRST_NAMES
from dbs.masking.naming import listed

LONGEST_READ = 16384
"""Characters of a value that are looked at."""
MOST_LEAVES = 200
"""Of a JSON document."""

_EMAIL = re.compile(r"[\w.%+'-]{1,64}@(?:[\w-]{1,63}\.)+([^\W\d_]{2,24})(?![\w-])")
_NO_DOMAINS = listed("png jpg jpeg gif svg webp bmp ico css js mjs ts map html htm php pdf mp4 woff ttf")
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}")
_CARD = re.compile(r"(?<![\d.,])\d(?:[ -]?\d){12,18}(?![\d])")
# Issuers' first digits (ISO/IEC 7812): Visa, Mastercard, American Express, Discover, JCB, Diners, UnionPay.
_ISSUER = re.compile(r"4|5[1-5]|2[2-7]|3[47]|6011|65|35|30[0-5]|36|38|62")
_PHONE = re.compile(
    r"(?:\+|00)[1-9][\d ()/.\-]{6,20}|0[1-9][\d ()/.\-]{5,15}|\(\d{2,5}\)[\d ()/.\-]{5,14}|\d{3}[-. ]\d{3}[-. ]\d{4}"
)
_WORDS = re.compile(r"[^\W\d_]+(?:[-'\u2019][^\W\d_]+)*\.?")
_STREET = re.compile(
    r"\b\w{1,40}(?:straße|strasse|str\.|weg|platz|allee|gasse|damm|ufer|straat|laan|gatan|vej|veien)\s+\d{1,4}\b"
    r"|\b\d{1,5}\s+(?:\w{1,30}\s+){1,3}(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|way)\b"
    r"|\b(?:calle|avenida|via|viale|piazza|rua|ulica|ul\.)\s+(?:\w{1,30}\s+){1,4}\d{1,4}\b"
    r"|\b\d{1,4},?\s+(?:bis\s+)?(?:rue|avenue|boulevard|place|chemin|allée)\s+\w+",
    re.IGNORECASE,
)
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){8,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")


def _countries(text: str) -> list[str]:
    return text.split()


# Lengths by country, from the IBAN registry of SWIFT: a wrong length is no IBAN, whatever its check digits.
_IBAN_LENGTHS = {
    **dict.fromkeys(_countries("NO"), 15),
    **dict.fromkeys(_countries("BE"), 16),
    **dict.fromkeys(_countries("DK FI FO GL NL"), 18),
    **dict.fromkeys(_countries("MK SI"), 19),
    **dict.fromkeys(_countries("AT BA EE KZ LT LU XK"), 20),
    **dict.fromkeys(_countries("CH HR LI LV"), 21),
    **dict.fromkeys(_countries("BG BH CR DE GB GE IE ME RS VA"), 22),
    **dict.fromkeys(_countries("AE GI IL IQ TL"), 23),
    **dict.fromkeys(_countries("AD CZ ES MD PK RO SA SE SK TN VG"), 24),
    **dict.fromkeys(_countries("LY PT ST"), 25),
    **dict.fromkeys(_countries("IS TR"), 26),
    **dict.fromkeys(_countries("FR GR IT MC MR SM"), 27),
    **dict.fromkeys(_countries("AL AZ BY CY DO GT HU LB PL SV"), 28),
    **dict.fromkeys(_countries("BR EG PS QA UA"), 29),
    **dict.fromkeys(_countries("JO KW MU"), 30),
    **dict.fromkeys(_countries("MT SC"), 31),
}


def readings(value: str) -> Iterator[str]:
    """The value, and what it says when it is URL-encoded, hexadecimal or base64 (one step, text only)."""
    text = value[:LONGEST_READ]
    yield text
    if "%40" in text:
        yield unquote(text)
    packed = text.strip()
    decoded = _unpacked(packed)
    if decoded is not None:
        yield decoded


def _unpacked(text: str) -> str | None:
    try:
        if _HEX.fullmatch(text):
            return bytes.fromhex(text).decode()
        if _BASE64.fullmatch(text):
            whole = text.rstrip("=")
            # A value that was cut is decoded as far as it goes.
            whole = whole[: len(whole) // 4 * 4] if len(whole) % 4 == 1 else whole + "=" * (-len(whole) % 4)
            return base64.b64decode(whole, altchars=b"-_" if set(whole) & set("-_") else None).decode()
    except (binascii.Error, ValueError):
        return None
    return None


def leaves(text: str) -> list[tuple[str, str]] | None:
    """(path, value) of the texts and numbers in a JSON object or list, such as ("$.phones[*].number", "…").

    None for what is no such document.
    """
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    found: list[tuple[str, str]] = []
    waiting: list[tuple[str, object]] = [("$", document)]
    while waiting and len(found) < MOST_LEAVES:
        path, value = waiting.pop(0)
        if isinstance(value, dict):
            waiting += [(f"{path}.{key}", one) for key, one in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{path}[*]", one) for one in value]
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            found.append((path, str(value)))
    return found


def has_email(text: str) -> bool:
    """Whether an e-mail address is in the text; `logo@2x.png` is none."""
    return "@" in text and any(found[1].lower() not in _NO_DOMAINS for found in _EMAIL.finditer(text))


def has_iban(text: str) -> bool:
    """Whether an IBAN with right check digits (mod 97, ISO 13616) and its country's length is in the text."""
    for found in _IBAN.finditer(text.upper()):
        compact = found[0].replace(" ", "")
        compact = compact[: _IBAN_LENGTHS.get(compact[:2], 0)]
        moved = compact[4:] + compact[:4]
        if len(compact) == _IBAN_LENGTHS.get(compact[:2]) and int("".join(str(int(c, 36)) for c in moved)) % 97 == 1:
            return True
    return False


def card_like(text: str) -> list[bool]:
    """For each number in the text with as many digits as a card and an issuer's beginning: are its check digits right?

    One in ten other numbers has right ones too (Luhn, ISO/IEC 7812-1): whoever asks has to look at both.
    """
    numbers = [re.sub(r"[ -]", "", found[0]) for found in _CARD.finditer(text)]
    return [_luhn(digits) for digits in numbers if _ISSUER.match(digits)]


def is_phone(text: str) -> bool:
    """Whether the whole text is a telephone number; a row of digits alone is not enough."""
    plain = text.strip()
    digits = sum(one.isdigit() for one in plain)
    return bool(7 <= digits <= 15 and _PHONE.fullmatch(plain))


def is_ip(text: str) -> bool:
    """Whether the whole text is an IP address of some host: not 0.0.0.0, `::` or this machine itself."""
    plain = text.strip()
    if not 3 <= len(plain) <= 45 or not ("." in plain or ":" in plain):
        return False
    try:
        address = ipaddress.ip_address(plain)
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_loopback)


def is_name(text: str) -> bool:
    """Whether the whole text is one to four words, one of them a common first name in capitals as names have them."""
    plain = text.strip()
    if not 2 <= len(plain) <= 60 or not plain[0].isupper():
        return False
    words = plain.replace(",", " ").split()
    if not 1 <= len(words) <= 4 or not all(_WORDS.fullmatch(word) for word in words):
        return False
    return any(part.lower() in FIRST_NAMES for word in words for part in (word, *word.split("-")) if word[0].isupper())


def has_address(text: str) -> bool:
    """Whether a street with a house number is in the text."""
    return any(one.isdigit() for one in text) and _STREET.search(text) is not None


def _luhn(digits: str) -> bool:
    doubled = [int(one) * (2 if place % 2 else 1) for place, one in enumerate(reversed(digits))]
    return len(set(digits)) > 1 and sum(one - 9 if one > 9 else one for one in doubled) % 10 == 0


CHECKED: dict[str, Callable[[str], bool]] = {"email": has_email, "account": has_iban}
"""One hit is enough: their shape or check digits are no accident."""
COUNTED: dict[str, Callable[[str], bool]] = {"phone": is_phone, "ip": is_ip, "name": is_name, "address": has_address}
"""They happen by accident too: a share of the values has to look so."""
