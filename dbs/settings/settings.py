"""What the program runs with: the file, the environment, and where its own state lies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, PrivateAttr, SecretStr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from dbs.errors import SettingsError
from dbs.settings.models import Config
from dbs.settings.network import Network
from dbs.settings.secrets import Place, resolve
from dbs.settings.values import HttpUrl


class Environment(BaseSettings):
    """The environment variables that dbs reads, by their names in lower case. Empty is not set."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, env_ignore_empty=True)

    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"
    github_api_url: HttpUrl | None = None
    github_app_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]+$")
    github_app_private_key: SecretStr | None = None
    github_token: SecretStr | None = None
    github_webhook_secret: SecretStr | None = None
    github_webhook_secret_old: SecretStr | None = None
    dbs_state_url: SecretStr | None = None
    dbs_home: Path | None = None
    port: int | None = Field(default=None, ge=1, le=65535)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `read` passes on: never the process's own environment behind the caller's back."""
        return (init_settings,)

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Environment:
        """The variables of `environ`. Raises `SettingsError` naming the variable that is wrong."""
        source = EnvSettingsSource(cls)
        source.env_vars = {name.lower(): value for name, value in environ.items() if value}
        try:
            return cls(**source())
        except ValidationError as error:
            name = str(error.errors()[0]["loc"][0]).upper()
            raise SettingsError(f"The environment variable {name} is wrong: {error.errors()[0]['msg']}.") from None


class Settings(Config):
    """The checked configuration. `file` is where it came from, `home` the 0700 directory of our state."""

    environment: Environment
    home: Path
    file: Path
    _environ: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @classmethod
    def of(cls, config: Config, environ: Mapping[str, str], home: Path, file: Path) -> Settings:
        """Settings from a checked file and the environment."""
        tables = {name: getattr(config, name) for name in Config.model_fields}
        settings = cls(**tables, environment=Environment.read(environ), home=home, file=file)
        settings._environ = environ
        return settings

    @property
    def state_url(self) -> str:
        """The SQLAlchemy URL of the state database; for PostgreSQL it may hold a password."""
        url = self.environment.dbs_state_url
        return url.get_secret_value() if url else f"sqlite:///{self.home / 'state.db'}"

    @property
    def github_api(self) -> str:
        """The address of GitHub's API: `GITHUB_API_URL`, else what belongs to `github.url`. No slash at its end."""
        if self.environment.github_api_url:
            return self.environment.github_api_url.rstrip("/")
        url = self.github.url.rstrip("/")
        return "https://api.github.com" if url == "https://github.com" else f"{url}/api/v3"

    @property
    def web_address(self) -> tuple[str, int]:
        """Host and port of the web server: `web.bind`, its port replaced by `PORT` when that is set."""
        host, port = _address(self.web.bind)
        return host, self.environment.port or port

    @property
    def metrics_address(self) -> tuple[str, int] | None:
        """Host and port that metrics have to themselves, if they have."""
        return _address(self.web.metrics_bind) if self.web.metrics_bind else None

    def secret(self, reference: str | SecretStr) -> SecretStr:
        """The secret that a reference names, such as `env:NAME`, or the text itself.

        Raises `SettingsError`; see `dbs.settings.secrets.resolve`.
        """
        return resolve(reference, Place(self._environ, self.file.parent, self.way_out))

    @property
    def way_out(self) -> Network:
        """How connections to the outside are made: `[network]`."""
        ca_file = self.network.ca_file
        return Network(self.beside(ca_file) if ca_file else None, self.network.proxy)

    def beside(self, path: Path) -> Path:
        """A path of the configuration, which is relative to the directory of `dbs.toml`."""
        return self.file.parent / path


def _address(bind: str) -> tuple[str, int]:
    host, _, port = bind.rpartition(":")
    return host.strip("[]"), int(port)
