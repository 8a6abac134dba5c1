"""`dbs doctor` looks at each source."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cli.doctor import CHECKS
from cli.findings import Finding
from cli.sources import sources, transport
from dbs.settings import Source
from dbs.sources.opening import open_source
from tests.chatbot.parts import FakeDirectory, make_services
from tests.sources.authority import Authority
from tests.sources.servers import NETWORK, PASSWORD, Server, quoted
from tests.support.ports import free_port


def looked(tmp_path: Path, *lines: str) -> list[Finding]:
    """What is found for a source with these lines."""
    config = "\n".join(["[source.shop]", 'password = "env:DOCTOR_PASSWORD"', *lines])
    services = make_services(tmp_path, FakeDirectory(), {"DOCTOR_PASSWORD": PASSWORD}, config)
    return list(sources(services))


def about(found: list[Finding], what: str) -> list[tuple[str, str]]:
    """State and advice of the findings about something."""
    return [(finding.state, finding.advice) for finding in found if finding.about == f"source shop: {what}"]


def test_doctor_does_that() -> None:
    assert sources in CHECKS


def test_a_source_as_it_should_be(primary: Server, authority: Authority, tmp_path: Path) -> None:
    found = looked(tmp_path, f'url = "{primary.url()}"', 'tls = "verify"', f'ca_file = "{authority.ca_file}"')
    assert {finding.advice for finding in found} == {""}
    assert found[0].state.startswith("MariaDB ")
    assert found[0].state.endswith(f", the server at 127.0.0.1:{primary.tcp_port}")
    assert about(found, "TLS") == [("TLSv1.3, certificate verified", "")]
    assert about(found, "rights") == [("reads everything, and nothing else", "")]
    optional = [state for state, _ in about(found, "optional")]
    assert "to watch the lag: GRANT SLAVE MONITOR ON *.* TO 'reader'@'%';" in optional


def test_what_is_wrong_with_a_source(primary: Server, tmp_path: Path) -> None:
    primary.run(
        f"CREATE OR REPLACE USER mixed@'%' IDENTIFIED BY '{quoted()}'",
        "GRANT SELECT, DELETE ON shop.* TO mixed@'%'",
    )
    replica = f'replicas = ["mysql://mixed@127.0.0.1:{free_port()}/shop"]'
    found = looked(tmp_path, f'url = "{primary.url("mixed")}"', 'tls = "off"', replica)
    assert about(found, "TLS") == [("off, and on this machine", "")]
    [(state, advice)] = about(found, "replica")
    assert state == "passed over" and "refused" in advice
    assert about(found, "rights") == [
        ("too many: DELETE", "REVOKE DELETE ON `shop`.* FROM 'mixed'@'%';"),
        ("missing: SHOW VIEW, TRIGGER, EVENT", "GRANT SHOW VIEW, TRIGGER, EVENT ON `shop`.* TO 'mixed'@'%';"),
    ]


def test_a_source_that_is_not_there_is_one_finding(tmp_path: Path) -> None:
    (finding,) = looked(tmp_path, f'url = "mysql://reader@127.0.0.1:{free_port()}/shop"')
    assert finding.state == "cannot be read" and "refused" in finding.advice


def test_no_tls_to_another_machine_is_said_loudly(primary: Server) -> None:
    with open_source(primary.source(tls="off"), PASSWORD, NETWORK) as opened:
        there = Source.model_validate({"url": "mysql://reader@db.internal/shop", "tls": "off"})
        finding = transport("source shop", there, opened)
        assert finding.state == "OFF" and "Whoever is on the way reads everything" in finding.advice
        assert transport("source shop", there, replace(opened, tls="TLSv1.3, certificate verified")).advice == ""


def test_a_source_that_only_gets_dumps_needs_no_connection(tmp_path: Path) -> None:
    config = f'[source.shop]\nurl = "mysql://reader@127.0.0.1:{free_port()}/shop"\n'
    (finding,) = sources(make_services(tmp_path, FakeDirectory(), config=config))
    assert finding.advice == "" and "gets dumps only" in finding.state
