"""What had been changed in an instance before a restore that nobody asked for: it is announced, and can be undone."""

from __future__ import annotations

from commands.services import Services
from commands.targets import Target
from commands.texts import moment
from dbs.jobs import Facts


def seen(services: Services, target: Target) -> Facts:
    """How much was written to an instance since its last restore, and whose that was; to be asked before the next."""
    if target.status.state == "empty":
        return {}
    state = services.instances.get(target.name)
    last = {"by": state.restored_by, "at": state.restored_at} if state and state.restored_at else None
    return {"written": target.status.written, "before": last}


def changes(instance: str, restored: Facts) -> str:
    """What an instance lost by a restore that nobody asked for, and how it comes back; empty when that is nothing."""
    written, before = restored.get("written"), restored.get("before") or {}
    if written == 0 or "written" not in restored:
        return ""
    since = f" since its last restore ({before['by']}, {moment(before['at'])})" if before else " since its last restore"
    if written is None:
        text = f"Whether {instance} had changes{since} is not known"
    else:
        text = f"{instance} had {written:,} change{'' if written == 1 else 's'}{since}"
    if restored.get("undo_until") is None:
        return f"{text}; they are gone, because its disk had no room to keep them."
    return f"{text}; undo within the hour with: /dbs restore {instance} --undo"
