"""What all tables of `dbs.toml` have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

REFERENCE = 'a text: "env:NAME", "file:PATH", "aws-sm:NAME#key", "vault:PATH#key" or the secret itself'


class Section(BaseModel):
    """A table of dbs.toml: nothing unknown, nothing changed after loading, no value in an error text."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=False)
