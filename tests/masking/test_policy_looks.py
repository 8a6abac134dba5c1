"""Which columns look personal: true alarms, and false ones that must not come."""

from __future__ import annotations

import base64
import json

import pytest

from dbs.masking.looks import Look, look
from dbs.masking.patterns import card_like, has_email, has_iban, is_ip, is_name, is_phone, leaves
from tests.support.policy_source import column, table


def seen(name: str, *values: str, of: str = "things", column_type: str = "varchar(100)") -> Look | None:
    """What a column looks like."""
    one = column(name, column_type)
    return look(table(of, one), one, values)


@pytest.mark.parametrize(
    ("name", "column_type", "of", "what"),
    [
        ("email", "varchar(100)", "things", "email"),
        ("backup_email", "varchar(100)", "things", "email"),
        ("contactEMail", "varchar(100)", "things", "email"),
        ("customeremail", "varchar(100)", "things", "email"),
        ("email_id", "varchar(100)", "things", "email"),
        ("E-Mail-Adresse", "varchar(100)", "things", "email"),
        ("mobile", "varchar(100)", "things", "phone"),
        ("telefonnummer", "varchar(100)", "things", "phone"),
        ("phone2", "bigint(20)", "things", "phone"),
        ("prénom", "varchar(100)", "things", "name"),
        ("nachname", "varchar(100)", "things", "name"),
        ("apellidos", "varchar(100)", "things", "name"),
        ("customer_name", "varchar(100)", "invoices", "name"),
        ("name", "varchar(100)", "customers", "name"),
        ("Straße", "varchar(100)", "things", "address"),
        ("billingCity", "varchar(100)", "things", "address"),
        ("zip_code", "varchar(100)", "things", "address"),
        ("date_of_birth", "date", "things", "date"),
        ("geburtsdatum", "varchar(100)", "things", "date"),
        ("IPAddress", "varchar(100)", "things", "ip"),
        ("last_sign_in_ip", "varchar(100)", "users", "ip"),
        ("created_from", "inet6", "things", "ip"),
        ("iban", "varchar(100)", "things", "account"),
        ("card_number", "varchar(100)", "things", "account"),
        ("steuer_id_ssn", "varchar(100)", "things", "identity"),
        ("password_hash", "varchar(100)", "things", "secret"),
        ("apiKey", "varchar(100)", "things", "secret"),
        ("remember_token", "varchar(100)", "things", "secret"),
        ("gender", "enum('m','f')", "things", "special"),
        ("salary", "decimal(10,2)", "things", "amount"),
        ("latitude", "double", "things", "place"),
        ("username", "varchar(100)", "things", "login"),
    ],
)
def test_names_that_mean_a_person(name: str, column_type: str, of: str, what: str) -> None:
    found = seen(name, of=of, column_type=column_type)
    assert found is not None and found.refuses and found.what == what, found


@pytest.mark.parametrize(
    ("name", "column_type", "of"),
    [
        ("email_count", "int(11)", "things"),
        ("email_template", "varchar(100)", "things"),
        ("email_verified_at", "datetime", "users"),
        ("is_email", "varchar(100)", "things"),
        ("email_id", "int(11)", "things"),
        ("mobile", "tinyint(1)", "things"),
        ("filename", "varchar(100)", "things"),
        ("file_name", "varchar(100)", "things"),
        ("hostname", "varchar(100)", "things"),
        ("table_name", "varchar(100)", "things"),
        ("name", "varchar(100)", "products"),
        ("product_name", "varchar(100)", "order_items"),
        ("mac_address", "varchar(100)", "things"),
        ("ship_type", "varchar(100)", "things"),
        ("country_code", "varchar(100)", "things"),
        ("microphone", "varchar(100)", "things"),
        ("phone_id", "int(11)", "things"),
        ("token_count", "int(11)", "things"),
        ("description", "varchar(100)", "products"),
        ("created_at", "datetime", "users"),
        ("total", "decimal(10,2)", "orders"),
        ("platform", "varchar(100)", "things"),
        ("", "varchar(100)", "things"),
    ],
)
def test_names_that_mean_none(name: str, column_type: str, of: str) -> None:
    found = seen(name, of=of, column_type=column_type)
    assert found is None or not found.refuses, found


_CARDS = ("4111 1111 1111 1111", "5500-0000-0000-0004")
_MANY_IDS = tuple(str(4_000_000_000_000_000 + 7 * number) for number in range(200))


