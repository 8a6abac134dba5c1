"""`[github]` and `[project.NAME]`: where changes of a schema come from, and how they are run."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr, field_validator, model_validator

from dbs.settings.remotes import GitUrl, without_access
from dbs.settings.section import REFERENCE, Section
from dbs.settings.values import Duration, HttpUrl, Person, Size


class GithubSettings(Section):
    """`[github]`: where pull requests come from."""

    url: HttpUrl = Field(default="https://github.com", description='the address of GitHub, "https://github.com"')
    people: dict[str, Person] = Field(default={}, description='logins and user ids, { ada-l = "U0ADA" }')
    poll: Duration | None = Field(default=None, description='how often to ask where nothing can reach dbs, "2m"')

    @field_validator("people")
    @classmethod
    def _logins(cls, value: dict[str, str]) -> dict[str, str]:
        """GitHub does not care about the case of a login."""
        return {login.lower(): person for login, person in value.items()}

    @field_validator("poll")
    @classmethod
    def _gently(cls, value: timedelta | None) -> timedelta | None:
        if value is not None and value < timedelta(seconds=20):
            raise ValueError('GitHub is asked every 20 s at most, such as poll = "1m"')
        return value


class Project(Section):
    """`[project.NAME]`: a repository whose migrations are rehearsed; on GitHub, or any other git `remote`."""

    repository: str | None = Field(
        default=None, pattern=r"^[\w.-]+/[\w.-]+$", description='owner and name, "acme/shop"'
    )
    remote: GitUrl | None = Field(default=None, description='an address, "ssh://git@git.example.com/acme/shop.git"')
    token: SecretStr | None = Field(default=None, description=REFERENCE)
    key: SecretStr | None = Field(default=None, description=REFERENCE)
    host_keys: tuple[str, ...] = Field(default=(), description='a list of keys, ["ssh-ed25519 AAAA…"]')
    branch: str = Field(default="main", min_length=1, description='the name of a branch, "main"')
    source: str = Field(description="the name of a [source.NAME]")
    migrations: str = Field(min_length=1, description='a pattern of paths, "database/migrations/**"')
    runner: str | None = Field(default=None, min_length=1, description='the name of a migration tool, "artisan"')
    command: str | None = Field(default=None, min_length=1, description="the command that runs the migrations")
    test: str | None = Field(default=None, min_length=1, description="the command that tests the migrated copy")
    toolchain: Path | None = Field(default=None, description="the path of a directory with programs, or of a root")
    runner_user: str = Field(default="dbs-runner", pattern=r"^[a-z_][a-z0-9_-]{0,31}$", description="an account")
    time_limit: Duration = Field(default=timedelta(minutes=15), description='a duration, "15m"')
    memory: Size = Field(default="2G", description='a size, a number with K, M or G: "2G"')
    sql_mode: str | None = Field(default=None, description='its sql_mode, "ANSI"; default the server\'s')

    @model_validator(mode="after")
    def _one_way_to_run(self) -> Project:
        if (self.runner is None) == (self.command is None):
            raise ValueError("a project has either a runner or a command")
        return self

    @model_validator(mode="after")
    def _one_place(self) -> Project:
        if self.repository is None and self.remote is None:
            raise ValueError("a project has a repository, on GitHub, or a remote, or both: then git takes the remote")
        problem = without_access(self.remote, self.token is not None, self.key is not None, bool(self.host_keys))
        if problem:
            raise ValueError(problem)
        return self
