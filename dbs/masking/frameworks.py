"""Tables and columns of common frameworks: what is sessions, queues and tokens there, and better not copied at all.

Each row names tables by a pattern (`*` for a prefix such as WordPress's `wp_`). A row counts only when the table has
all the columns in `needs`: a shop may have a table `jobs` of its own. The first row that fits counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from dbs.masking.interface import Rule
from dbs.masking.naming import listed
from dbs.mysql.schema import Table


@dataclass(frozen=True)
class Known:
    """Tables of a framework. `columns` are rules for columns that it knows; with `skip` no row is read."""

    framework: str
    tables: tuple[str, ...]
    what: str
    needs: tuple[str, ...] = ()
    skip: bool = False
    columns: Mapping[str, Rule] = field(default_factory=dict)

    def fits(self, table: Table) -> bool:
        """Whether this is such a table. Case does not count: Prisma writes `Session`, others `session`."""
        name, there = table.name.lower(), {column.lower() for column in table.by_name}
        return any(fnmatchcase(name, pattern) for pattern in self.tables) and there.issuperset(self.needs)


def known(table: Table) -> Known | None:
    """What the table is, if a framework makes it."""
    return next((one for one in KNOWN if one.fits(table)), None)


def known_column(table: Table, column: str) -> tuple[Rule, str] | None:
    """The rule of a column that a framework adds to a table of the application's own, and whose it is."""
    found = known(table)
    if found is not None:
        rule = next((rule for name, rule in found.columns.items() if name == column.lower()), None)
        if rule is not None:
            return rule, f"{found.framework}: {found.what}"
    who = next((who for who, names in ADDED.items() if column.lower() in names), None)
    return None if who is None else (Rule("null"), f"{who}: tokens")


def _skip(framework: str, what: str, tables: str, needs: str = "") -> Known:
    return Known(framework, tuple(tables.split()), what, tuple(needs.split()), skip=True)


def _columns(framework: str, what: str, tables: str, needs: str, rules: str) -> Known:
    """`rules` are written as column=masker."""
    by_column = {column: Rule(mask) for column, _, mask in (rule.partition("=") for rule in rules.split())}
    return Known(framework, tuple(tables.split()), what, tuple(needs.split()), columns=by_column)


def _skips() -> Iterator[Known]:
    yield _skip("Laravel", "sessions", "sessions", "payload last_activity")
    yield _skip("Laravel", "jobs", "jobs", "queue payload")
    yield _skip("Laravel", "jobs", "failed_jobs", "payload exception")
    yield _skip("Laravel", "jobs", "job_batches", "total_jobs")
    yield _skip("Laravel", "cache", "cache cache_locks", "key expiration")
    yield _skip("Laravel", "password resets", "password_resets password_reset_tokens", "email token")
    yield _skip("Laravel", "API tokens", "personal_access_tokens", "tokenable_id token")
    yield _skip("Laravel Passport", "API tokens", "oauth_access_tokens oauth_auth_codes", "client_id revoked")
    yield _skip("Laravel Passport", "API tokens", "oauth_refresh_tokens oauth_device_codes", "revoked")
    yield _skip("Laravel", "recorded requests", "telescope_* pulse_*")
    yield _skip("Django", "sessions", "django_session", "session_key session_data")
    yield _skip("Django", "API tokens", "authtoken_token knox_authtoken oauth2_provider_*token oauth2_provider_grant")
    yield _skip("Django", "sign-in tokens", "socialaccount_socialtoken account_emailconfirmation")
    yield _skip("Django", "two-factor secrets", "otp_totp_totpdevice otp_static_statictoken otp_email_emaildevice")
    yield _skip("Django", "records of sign-ins", "axes_access*")
    yield _skip("Django", "results of jobs", "django_celery_results_* django_q_* background_task*")
    yield _skip("Django", "cache", "*cache*", "cache_key value expires")
    yield _skip("Rails", "sessions", "sessions", "session_id data")
    yield _skip("Rails", "jobs", "delayed_jobs good_job* solid_queue_* que_jobs")
    yield _skip("Rails", "cache and messages", "solid_cache_entries solid_cable_messages")
    yield _skip(
        "Rails (Doorkeeper)", "API tokens", "oauth_access_tokens oauth_access_grants", "resource_owner_id token"
    )
    yield _skip("Rails (Ahoy)", "recorded visits", "ahoy_visits ahoy_events ahoy_messages")
    yield _skip("Symfony", "queued messages", "messenger_messages", "body headers")
    yield _skip("Symfony", "sessions", "sessions session", "sess_id sess_data")
    yield _skip("Symfony", "password resets", "reset_password_request", "hashed_token")
    yield _skip("Symfony", "remember-me tokens", "rememberme_token")
    yield _skip("Symfony", "API tokens", "refresh_tokens", "refresh_token")
    yield _skip("Symfony", "locks and cache", "lock_keys cache_items")


