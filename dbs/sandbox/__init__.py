"""Runs a command that nobody trusts: without network, secrets or rights, against one database."""
