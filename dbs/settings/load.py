"""Read `dbs.toml` and the environment; every mistake is a sentence that names file and key."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dbs.errors import SettingsError
from dbs.settings.checks import cross_checks
from dbs.settings.models import Config
from dbs.settings.problems import sentences
from dbs.settings.settings import Settings


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings: the file that `DBS_CONFIG` names (default `dbs.toml`), then the environment.

    Creates `DBS_HOME` with mode 0700. Raises `SettingsError`; its text has one line for each problem.
    """
    file = Path(environ.get("DBS_CONFIG") or "dbs.toml").absolute()
    config = _checked(_parsed(_text(file), file), file)
    settings = Settings.of(config, environ, _home(environ), file)
    _own_directory(settings.home)
    return settings


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(
            f"There is no configuration at {file}; set DBS_CONFIG to its path, or copy dbs.example.toml to dbs.toml."
        ) from None
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file} is not UTF-8 text (byte {error.start}).") from None


def _parsed(text: str, file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"at line (\d+)", str(error))
        line = where[1] if where else str(text.count("\n") + 1)
        raise SettingsError(f"{file}, line {line} is not valid TOML: {error}.") from None


def _checked(data: dict[str, Any], file: Path) -> Config:
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        problems = sentences(error)
    else:
        problems = cross_checks(config)
    if problems:
        # `from None` matters: pydantic's own text must not follow a sentence that was kept clean.
        raise SettingsError("\n".join(f"{file}: {problem}" for problem in problems)) from None
    return config


def _home(environ: Mapping[str, str]) -> Path:
    if environ.get("DBS_HOME"):
        return Path(environ["DBS_HOME"]).expanduser().absolute()
    user_home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    return user_home / ".local" / "share" / "dbs"


def _own_directory(home: Path) -> None:
    """Make the directory, or insist that nobody else gets in: who can write the job queue can run code."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"DBS_HOME, {home}, cannot be made: {error.strerror}.") from error
    if stat.S_IMODE(home.stat().st_mode) & 0o077:
        raise SettingsError(f"DBS_HOME, {home}, is open to other users; run: chmod 700 {home}")