def _more_skips() -> Iterator[Known]:
    yield _skip("WordPress", "queued actions", "*actionscheduler_actions *actionscheduler_logs *actionscheduler_claims")
    yield _skip("WooCommerce", "sessions and keys", "*woocommerce_sessions *woocommerce_api_keys")
    yield _skip("WooCommerce", "payment tokens", "*woocommerce_payment_tokens *woocommerce_payment_tokenmeta")
    yield _skip("Magento", "sessions", "session", "session_id session_expires session_data")
    yield _skip("Magento", "sessions", "admin_user_session persistent_session customer_visitor")
    yield _skip("Magento", "tokens and resets", "oauth_token oauth_nonce password_reset_request_event admin_passwords")
    yield _skip("Magento", "cache", "cache cache_tag", "tags data")
    yield _skip("Magento", "jobs and queues", "queue_message queue_message_status cron_schedule")
    yield _skip("Magento", "payment tokens", "vault_payment_token vault_payment_token_order_payment_link")
    yield _skip("Spring", "sessions", "spring_session spring_session_attributes")
    yield _skip("Spring", "remember-me tokens", "persistent_logins")
    yield _skip("Spring", "API tokens", "oauth2_authorization oauth2_authorized_client oauth_access_token")
    yield _skip("Spring", "API tokens", "oauth_refresh_token oauth_code", "authentication")
    yield _skip("Quartz", "jobs", "qrtz_*")
    yield _skip("Prisma", "sessions", "session sessions", "sessiontoken")
    yield _skip("Prisma", "sign-in tokens", "verificationtoken verification_token verification_tokens", "token")
    yield _skip("Drizzle", "sessions and sign-ins", "session sessions verification", "expires_at user_agent")
    yield _skip("Express", "sessions", "sessions session", "session_id expires data")
    yield _skip("Keycloak", "sessions", "offline_user_session offline_client_session user_session client_session")
    yield _skip(".NET", "sign-in tokens", "aspnetusertokens persistedgrants devicecodes")


def _rules() -> Iterator[Known]:
    names = "username=token first_name=name last_name=name email=email"
    yield _columns("Django", "accounts", "auth_user", "username password", names)
    yield _columns(
        "Django", "record of changes", "django_admin_log", "object_repr", "object_repr=text change_message=text"
    )
    versions = "serialized_data=text object_repr=text"
    yield _columns("Django", "old versions of records", "reversion_version", "serialized_data", versions)
    yield _columns(
        "Django", "external accounts", "socialaccount_socialaccount", "extra_data", "extra_data=text uid=token"
    )
    versions = "object=text object_changes=text whodunnit=token"
    yield _columns("Rails", "old versions of records", "versions", "item_type event", versions)
    yield _columns("Rails", "files", "active_storage_blobs", "filename", "filename=text metadata=text")
    yield _columns("Rails", "texts", "action_text_rich_texts", "body", "body=text")
    yield _columns("Laravel", "notifications", "notifications", "notifiable_id data", "data=text")
    yield _columns("Laravel", "record of changes", "activity_log", "properties", "properties=text description=text")
    yield _columns("Laravel Passport", "API clients", "oauth_clients", "secret", "secret=null")
    names = "user_login=token user_pass=hash user_nicename=token user_email=email user_url=text display_name=name"
    yield _columns("WordPress", "accounts", "*users", "user_login user_pass", f"{names} user_activation_key=null")
    yield _columns("WordPress", "facts about accounts", "*usermeta", "meta_key meta_value", "meta_value=text")
    texts = "comment_content=text comment_agent=text comment_author_url=text comment_author_ip=ip"
    names = "comment_author=name comment_author_email=email"
    yield _columns("WordPress", "comments", "*comments", "comment_author comment_content", f"{names} {texts}")
    yield _columns("WordPress", "settings, often with keys", "*options", "option_name", "option_value=text")
    yield _columns("Symfony", "old versions of records", "ext_log_entries", "data", "data=text username=token")
    yield _columns("Magento", "accounts", "customer_entity", "rp_token", "rp_token=null password_hash=null")
    secrets = "passwordhash=null securitystamp=null concurrencystamp=null"
    yield _columns(".NET", "accounts", "aspnetusers", "passwordhash", secrets)


KNOWN: tuple[Known, ...] = (*_skips(), *_more_skips(), *_rules())

MIGRATIONS = listed(
    "migrations django_migrations schema_migrations ar_internal_metadata doctrine_migration_versions "
    "flyway_schema_history databasechangelog databasechangeloglock _prisma_migrations __drizzle_migrations "
    "knex_migrations knex_migrations_lock sequelizemeta __efmigrationshistory phinxlog alembic_version "
    "typeorm_metadata goose_db_version django_content_type auth_permission auth_group shedlock setup_module"
)
"""Which migrations have run, and similar books of the framework itself: the application needs them as they are."""

ADDED: dict[str, frozenset[str]] = {
    "Laravel": frozenset({"remember_token", "two_factor_secret", "two_factor_recovery_codes", "api_token"}),
    "Rails (Devise)": listed(
        "reset_password_token confirmation_token unlock_token invitation_token authentication_token otp_secret "
        "encrypted_otp_secret encrypted_otp_secret_iv encrypted_otp_secret_salt otp_backup_codes "
        "password_digest_token remember_me_token"
    ),
    "Prisma": frozenset({"access_token", "refresh_token", "id_token", "accesstoken", "refreshtoken", "idtoken"}),
}
"""Columns that frameworks add to the application's own tables: emptied, because a copy needs none of them."""