@pytest.mark.parametrize(
    ("what", "values"),
    [
        ("email", ("",) * 5 + ("x",) * 200 + ("please write to zoe.canary@canary.example",)),
        ("email", ("müller@straße.example",)),
        ("email", (base64.b64encode(b'{"to": "zoe@mail.example"}').decode(),)),
        ("email", (b"mail zoe@mail.example".hex(),)),
        ("email", ("next=/u/zoe%40mail.example",)),
        ("email", (json.dumps({"a": [{"b": "zoe@mail.example"}]}),)),
        ("email", ('a:1:{s:2:"to";s:16:"zoe@mail.example";}',)),
        ("account", ("paid from DE89 3704 0044 0532 0130 00 yesterday",) + ("x",) * 200),
        ("account", ("gb82west12345698765432",)),
        ("account", _CARDS),
        ("account", ("his card is 4111111111111111",) + ("x",) * 200),
        ("phone", ("+49 151 2345678", "+49 (0)30 123-456", "0151/2345678", "x", "y")),
        ("phone", ("555-123-4567", "555 123 4568", "(020) 7946 0000")),
        ("ip", ("10.1.2.3", "10.1.2.4", "2001:db8::1", "")),
        ("name", ("Anna Schmidt", "Schmidt, Julia", "Karl-Heinz Meyer", "ACME", "Foo GmbH")),
        (
            "address",
            ("Hauptstraße 5, 50667 Köln", "Am Markt 3", "221 Baker Street", "12 rue Victor", "Lange Gasse 4a 5"),
        ),
        ("secret", (json.dumps({"token": "abc"}),) * 3),
        ("phone", (json.dumps({"mobile": "x1"}),) * 3),
    ],
)
def test_values_that_mean_a_person(what: str, values: tuple[str, ...]) -> None:
    found = seen("ref2", *values, column_type="longtext")
    assert found is not None and found.refuses and found.what == what, found


@pytest.mark.parametrize(
    "values",
    [
        ("logo@2x.png", "sprite@3x.webp"),
        ("@home", "a@b", "user@localhost"),
        _MANY_IDS,
        ("DE89370400440532013001", "GB00WEST12345698765432", "ZZ89370400440532013000"),
        ("2024-01-02", "2024-01-03", "2024-01-04 10:11:12"),
        ("1234567.89", "2345678.90", "3456789.01"),
        ("2024-000123", "2024-000124", "2024-000125"),
        ("1234567890", "1234567891", "1234567892"),
        ("1.2.3", "10.11.6", "8.4.0", "127.0.0.1", "0.0.0.0", "::1"),
        ("Berlin", "Paris", "Rome", "Oslo"),
        ("red", "anna", "green", "blue"),
        ("Blue shirt size 5", "Road bike 28", "Street light 4000"),
        ("5f4dcc3b5aa765d61d8327deb882cf99",) * 9,
        ("cGxhaW4gdGV4dCB3aXRob3V0IGFueXRoaW5n",) * 9,
        (json.dumps({"colour": "red", "size": 4}),) * 9,
        ("+49 151 2345678", *("x",) * 99),
        (),
    ],
)
def test_values_that_mean_none(values: tuple[str, ...]) -> None:
    assert seen("ref2", *values, column_type="longtext") is None


def test_what_fills_a_column_is_told_from_what_is_inside_texts() -> None:
    whole, inside = seen("ref2", *["zoe@mail.example"] * 3), seen("ref2", *["write to zoe@mail.example"] * 3)
    assert whole and whole.whole and inside and not inside.whole


def test_no_value_is_in_a_repr() -> None:
    assert "zoe" not in repr(seen("ref2", "zoe@mail.example"))


def test_endless_values_are_looked_at_quickly() -> None:
    for text in ("a" * 10**6, "1 " * 10**6, "@" * 10**6, "a.b@" * 10**5, "[" * 10**5, "9" * 10**6, "a b " * 10**5):
        seen("ref2", text, column_type="longtext")


def test_check_digits() -> None:
    assert card_like("4111111111111111 and 4111111111111112") == [True, False]
    assert card_like("0000 0000 0000 0000") == []
    assert has_iban("NO9386011117947") and not has_iban("NO938601111794")
    assert has_email("a@b.example") and not has_email("a@b")
    assert is_phone("0049 30 1234567") and not is_phone("42")
    assert is_ip("192.168.1.1") and not is_ip("192.168.1")
    assert is_name("Zoe Canary") and not is_name("Order of the day")


def test_leaves_of_json() -> None:
    assert leaves('{"a": {"b": [1, "x"]}, "c": true, "d": null}') == [("$.a.b[*]", "1"), ("$.a.b[*]", "x")]
    assert leaves("{broken") is None and leaves('"text"') is None
