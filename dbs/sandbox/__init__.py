"""Runs a command that nobody trusts: without network, secrets or rights, against one database."""

from dbs.sandbox.interface import Database, Limits, SandboxError, SandboxRequest, SandboxRun, StoppedBy
from dbs.sandbox.running import run

__all__ = ["Database", "Limits", "SandboxError", "SandboxRequest", "SandboxRun", "StoppedBy", "run"]
