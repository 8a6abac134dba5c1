"""All checks. One more is one file, one line here, one fixture and one page."""

from __future__ import annotations

from dbs.migrations.checks.column_drop_shrinks_index import CHECK as COLUMN_DROP_SHRINKS_INDEX
from dbs.migrations.checks.dml_without_where import CHECK as DML_WITHOUT_WHERE
from dbs.migrations.checks.drop_column import CHECK as DROP_COLUMN
from dbs.migrations.checks.drop_index import CHECK as DROP_INDEX
from dbs.migrations.checks.drop_table import CHECK as DROP_TABLE
from dbs.migrations.checks.duplicates_for_unique import CHECK as DUPLICATES_FOR_UNIQUE
from dbs.migrations.checks.index_gap import CHECK as INDEX_GAP
from dbs.migrations.checks.interface import Check
from dbs.migrations.checks.narrow_type import CHECK as NARROW_TYPE
from dbs.migrations.checks.not_null_without_default import CHECK as NOT_NULL_WITHOUT_DEFAULT
from dbs.migrations.checks.nulls_for_not_null import CHECK as NULLS_FOR_NOT_NULL
from dbs.migrations.checks.orphans_for_foreign_key import CHECK as ORPHANS_FOR_FOREIGN_KEY
from dbs.migrations.checks.rename_column import CHECK as RENAME_COLUMN
from dbs.migrations.checks.rename_table import CHECK as RENAME_TABLE
from dbs.migrations.checks.statement_fails import CHECK as STATEMENT_FAILS
from dbs.migrations.checks.truncate_table import CHECK as TRUNCATE_TABLE
from dbs.migrations.checks.values_changed import CHECK as VALUES_CHANGED

CHECKS: tuple[Check, ...] = (
    # What fails the run.
    STATEMENT_FAILS,
    DUPLICATES_FOR_UNIQUE,
    NULLS_FOR_NOT_NULL,
    ORPHANS_FOR_FOREIGN_KEY,
    VALUES_CHANGED,
    # What cannot be undone.
    DROP_TABLE,
    DROP_COLUMN,
    TRUNCATE_TABLE,
    DML_WITHOUT_WHERE,
    NARROW_TYPE,
    # What breaks code that is running.
    RENAME_TABLE,
    RENAME_COLUMN,
    NOT_NULL_WITHOUT_DEFAULT,
    # What makes queries slow.
    DROP_INDEX,
    COLUMN_DROP_SHRINKS_INDEX,
    INDEX_GAP,
)
