"""The description of a saveset on one medium (`NAME.LABEL.restic`), beside its listing: JSON that
says what it is and which snapshots it is made of there.

    format 1, engine "restic", saveset, type, label, sesam_day, base, sources, excludes,
    commands (their names), facts
    location   the GUID of the location
    programs   the words of each command, in their order
    options    those of the task that are not the default, if there are any
    written_ns when the last of the data was written, in nanoseconds since 1970
    result     the fields of BackupDone
    listing    size and BLAKE3 of the listing's file, and the id of the snapshot that has it too;
               empty, or not there, without one
    files      id of the snapshot of the sources; empty without sources
    outputs    id of the snapshot of each command, by its name

`label` is the medium to which it was written first, also in a copy on another one; the stored bytes
of the result are those on its own.

The id of a snapshot is the SHA-256 of what it says, which names its trees by theirs, and these
name all data by theirs: whatever restic reads for these ids is what was saved.

The first fields are also in a tag of each snapshot, for people, and all of it but its own id is in
the snapshot of the listing, for a rebuild without this file: in its tags, and before the listing
what no command line may have, which every user of the machine can read.
"""

import base64
import contextlib
import json
import os
import re
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from server_agent.adapters.tar import private
from server_agent.adapters.tar.description import DescriptionError, digest_of, said_options
from server_agent.ports import BackupDone, BackupRequest

