"""What every command of the command line starts from: the settings, the services, and who is typing."""

from __future__ import annotations

import getpass
import uuid

from commands.bootstrap import build
from commands.interface import Actor, Request
from commands.services import Services
from dbs.settings import load_settings


def open_services() -> Services:
    """The services for the configuration that DBS_CONFIG names."""
    return build(load_settings())


def request(words: tuple[str, ...]) -> Request:
    """A new request by whoever is logged in to this machine."""
    login = getpass.getuser()
    return Request(id=new_id(), actor=Actor(f"os:{login}", login, "cli"), words=words)


def new_id() -> str:
    """The id of something that was just typed: nothing else has it."""
    return f"cli:{uuid.uuid4().hex}"
