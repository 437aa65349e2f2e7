"""The description of a saveset (`.restic`), beside its listing: JSON that says what it is and which
snapshots it is made of.

    format 1, engine "restic", saveset, type, label, sesam_day, base, sources, excludes,
    commands (their names), facts
    programs   the words of each command, in their order; not in the tag
    result     the fields of BackupDone
    listing    size and BLAKE3 of the listing's file
    files      id of the snapshot of the sources; empty without sources
    outputs    id of the snapshot of each command, by its name

The id of a snapshot is the SHA-256 of what it says, which names its trees by theirs, and these
name all data by theirs: whatever restic reads for these ids is what was saved.

The first fields are also in a tag of each snapshot, for a rebuild without this file.
"""

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from server_agent.adapters.tar import private
from server_agent.adapters.tar.description import DescriptionError, digest_of
from server_agent.ports import BackupDone, BackupRequest

FORMAT = 1
_LONGEST_ABOUT = 64 << 10  # the system takes no word of more than 128 KiB, and base64 needs more


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Those of one saveset, by id."""

    files: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def all(self) -> tuple[str, ...]:
        return (*((self.files,) if self.files else ()), *self.outputs.values())


@dataclass(frozen=True, slots=True)
class Description:
    """What is used again; the rest is for people and for a rebuild."""

    label: str
    result: BackupDone
    facts: Mapping[str, str]
    listing_size: int
    listing_digest: bytes
    snapshots: Snapshots


def about(request: BackupRequest) -> dict[str, Any]:
    """What a saveset is."""
    return {
        "format": FORMAT,
        "engine": "restic",
        "saveset": request.saveset,
        "type": request.type.value,
        "label": request.label,
        "sesam_day": request.sesam_day.isoformat(),
        "base": request.base[0].name if request.base else None,
        "sources": [source.decode("utf-8", "surrogateescape") for source in request.sources],
        "excludes": list(request.excludes),
        "commands": [command.name for command in request.commands],
        "facts": dict(request.facts),
    }


def tag(request: BackupRequest) -> str:
    """`about` without the characters that mean something in a tag, and without the sources and
    excludes if they are too long for a word of a command."""
    content = about(request)
    if len(json.dumps(content)) > _LONGEST_ABOUT:
        content |= {"sources": None, "excludes": None}
    return base64.b64encode(json.dumps(content).encode("ascii")).decode("ascii")


def write(
    path: Path, request: BackupRequest, result: BackupDone, listing: Path, snapshots: Snapshots
) -> None:
    """Writes and syncs the description of a saveset whose listing is finished. Raises OSError."""
    content = about(request) | {
        "programs": [list(map(os.fsdecode, command.argv)) for command in request.commands],
        "result": asdict(result),
        "listing": {"size": listing.stat().st_size, "blake3": digest_of(listing).hex()},
        "files": snapshots.files,
        "outputs": dict(snapshots.outputs),
    }
    _write(path, content)


def write_intent(path: Path, request: BackupRequest) -> None:
    """Says and syncs that snapshots of a saveset may be on its medium from now on."""
    _write(path, about(request))


def intended_label(path: Path) -> str:
    """The medium of an intent. Raises OSError, DescriptionError."""
    try:
        return str(json.loads(path.read_text("ascii"))["label"])
    except (ValueError, KeyError, TypeError) as error:
        raise DescriptionError(f"{path} cannot be understood: {error}") from error


def read(path: Path) -> Description:
    """Raises FileNotFoundError, OSError, DescriptionError."""
    text = path.read_bytes()
    try:
        content = json.loads(text)
        if content["format"] != FORMAT:
            raise DescriptionError(f"format {content['format']} is not {FORMAT}")
        result = dict(content["result"])
        result["warnings"] = tuple(result["warnings"])
        return Description(
            label=content["label"],
            result=BackupDone(**result),
            facts=dict(content["facts"]),
            listing_size=int(content["listing"]["size"]),
            listing_digest=bytes.fromhex(content["listing"]["blake3"]),
            snapshots=Snapshots(content["files"], dict(content["outputs"])),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DescriptionError(f"{path} cannot be understood: {error}") from error


def _write(path: Path, content: Mapping[str, Any]) -> None:
    with open(path, "w", encoding="ascii", opener=private.opener) as file:
        json.dump(content, file, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
