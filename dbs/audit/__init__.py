"""The audit table: append-only, hash-chained; it says who asked for what and how it ended."""

from dbs.audit.audit import Audit
from dbs.audit.interface import GENESIS, TERMINAL, AuditEvent, Verification

__all__ = ["GENESIS", "TERMINAL", "Audit", "AuditEvent", "Verification"]
