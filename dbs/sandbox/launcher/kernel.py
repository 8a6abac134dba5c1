"""System calls that Python 3.11 has no function for. Every one raises `OSError` with what the kernel said."""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import signal
import socket
import struct

# linux/sched.h, linux/mount.h, linux/prctl.h, linux/sockios.h, linux/if.h: the same numbers on every architecture.
NEW_MOUNTS, NEW_USERS, NEW_PROCESSES, NEW_NETWORK = 0x00020000, 0x10000000, 0x20000000, 0x40000000
_NOSUID, _NODEV, _BIND, _RECURSIVE, _PRIVATE = 2, 4, 4096, 16384, 1 << 18
_SET_PDEATHSIG, _SET_NO_NEW_PRIVS = 1, 38
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1
# keyctl(2) has a number of its own on each architecture: asm/unistd.h.
_KEYCTL, _JOIN_SESSION_KEYRING = {"x86_64": 250, "aarch64": 219}, 1

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(what: int) -> None:
    """Go into new namespaces of the given kinds."""
    _checked(_libc.unshare(ctypes.c_int(what)), "unshare")


def _mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    words = [None if word is None else word.encode() for word in (source, target, kind, data)]
    result = _libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3])
    _checked(result, f"mount {source} on {target}")


def keep_mounts_apart() -> None:
    """From here on, what is mounted in this namespace is not seen in any other."""
    _mount("none", "/", None, _RECURSIVE | _PRIVATE)


def mount_memory(target: str, *, size_bytes: int, files: int, mode: int) -> None:
    """An empty file system in memory over a directory."""
    _mount("none", target, "tmpfs", _NOSUID | _NODEV, f"size={size_bytes},nr_inodes={files},mode={mode:o}")


def bind(source: str, target: str) -> None:
    """Show a directory, with what is mounted below it, at another place."""
    _mount(source, target, None, _BIND | _RECURSIVE)


def die_with_parent() -> None:
    """Be killed when the parent ends; forgotten by the kernel on every change of the user id."""
    _checked(_libc.prctl(_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")


def no_new_rights() -> None:
    """No program that is started from here on gets more rights than this process has (no set-user-id)."""
    _checked(_libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")


def leave_keyring() -> None:
    """Take an empty session keyring instead of the one that this process inherited: no namespace divides them."""
    number = _KEYCTL.get(platform.machine())
    if number is not None:  # a kernel without keyrings refuses, and has none to leave
        _libc.syscall(ctypes.c_long(number), ctypes.c_long(_JOIN_SESSION_KEYRING), None)


def set_file_user(uid: int) -> None:
    """Whose rights count when files are opened. The call reports no errors: setfsuid(2)."""
    _libc.setfsuid(ctypes.c_uint(uid))


def loopback_up() -> None:
    """Switch the network interface `lo` of this network namespace on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        # struct ifreq: the name, then a union of 24 bytes that begins with the flags.
        answer = fcntl.ioctl(asked, _GET_FLAGS, struct.pack("16sH22x", b"lo", 0))
        flags = struct.unpack("16sH22x", answer)[1]
        fcntl.ioctl(asked, _SET_FLAGS, struct.pack("16sH22x", b"lo", flags | _UP))
