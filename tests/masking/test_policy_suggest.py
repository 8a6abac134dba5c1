"""What frameworks are known for, and that whatever is suggested is accepted."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbs.masking.coverage import check
from dbs.masking.frameworks import KNOWN, known, known_column
from dbs.masking.maskers import MASKERS
from dbs.masking.naming import listed
from dbs.masking.policy import dump, from_text
from dbs.masking.sampling import Samples
from dbs.masking.suggest import PLEASE_CHECK, Suggestion, suggest
from dbs.mysql.schema import ForeignKey, Schema, Table
from tests.support.policy_source import column, schema, table


def named(name: str, columns: str) -> Table:
    """A table with text columns of these names."""
    return table(name, *map(column, columns.split()))


def suggested(of: Schema, samples: Samples = Samples()) -> Suggestion:  # noqa: B008 - it is frozen
    """A suggestion, which has to cover the schema and to survive being written."""
    found = suggest(of, samples, "shop")
    assert check(found.policy, of, samples) == []
    assert from_text(dump(found.policy, found.comments)) == found.policy
    return found


@pytest.mark.parametrize(
    ("framework", "name", "columns"),
    [
        ("Laravel", "sessions", "id user_id ip_address user_agent payload last_activity"),
        ("Laravel", "jobs", "id queue payload attempts"),
        ("Laravel", "password_reset_tokens", "email token created_at"),
        ("Laravel", "personal_access_tokens", "id tokenable_type tokenable_id name token abilities"),
        ("Laravel", "cache", "key value expiration"),
        ("Django", "django_session", "session_key session_data expire_date"),
        ("Django", "authtoken_token", "key created user_id"),
        ("Django", "otp_totp_totpdevice", "id key user_id"),
        ("Rails", "sessions", "id session_id data created_at"),
        ("Rails (Doorkeeper)", "oauth_access_tokens", "id resource_owner_id token refresh_token"),
        ("Rails", "solid_queue_jobs", "id arguments"),
        ("Symfony", "messenger_messages", "id body headers queue_name"),
        ("Symfony", "sessions", "sess_id sess_data sess_lifetime"),
        ("WooCommerce", "shop_woocommerce_sessions", "session_id session_value"),
        ("Magento", "session", "session_id session_expires session_data"),
        ("Magento", "vault_payment_token", "entity_id public_hash"),
        ("Spring", "SPRING_SESSION", "PRIMARY_ID SESSION_ID"),
        ("Spring", "persistent_logins", "username series token last_used"),
        ("Prisma", "Session", "id sessionToken userId expires"),
        ("Prisma", "VerificationToken", "identifier token expires"),
        ("Drizzle", "session", "id expires_at token ip_address user_agent"),
        ("Quartz", "QRTZ_JOB_DETAILS", "JOB_DATA"),
    ],
)
def test_tables_of_frameworks_are_skipped(framework: str, name: str, columns: str) -> None:
    one = named(name, columns)
    found = known(one)
    assert found is not None and found.skip and found.framework == framework

    made = suggested(schema(one))
    assert made.policy.tables[name].skip_data and framework in made.comments[name, ""]


@pytest.mark.parametrize(
    ("name", "columns"),
    [("jobs", "id title salary_range"), ("session", "id room speaker"), ("cache", "id place"), ("tokens", "id count")],
)
def test_tables_of_the_application_with_such_a_name_are_not(name: str, columns: str) -> None:
    assert known(named(name, columns)) is None


@pytest.mark.parametrize(
    ("name", "columns", "rules"),
    [
        ("users", "remember_token two_factor_secret", {"remember_token": "null", "two_factor_secret": "null"}),
        ("admins", "encrypted_otp_secret unlock_token", {"encrypted_otp_secret": "null", "unlock_token": "null"}),
        ("Account", "access_token provider", {"access_token": "null"}),
        ("wp_users", "ID user_login user_pass", {"user_login": "token", "user_pass": "hash"}),
        ("wp_usermeta", "umeta_id meta_key meta_value", {"meta_value": "text"}),
        ("auth_user", "username password first_name", {"username": "token", "first_name": "name"}),
        ("wp_comments", "comment_author comment_content comment_author_IP", {"comment_author_IP": "ip"}),
        ("versions", "item_type event object whodunnit", {"object": "text", "whodunnit": "token"}),
    ],
)
def test_columns_of_frameworks_have_their_rules(name: str, columns: str, rules: dict[str, str]) -> None:
    made = suggested(schema(named(name, columns))).policy.tables[name].columns
    assert {column: made[column].mask for column in rules} == rules


def test_the_table_of_frameworks_names_real_maskers() -> None:
    assert all(rule.mask in MASKERS for one in KNOWN for rule in one.columns.values())
    assert known_column(named("x", "y"), "y") is None


def test_a_skipped_table_that_others_point_to_asks_for_a_look() -> None:
    pointing = table("visits", column("session"), foreign=(ForeignKey("s", ("session",), "sessions", ("id",)),))
    made = suggested(schema(named("sessions", "id payload last_activity"), pointing))

    assert PLEASE_CHECK in made.comments["sessions", ""]


def test_keys_are_kept_and_a_personal_key_is_masked_alike_at_both_ends() -> None:
    users = table(
        "users",
        column("id", "int(11)", nullable=False),
        column("login", nullable=False),
        unique={"PRIMARY": ("id",), "l": ("login",)},
    )
    posts = table(
        "posts", column("user_id", "int(11)"), column("author"),
        foreign=(ForeignKey("a", ("user_id",), "users", ("id",)), ForeignKey("b", ("author",), "users", ("login",))),
    )  # fmt: skip
    made = suggested(schema(users, posts)).policy.tables

    assert made["posts"].columns["user_id"].mask == made["users"].columns["id"].mask == "keep"
    assert made["posts"].columns["author"] == made["users"].columns["login"]
    assert made["users"].columns["login"].mask == "token"


def test_in_doubt_it_is_masked_and_said() -> None:
    made = suggested(schema(table("t", column("x"), column("y", "longtext"), column("z", "blob"))))

    assert {one.mask for one in made.policy.tables["t"].columns.values()} == {"text"}
    assert all(PLEASE_CHECK in made.comments["t", name] for name in "xyz")


def test_keys_of_json_that_are_data_do_not_get_into_the_policy() -> None:
    values = [f'{{"email": "p{number}@mail.example", "zoe{number}": "p@mail.example"}}' for number in range(9)]
    made = suggested(schema(table("t", column("j", "json"))), Samples({("t", "j"): values}))

    assert made.policy.tables["t"].columns["j"].options["paths"] == {"$.email": "email"}


_WORDS = st.sampled_from(
    sorted(listed("email phone name id user birth ip iban token note code lat zip key status at ref"))
)
_TYPES = st.sampled_from(
    (
        *("varchar(100)", "char(100)", "longtext", "json", "blob", "binary(16)", "bit(8)", "point", "uuid", "inet6"),
        *("int(11)", "tinyint(1)", "double", "decimal(10,2)", "date", "datetime", "time", "year(4)"),
        *("enum('a','b')", "set('a','b')"),
    )
)
_VALUES = st.sampled_from(
    (
        *("", "x", "A-1", "zoe@mail.example", "+49 151 2345678", "Anna Schmidt", "10.0.0.1"),
        '{"email": "zoe@mail.example", "a": [1]}',
    )
)
_NAMES = st.lists(_WORDS, min_size=1, max_size=3).map("_".join)
_COLUMN = st.tuples(_NAMES, _TYPES, st.booleans(), st.booleans(), st.lists(_VALUES, max_size=30))
_COLUMNS = st.lists(_COLUMN, min_size=1, max_size=6, unique_by=lambda one: one[0])


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(("users", "things", "sessions", "orders")), _COLUMNS, min_size=1, max_size=3))
def test_whatever_is_suggested_is_accepted(
    tables: dict[str, list[tuple[str, str, bool, bool, list[str]]]],
) -> None:
    made, values = [], {}
    for name, columns in tables.items():
        text = ("varchar", "longtext", "char", "blob", "json")
        for one, kind, _, _, sampled in columns:
            values[name, one] = sampled if kind.startswith(text) else []
        unique = {one: (one,) for one, _, _, alone, _ in columns if alone}
        made.append(
            table(name, *(column(one, kind, nullable=empty) for one, kind, empty, _, _ in columns), unique=unique)
        )
    suggested(schema(*made), Samples(values))
