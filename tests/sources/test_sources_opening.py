"""Who is believed, what is sent, and which server is chosen; on real servers."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dbs.errors import SettingsError
from dbs.mysql.query import rows
from dbs.settings import Source
from dbs.settings.network import Network
from dbs.sources.interface import Opened, SourceError
from dbs.sources.opening import open_source
from dbs.sources.places import place
from dbs.sources.tls import context, wants_tls
from tests.sources.authority import Authority
from tests.sources.servers import NETWORK, PASSWORD, Server
from tests.support.ports import free_port
from tests.support.waiting import until

DAY = timedelta(days=1)


def opened(source: Source, network: Network = NETWORK, password: str | None = PASSWORD) -> Opened:
    return open_source(source, password, network)


def sentence(source: Source, *, transient: bool, password: str | None = PASSWORD) -> str:
    with pytest.raises(SourceError) as caught:
        opened(source, password=password)
    assert caught.value.transient is transient
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def signed(primary: Server, authority: Authority) -> Iterator[Authority]:
    """An authority whose certificate the primary shows anew, until the end of the test."""
    yield authority
    authority.sign("127.0.0.1", "db.internal")
    primary.run("FLUSH SSL")


def test_a_verified_server_is_read(primary: Server, authority: Authority) -> None:
    with opened(primary.source(tls="verify", ca_file=str(authority.ca_file))) as found:
        assert found.tls == "TLSv1.3, certificate verified"
        assert found.where == f"the server at 127.0.0.1:{primary.tcp_port}"
        assert (found.database, found.version.flavour, found.is_replica) == ("shop", "MariaDB", False)
        [(name, cipher)] = rows(found.connection, "SHOW STATUS LIKE 'Ssl_cipher'")
        assert (name, bool(cipher)) == ("Ssl_cipher", True)
        with found.again() as second:
            assert rows(second, "SELECT CURRENT_USER(), DATABASE()") == [("reader@%", "shop")]
    assert not found.connection.open


def test_the_authority_of_the_company_counts_beside_the_systems(primary: Server, authority: Authority) -> None:
    with opened(primary.source(tls="verify"), Network(authority.ca_file)) as found:
        assert found.tls.endswith("verified")


def test_a_relative_authority_lies_beside_the_configuration(primary: Server, authority: Authority) -> None:
    source = primary.source(tls="verify", ca_file=authority.ca_file.name)
    with open_source(source, PASSWORD, NETWORK, authority.ca_file.parent) as found:
        assert found.tls.endswith("verified")
    with pytest.raises(SettingsError, match=r'"ca_file" of the source is .*missing\.pem, which cannot be used'):
        opened(primary.source(tls="verify", ca_file="missing.pem"))


def test_an_unknown_authority_is_refused(primary: Server) -> None:
    said = sentence(primary.source(tls="verify"), transient=False)
    assert said.startswith(f"The server at 127.0.0.1:{primary.tcp_port} cannot be trusted: nobody that dbs trusts")
    assert "ca_file" in said and said.endswith("The password was not sent.")


def test_an_authority_of_ones_own_is_the_only_one(primary: Server, authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path)
    source = primary.source(tls="verify", ca_file=str(other.ca_file))
    with pytest.raises(SourceError, match="nobody that dbs trusts"):
        opened(source, Network(authority.ca_file))


def test_another_name_is_refused(primary: Server, authority: Authority) -> None:
    source = primary.source(host="localhost", tls="verify", ca_file=str(authority.ca_file))
    assert "certificate is for another name. Write into the url" in sentence(source, transient=False)


@pytest.mark.parametrize(
    ("begins", "ends", "reason"),
    [(-2 * DAY, -DAY, "has expired"), (DAY, 2 * DAY, "is not valid yet")],
    ids=["expired", "not yet valid"],
)
def test_a_certificate_of_another_time_is_refused(
    primary: Server, signed: Authority, begins: timedelta, ends: timedelta, reason: str
) -> None:
    signed.sign("127.0.0.1", begins=begins, ends=ends)
    primary.run("FLUSH SSL")
    assert reason in sentence(primary.source(tls="verify", ca_file=str(signed.ca_file)), transient=False)


def test_another_address_is_refused(primary: Server, signed: Authority) -> None:
    signed.sign("127.0.0.2")
    primary.run("FLUSH SSL")
    source = primary.source(tls="verify", ca_file=str(signed.ca_file))
    assert "certificate is not for that address" in sentence(source, transient=False)


def test_a_server_without_tls_is_refused(replica: Server, authority: Authority) -> None:
    source = replica.source(tls="verify", ca_file=str(authority.ca_file))
    assert "cannot be trusted: it does not speak TLS" in sentence(source, transient=False)


def test_elsewhere_certificates_are_verified_without_being_asked_for(primary: Server) -> None:
    there = Source.model_validate({"url": "mysql://reader@db.internal/shop"})
    assert wants_tls(there, place(there.url))
    assert not wants_tls(primary.source(), place(primary.source().url))
    assert not wants_tls(primary.source(host="localhost"), place(primary.source(host="localhost").url))
    found = context(there, NETWORK, Path())
    assert (found.verify_mode, found.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_without_tls_the_password_is_still_not_sent_as_it_is(primary: Server) -> None:
    with opened(primary.source(tls="off")) as found:
        assert found.tls == "off"
        assert rows(found.connection, "SHOW STATUS LIKE 'Ssl_cipher'") == [("Ssl_cipher", "")]


def test_over_a_unix_socket(primary: Server) -> None:
    with opened(primary.local()) as found:
        assert (found.tls, found.where) == ("Unix socket", f"the server at {primary.unix_socket}")


@pytest.mark.parametrize(
    ("keys", "password", "transient", "words"),
    [
        ({}, "wrong", False, "Access denied for user 'reader'"),
        ({"user": "nobody"}, None, False, "Access denied"),
    ],
)
def test_who_is_not_let_in_is_not_tried_again(
    primary: Server, keys: dict[str, str], password: str | None, transient: bool, words: str
) -> None:
    assert words in sentence(primary.local(**keys), transient=transient, password=password)


def test_an_unknown_database_is_not_tried_again(primary: Server) -> None:
    primary.run("CREATE OR REPLACE USER everywhere@'%'", "GRANT SELECT ON *.* TO everywhere@'%'")
    url = primary.local("everywhere").url.replace("/shop?", "/nowhere?")
    assert "Unknown database 'nowhere'" in sentence(Source.model_validate({"url": url}), transient=False, password=None)


def test_a_server_that_is_down_is_tried_again(primary: Server) -> None:
    url = f"mysql://reader@127.0.0.1:{free_port()}/shop"
    assert "refused" in sentence(Source.model_validate({"url": url}), transient=True)


# The replica that keeps up, and the primary.


def caught_up(server: Server) -> None:
    """Wait until the replica has the database and copies again."""

    def ready() -> bool:
        with server.admin() as connection:
            [(seconds,)] = [
                (row[-1],) for row in rows(connection, "SHOW STATUS LIKE 'Slave_running'") if row[-1] == "ON"
            ] or [("",)]
            exists = rows(connection, "SELECT 1 FROM mysql.user WHERE user = 'watcher'")
            return bool(seconds) and bool(exists)

    until(ready, "the replica copies")


@pytest.fixture
def copying(primary: Server, replica: Server) -> Iterator[Server]:
    """The replica; it copies again after the test."""
    caught_up(replica)
    primary.run("GRANT SLAVE MONITOR ON *.* TO watcher@'%'")
    until(lambda: seen(replica), "the right arrived")
    yield replica
    replica.run("STOP SLAVE", "CHANGE MASTER TO MASTER_DELAY=0", "START SLAVE")


def seen(server: Server) -> bool:
    with server.admin() as connection:
        return any("SLAVE MONITOR" in str(line) for (line,) in rows(connection, "SHOW GRANTS FOR watcher@'%'"))


def choice(primary: Server, replica: Server, user: str = "watcher") -> Source:
    return primary.source(user, replicas=[replica.url(user)])


def test_the_replica_is_preferred(primary: Server, copying: Server) -> None:
    with opened(choice(primary, copying)) as found:
        assert found.where.endswith(f":{copying.tcp_port}")
        assert (found.is_replica, found.lag_seconds, found.passed_over) == (True, 0.0, ())


def test_a_replica_whose_lag_may_not_be_known_is_taken(primary: Server, copying: Server) -> None:
    with opened(choice(primary, copying, "reader")) as found:
        assert (found.is_replica, found.lag_seconds) == (True, None)


def test_a_replica_that_has_stopped_is_passed_over(primary: Server, copying: Server) -> None:
    copying.run("STOP SLAVE")
    with opened(choice(primary, copying)) as found:
        assert found.where.endswith(f":{primary.tcp_port}") and not found.is_replica
        said = f"The server at 127.0.0.1:{copying.tcp_port}: its replication is stopped."
        assert found.passed_over == (said,)


def test_a_replica_that_is_down_is_passed_over(primary: Server, copying: Server) -> None:
    gone = f"mysql://watcher@127.0.0.1:{free_port()}/shop"
    with opened(primary.source("watcher", replicas=[gone, copying.url("watcher")])) as found:
        assert found.is_replica and len(found.passed_over) == 1
        assert "refused" in found.passed_over[0]


def test_a_replica_that_refuses_for_good_is_no_reason_to_read_the_primary(primary: Server, copying: Server) -> None:
    wrong = copying.url("nobody")
    said = sentence(primary.source("watcher", replicas=[wrong]), transient=False)
    assert "Access denied for user 'nobody'" in said


def test_a_url_that_is_a_replica_has_to_keep_up_as_well(copying: Server) -> None:
    copying.run("STOP SLAVE")
    assert "its replication is stopped" in sentence(copying.source("watcher"), transient=True)


# MySQL: its passwords want TLS.


def test_mysql_over_tls_and_then_without(mysql_server: Server, authority: Authority) -> None:
    mysql_server.run("FLUSH PRIVILEGES")  # forgets whom it knows
    plain = mysql_server.source(tls="off")
    said = sentence(plain, transient=False)
    assert "wants the password itself, and the connection is not encrypted, so it was not sent" in said
    with opened(mysql_server.source(tls="verify", ca_file=str(authority.ca_file))) as found:
        assert found.tls.startswith("TLSv1.3") and found.version.flavour == "MySQL"
    with mysql_server.admin() as admin:
        assert rows(admin, "SELECT plugin FROM mysql.user WHERE user = 'reader'") == [("caching_sha2_password",)]
    with opened(plain) as found:  # it knows the account now, and a scramble is enough
        assert found.tls == "off"
    with opened(mysql_server.local()) as found:
        assert found.tls == "Unix socket"
