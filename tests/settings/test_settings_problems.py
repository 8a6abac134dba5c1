"""Every mistake in the configuration is a sentence that names file, key and remedy, and no secret."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dbs.errors import SettingsError
from dbs.settings import Settings, load_settings

GOOD = """
[source.shop]
url = "mysql://reader@replica/shop"
[provider.local]
kind = "local"
root = "/var/lib/dbs"
[provider.vms]
kind = "libvirt"
uri = "qemu+ssh://hall/system"
[instance.shared]
source = "shop"
provider = "local"
port = 33061
"""

Load = Callable[[str], Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def from_text(text: str) -> Settings:
        file = tmp_path / "dbs.toml"
        file.write_text(text)
        return load_settings({"DBS_CONFIG": str(file), "DBS_HOME": str(tmp_path / "home")})

    return from_text


def problem(load: Load, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(text)
    assert caught.value.__cause__ is None
    return str(caught.value)


@pytest.mark.parametrize(
    ("addition", "sentence"),
    [
        ("[schedul]", 'unknown key "schedul"; did you mean "schedule"?'),
        ("[slack]\noperator = []", 'unknown key "slack.operator"; did you mean "operators"?'),
        ("[web]\nzzz = 1", 'unknown key "web.zzz"; valid here: bind, metrics_bind, public_url.'),
        ("[instance.two]\nbuffer_poll = 1", 'unknown key "instance.two.buffer_poll"; did you mean "buffer_pool"?'),
        (
            '[provider.p]\nkind="local"\nroot="/x"\ncopy_methods="auto"',
            'unknown key "provider.p.copy_methods"; did you mean "copy_method"?',
        ),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_valid_one(load: Load, addition: str, sentence: str) -> None:
    assert f"dbs.toml: {sentence}" in problem(load, GOOD + addition)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (GOOD.replace("33061", '"many"'), "\"instance.shared.port\" is a text: 'many'; here belongs a port number"),
        (GOOD.replace("33061", "true"), '"instance.shared.port" is a yes or no: True; here belongs a port'),
        (GOOD.replace("33061", "70000"), '"instance.shared.port" is a number: 70000; here belongs a port'),
        (GOOD.replace("port = 33061", ""), '"instance.shared.port" is missing; here belongs a port number'),
        ("web = 3", '"web" is a number: 3; here belongs a table, written [web].'),
        ("source = 3", '"source" is a number: 3; here belongs a table, written [source.NAME].'),
        ("[instance]\nport = 3", '"instance.port" is a number: 3; here belongs a table, written [instance.port].'),
        ("[provider]\nlocal = 3", '"provider.local" is a number: 3; here belongs a table, written [provider.local]'),
        ('[provider.x]\nkind = "cloud"', '"provider.x.kind" is missing or unknown; here belongs "local" or'),
        ('[provider.x]\nroot = "/x"', '"provider.x.kind" is missing or unknown'),
        ("[slack]\noperators = [7]", '"slack.operators" is a number: 7; here belongs a list of user-group ids'),
        ('[slack]\nmode = "smoke"', '"slack.mode" is a text: \'smoke\'; here belongs "socket" or "http".'),
        ('[retention]\ndumps = "soon"', '"retention.dumps": a duration is a number and one of s, m, h, d, w'),
        ('[schedule]\nrefresh = "daily"', '"schedule.refresh": a cron line has five fields'),
        ('[web]\nbind = "8080"', '"web.bind": an address to listen on is host and port'),
        (GOOD.replace('"/var/lib/dbs"', '"data"'), '"provider.local.root": the root of a local provider is an abs'),
        (GOOD.replace("replica/shop", "replica"), '"source.shop.url": the url has no database name'),
        (GOOD.replace("mysql:", "postgres:"), '"source.shop.url": the address of a source looks like'),
        (GOOD.replace("replica/", "replica:x/"), '"source.shop.url": the port in the url is not a number'),
        (
            '[project.p]\nrepository="a/b"\nsource="s"\nmigrations="m"',
            '"project.p": a project has either a runner or a command.',
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_belongs_there(load: Load, text: str, sentence: str) -> None:
    assert f"dbs.toml: {sentence}" in problem(load, text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (GOOD.replace('source = "shop"', 'source = "shpo"'), '"instance.shared.source" names "shpo", but there is'),
        (GOOD.replace('provider = "local"', 'provider = "x"'), "no [provider.x]; valid here: local, vms."),
        (
            GOOD + '[project.p]\nrepository="a/b"\nsource="q"\nmigrations="m"\nrunner="sql"',
            '"project.p.source" names "q", but there is no [source.q]; valid here: shop.',
        ),
        (
            GOOD + '[project.p]\nrepository="a/b"\nsource="shop"\nmigrations="m"\ncommand="x"\nrunner_user="dbs"',
            '"project.p.runner_user" is "dbs", which runs the servers of [provider.local]',
        ),
        (GOOD + '[source.Shop]\nurl = "mysql://r@h/d"', "the name of [source.Shop] has to begin with a letter"),
        (GOOD + f'[source.{"a" * 32}]\nurl = "mysql://r@h/d"', "at most 30 of"),
        (
            GOOD + '[instance.two]\nsource="shop"\nprovider="local"\nport=33061\nbind="127.0.0.9"',
            '"instance.two.port" is 33061, which is the port of [instance.shared]',
        ),
    ],
)
def test_tables_have_to_fit_each_other(load: Load, text: str, sentence: str) -> None:
    assert sentence in problem(load, text)


def test_the_same_port_on_another_host_is_fine(load: Load) -> None:
    settings = load(GOOD + '[instance.two]\nsource="shop"\nprovider="vms"\nport=33061')
    assert settings.instance["two"].port == settings.instance["shared"].port


def test_all_problems_are_told_at_once(load: Load) -> None:
    assert len(problem(load, "[web]\na = 1\nb = 2\n[slack]\nmode = 3").splitlines()) == 3


@pytest.mark.parametrize(
    "text",
    [
        'password = ["hunter2"]',
        'mask_key = {x = "hunter2"}',
        'url = "mysql://reader:hunter2@replica/shop"',
        'url = ["mysql://reader:hunter2@replica/shop"]',
        'url = "http://reader@hunter2/shop"',
        'password = "hunter2"\nport = 1',
    ],
)
def test_no_sentence_repeats_a_secret(load: Load, text: str) -> None:
    assert "hunter2" not in problem(load, f"[source.shop]\n{text}")


@pytest.mark.parametrize(
    ("text", "line"), [("[web]\n\nbind 3\n", 3), ("[web\n", 1), ("[web]\n[slack]\n[web]\n", 3), ("a = [\n", 2)]
)
def test_a_syntax_error_is_named_with_its_line(load: Load, text: str, line: int) -> None:
    assert f"dbs.toml, line {line} is not valid TOML" in problem(load, text)
