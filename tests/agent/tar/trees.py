"""Trees of files as values: everything that a backup has to bring back, to be compared."""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BLOCK_BYTES = 512

Picture = dict[bytes, dict[str, Any]]


def picture(root: Path) -> Picture:
    """What there is of every entry below a directory and of itself, by relative path."""
    found = {path: _facts(full) for path, full in _walk(os.fsencode(root))}
    _name_link_groups(found)
    return found


def differences(before: Picture, after: Picture) -> list[str]:
    """One line per difference, readable in a failed assertion."""
    lines = [f"missing: {path!r}" for path in sorted(before.keys() - after.keys())]
    lines += [f"too much: {path!r}" for path in sorted(after.keys() - before.keys())]
    for path in sorted(before.keys() & after.keys()):
        for fact, value in before[path].items():
            if after[path][fact] != value:
                lines.append(f"{path!r} {fact}: {value!r} became {after[path][fact]!r}")
    return lines


def _walk(root: bytes) -> Iterator[tuple[bytes, bytes]]:
    yield b".", root
    pending = [root] if os.path.isdir(root) else []
    while pending:
        directory = pending.pop()
        with os.scandir(directory) as entries:
            for entry in entries:
                yield os.path.relpath(entry.path, root), entry.path
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)


def _facts(path: bytes) -> dict[str, Any]:
    status = os.lstat(path)
    is_file = stat.S_ISREG(status.st_mode)
    facts: dict[str, Any] = {
        "mode": oct(status.st_mode),
        "owner": (status.st_uid, status.st_gid),
        "modify_ns": status.st_mtime_ns,
        "device": status.st_rdev,
        "size": status.st_size if not stat.S_ISDIR(status.st_mode) else None,
        "target": os.readlink(path) if stat.S_ISLNK(status.st_mode) else None,
        "xattrs": {
            name: os.getxattr(path, name, follow_symlinks=False)
            for name in os.listxattr(path, follow_symlinks=False)
        },
        "content": _digest(path) if is_file else None,
        "is_sparse": is_file and _is_sparse(path),
        "links": (status.st_dev, status.st_ino) if not stat.S_ISDIR(status.st_mode) else None,
    }
    return facts


def _is_sparse(path: bytes) -> bool:
    """Blocks of a file that was just written may not be counted yet: looked at again when the file
    is on the disk."""
    fd = os.open(path, os.O_RDONLY)
    try:
        for _ in range(2):
            status = os.fstat(fd)
            if status.st_blocks * BLOCK_BYTES >= status.st_size // 2:
                return False
            os.fsync(fd)
    finally:
        os.close(fd)
    return True


def _name_link_groups(found: Picture) -> None:
    """Inodes differ after a restore: a group is known by its names."""
    groups: dict[Any, list[bytes]] = {}
    for path, facts in found.items():
        groups.setdefault(facts["links"], []).append(path)
    for facts in found.values():
        if facts["links"] is not None:
            facts["links"] = sorted(groups[facts["links"]])


def _digest(path: bytes) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()