FORMAT = 1
ABOUT_TAG = "about="
_PIECE_TAG = "description"
_PIECE = re.compile(rf"{_PIECE_TAG}(\d+)=(.*)", re.DOTALL)
_HEAD_ONLY = frozenset({"programs"})  # may hold passwords
_LONGEST_ABOUT = 64 << 10  # the system takes no word of more than 128 KiB, and base64 needs more


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Those of one saveset, by id."""

    files: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    listing: str = ""

    @property
    def all(self) -> tuple[str, ...]:
        """Those that have its data."""
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

    def lying_in(self, snapshots: Snapshots) -> "Description":
        """The same saveset in others."""
        return replace(self, snapshots=snapshots)


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


def content_of(
    request: BackupRequest,
    result: BackupDone,
    listing: Path,
    snapshots: Snapshots,
    location_id: str,
) -> dict[str, Any]:
    """What describes a saveset whose listing is finished. Raises OSError."""
    return about(request) | {
        "location": location_id,
        "programs": [list(map(os.fsdecode, command.argv)) for command in request.commands],
        **said_options(request.options),
        "written_ns": time.time_ns(),
        "result": asdict(result),
        "listing": {"size": listing.stat().st_size, "blake3": digest_of(listing).hex()},
        "files": snapshots.files,
        "outputs": dict(snapshots.outputs),
    }


def content_of_copy(
    source: Path, stored_bytes: int, snapshots: Snapshots, location_id: str
) -> dict[str, Any]:
    """What describes a copy. Raises OSError, DescriptionError.

    Args:
        source: the description that it is a copy of.
        stored_bytes: that the copy has added to its medium.
    """
    content = read_content(source)
    content["result"]["stored_bytes"] = stored_bytes
    content |= {"files": snapshots.files, "outputs": dict(snapshots.outputs)}
    return content | {"location": location_id}


def with_listing(content: Mapping[str, Any], snapshot: str) -> dict[str, Any]:
    """The same with the snapshot that has a copy of the listing."""
    return {**content, "listing": {**content["listing"], "snapshot": snapshot}}


def tags(content: Mapping[str, Any]) -> list[str]:
    """A description without what is in `head`, in words of a command, none of which is too long
    for one."""
    said = {name: value for name, value in content.items() if name not in _HEAD_ONLY}
    text = base64.b64encode(zlib.compress(json.dumps(said).encode("ascii"))).decode("ascii")
    pieces = [text[at : at + _LONGEST_ABOUT] for at in range(0, len(text), _LONGEST_ABOUT)]
    return [f"{_PIECE_TAG}{number}={piece}" for number, piece in enumerate(pieces)]


def head(content: Mapping[str, Any]) -> bytes:
    """What of a description is fit for no command line; empty if there is nothing."""
    kept = {name: content[name] for name in sorted(_HEAD_ONLY) if content.get(name)}
    return json.dumps(kept).encode("ascii") if kept else b""


def lacks_head(content: Mapping[str, Any]) -> bool:
    """Whether something belongs to it that its tags do not say."""
    return bool(content.get("commands")) and not content.keys() >= _HEAD_ONLY


def with_head(content: Mapping[str, Any], text: bytes) -> dict[str, Any]:
    """The same with what `head` has made. Raises DescriptionError."""
    try:
        said = json.loads(text) if text else {}
        return {**content, **{name: said[name] for name in _HEAD_ONLY & said.keys()}}
    except (ValueError, AttributeError) as error:
        raise DescriptionError(f"its head cannot be understood: {error}") from error


def content_in(tags_of_one: Iterable[str]) -> dict[str, Any]:
    """What `tags` has made tags of. Raises DescriptionError."""
    found = [_PIECE.fullmatch(each) for each in tags_of_one]
    pieces = sorted((int(each[1]), each[2]) for each in found if each is not None)
    try:
        packed = base64.b64decode("".join(piece for _, piece in pieces), validate=True)
        content = json.loads(zlib.decompress(packed))
    except (ValueError, zlib.error) as error:
        raise DescriptionError(f"its tags cannot be understood: {error}") from error
    return _checked(content)


def facts_about(tags_of_one: Iterable[str]) -> dict[str, str]:
    """The facts in the tag of `tag`; none if they cannot be understood."""
    for each in tags_of_one:
        if each.startswith(ABOUT_TAG):
            with contextlib.suppress(ValueError, KeyError, TypeError):
                return dict(json.loads(base64.b64decode(each.removeprefix(ABOUT_TAG)))["facts"])
    return {}


def read_content(path: Path) -> dict[str, Any]:
    """All that stands there. Raises FileNotFoundError, OSError, DescriptionError."""
    try:
        return _checked(json.loads(path.read_bytes()))
    except ValueError as error:
        text = f"{path} is damaged, it is not the text that was written"
        raise DescriptionError(text) from error


def write_intent(path: Path, request: BackupRequest) -> None:
    """Says and syncs that snapshots of a saveset may be on its medium from now on."""
    write(path, about(request))


def label_in(path: Path) -> str:
    """The medium to which the saveset is or was written first. Raises OSError, DescriptionError."""
    try:
        return str(json.loads(path.read_text("ascii"))["label"])
    except (ValueError, KeyError, TypeError) as error:
        raise DescriptionError(f"{path} cannot be understood: {error}") from error


def read(path: Path) -> Description:
    """Raises FileNotFoundError, OSError, DescriptionError."""
    return described(read_content(path))


def described(content: Mapping[str, Any]) -> Description:
    """Raises DescriptionError."""
    try:
        result = dict(content["result"])
        result["warnings"] = tuple(result["warnings"])
        listing = content["listing"]
        return Description(
            label=content["label"],
            result=BackupDone(**result),
            facts=dict(content["facts"]),
            listing_size=int(listing["size"]),
            listing_digest=bytes.fromhex(listing["blake3"]),
            snapshots=Snapshots(
                content["files"], dict(content["outputs"]), listing.get("snapshot", "")
            ),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DescriptionError("it is damaged, it is not the text that was written") from error


def _checked(content: Any) -> dict[str, Any]:
    """Raises DescriptionError."""
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DescriptionError(f"it is not of format {FORMAT}")
    if not isinstance(content.get("saveset"), str):
        raise DescriptionError("it does not say of which saveset it is")
    described(content)
    return content


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Writes and syncs a description. Raises OSError."""
    with open(path, "w", encoding="ascii", opener=private.opener) as file:
        json.dump(content, file, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
