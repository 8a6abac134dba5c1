"""dbs.example.toml shows every key, and what it shows is right."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest

from dbs.settings import Config, LibvirtProvider, LocalProvider, load_settings

EXAMPLE = Path(__file__).parents[2] / "dbs.example.toml"


def everything() -> str:
    """The example with all commented-out keys switched on."""
    return re.sub(r"^#(?=[\[a-z])", "", EXAMPLE.read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize("text", [EXAMPLE.read_text(), everything()], ids=["as it is", "all switched on"])
def test_the_example_loads(tmp_path: Path, text: str) -> None:
    (tmp_path / "dbs.toml").write_text(text)
    settings = load_settings({"DBS_CONFIG": str(tmp_path / "dbs.toml"), "DBS_HOME": str(tmp_path / "home")})
    assert set(settings.instance) == {"shared", "builds"}


def shown(name: str) -> set[str]:
    table: dict[str, Any] = tomllib.loads(everything())[name]
    if get_origin(Config.model_fields[name].annotation) is dict:
        return {key for entry in table.values() for key in entry}
    return set(table)


def models(name: str) -> list[Any]:
    """The models of the tables called `name`; one may be optional, or one of several."""
    annotation = Config.model_fields[name].annotation
    if name == "provider":
        return [LocalProvider, LibvirtProvider]
    if get_origin(annotation) is dict:
        return [get_args(annotation)[1]]
    return [model for model in get_args(annotation) or (annotation,) if model is not type(None)]


def known(name: str) -> set[str]:
    return {key for model in models(name) for key in model.model_fields}


@pytest.mark.parametrize("name", Config.model_fields)
def test_the_example_shows_every_key(name: str) -> None:
    assert shown(name) == known(name)


def test_every_key_has_a_comment_where_it_is_shown_first() -> None:
    bare: set[str] = set()
    seen: set[tuple[str, str]] = set()
    table = ""
    for line in everything().splitlines():
        if line.startswith("["):
            table = line.split(".")[0].strip("[] ")
        elif match := re.match(r"(\w+) = (.*)", line):
            if (table, match[1]) not in seen and "  # " not in match[2]:
                bare.add(f"{table}.{match[1]}")
            seen.add((table, match[1]))
    assert bare == set()


def test_every_key_says_what_belongs_there() -> None:
    for name in Config.model_fields:
        for model in models(name):
            assert all(field.description for field in model.model_fields.values())
