"""The configuration: `dbs.toml` and the environment, checked once and then frozen."""

from dbs.settings.load import load_settings
from dbs.settings.models import (
    Config,
    Instance,
    LibvirtProvider,
    LocalProvider,
    NetworkSettings,
    PersonalSettings,
    RetentionSettings,
    ScheduleSettings,
    SlackSettings,
    Source,
    WebSettings,
)
from dbs.settings.projects import GithubSettings, Project
from dbs.settings.settings import Environment, Settings

__all__ = [
    "Config",
    "Environment",
    "GithubSettings",
    "Instance",
    "LibvirtProvider",
    "LocalProvider",
    "NetworkSettings",
    "PersonalSettings",
    "Project",
    "RetentionSettings",
    "ScheduleSettings",
    "Settings",
    "SlackSettings",
    "Source",
    "WebSettings",
    "load_settings",
]
