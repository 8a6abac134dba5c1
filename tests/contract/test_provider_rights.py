"""What the account that people get may not do."""

from __future__ import annotations

from contextlib import closing

import pymysql
import pytest

from dbs.mysql.interface import DatabaseError
from dbs.mysql.query import execute, rows
from tests.support.supervise import PASSWORD, USER
from tests.support.world import DATABASE, World

pytestmark = pytest.mark.server

# 1044, 1045: no access; 1142: no right on a table; 1227, 1396: an administrator's right is missing.
NO_RIGHT = {1044, 1045, 1142, 1227, 1410, 1698}
FORBIDDEN = (
    "SHUTDOWN",
    "SET GLOBAL max_connections = 1",
    "SET GLOBAL general_log_file = '/var/tmp/log.php'",
    "CREATE USER friend IDENTIFIED BY 'x'",
    "SET PASSWORD FOR root@localhost = ''",
    "CREATE FUNCTION sys_exec RETURNS INT SONAME 'udf.so'",
    "SELECT * FROM dbs_snapshot.marker",
    "USE dbs_snapshot",
    "DROP DATABASE dbs_snapshot",
    "CREATE DATABASE another",
    # The underscore of shop_db must not stand for any character.
    "CREATE DATABASE shopxdb",
    "SELECT 1 INTO OUTFILE '/var/tmp/dbs-outfile'",
    f"LOAD DATA INFILE '/etc/passwd' INTO TABLE {DATABASE}.note",
    "CREATE SERVER elsewhere FOREIGN DATA WRAPPER mysql OPTIONS (HOST '127.0.0.1')",
    "FLUSH TABLES WITH READ LOCK",
    "BINLOG ''",
)
# What only one of them has, or says in words of its own.
FORBIDDEN_IN = {
    "MariaDB": (
        f"GRANT SELECT ON {DATABASE}.* TO 'dev'@'localhost' IDENTIFIED BY 'x'",
        "INSTALL SONAME 'ha_archive'",
        "SELECT * FROM mysql.global_priv",
        "CHANGE MASTER TO MASTER_HOST = '127.0.0.1'",
        "RESET MASTER",
    ),
    "MySQL": (
        f"GRANT SELECT ON {DATABASE}.* TO 'root'@'localhost'",
        "INSTALL PLUGIN clone SONAME 'mysql_clone.so'",
        "INSTALL COMPONENT 'file://component_query_attributes'",
        "SELECT * FROM mysql.user",
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1'",
        "RESET BINARY LOGS AND GTIDS",
        "RESTART",
        "CLONE LOCAL DATA DIRECTORY = '/var/tmp/dbs-clone'",
        "SET PERSIST max_connections = 1",
        "CREATE ROLE admins",
    ),
}
# Schemas of the server's own that everybody sees, each only as far as their rights go.
SEEN = {"MariaDB": ["information_schema"], "MySQL": ["information_schema", "performance_schema"]}
# The server does not ask clients for files, so it cannot be made to ask ours.
NO_LOCAL_FILES = {"MariaDB": "4166", "MySQL": "3948"}


def _refuses(world: World, statement: str) -> None:
    if world.provider.inspect("shared").state != "running":
        world.restore("shared", world.first)
    with closing(world.connect("shared")) as session:
        with pytest.raises(DatabaseError) as refused:
            execute(session, statement)
        assert refused.value.code in NO_RIGHT, refused.value
        assert rows(session, "SELECT 1") == [(1,)]


@pytest.fixture(scope="module")
def shared(world: World) -> World:
    """A world whose instance `shared` was restored for these tests, which change nothing in it."""
    world.restore("shared", world.first)
    return world


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_account_has_no_administrators_rights(world: World, statement: str) -> None:
    _refuses(world, statement)


def test_nor_those_that_only_this_server_knows(world: World) -> None:
    for statement in FORBIDDEN_IN[world.programs.engine.name]:
        _refuses(world, statement)


def test_the_account_sees_its_own_database_only(shared: World) -> None:
    seen = [*SEEN[shared.programs.engine.name], DATABASE]
    assert sorted(shared.ask("shared", "SHOW DATABASES")) == [(name,) for name in seen]
    grants = sorted(text for (text,) in shared.ask("shared", "SHOW GRANTS"))
    assert len(grants) == 2
    assert grants[0].startswith("GRANT ALL PRIVILEGES ON `shop\\_db`.*")
    assert grants[1].startswith("GRANT USAGE ON *.*")
    assert "GRANT OPTION" not in "".join(grants)


def test_the_account_sees_no_other_peoples_sessions(shared: World) -> None:
    shared.provider.inspect("shared")  # a session of dbs itself comes and goes
    users = shared.ask("shared", "SELECT DISTINCT user FROM information_schema.processlist")
    assert users == [(USER,)]


def test_files_of_the_machine_cannot_be_read(shared: World) -> None:
    assert shared.ask("shared", "SELECT LOAD_FILE('/etc/passwd')") == [(None,)]
    address = shared.address("shared")
    session = pymysql.connect(
        host=address.host,
        port=address.port or 0,
        user=USER,
        password=PASSWORD,
        database=DATABASE,
        local_infile=True,
    )
    code = NO_LOCAL_FILES[shared.programs.engine.name]
    with closing(session), session.cursor() as cursor, pytest.raises(pymysql.MySQLError, match=code):
        cursor.execute("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE note")


@pytest.mark.parametrize(("user", "password"), [("root", ""), ("", ""), (USER, ""), (USER, "wrong"), ("dbs", "")])
def test_nobody_else_can_log_in(shared: World, user: str, password: str) -> None:
    address = shared.address("shared")
    with pytest.raises(pymysql.MySQLError, match=r"\(1045|\(1698"):
        pymysql.connect(host=address.host, port=address.port or 0, user=user, password=password)


def test_an_account_that_somebody_made_is_gone_after_a_restore(shared: World) -> None:
    """Nobody but dbs can make one; if somebody finds a way, it lasts until the next restore."""
    with closing(shared.admin("shared")) as session:
        execute(session, "CREATE USER intruder IDENTIFIED BY 'x'")
    shared.restore("shared", shared.first)
    with closing(shared.admin("shared")) as session:
        people = rows(session, "SELECT user, host FROM mysql.user WHERE user NOT IN ('root', 'mariadb.sys', 'PUBLIC')")
    assert (USER, "%") in people
    assert "intruder" not in [user for user, _ in people]
