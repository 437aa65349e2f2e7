"""The description beside a saveset's data (`.idx`): JSON that says what it is and proves it.

It is enough to rebuild the catalogue's entry, to read the data, and to check both files:

    format 1 (2: encrypted), engine "tar", saveset, type, label, sesam_day, base, sources, excludes,
    commands (their names), programs (the words of each), options (those of the task that are not
    the default), facts
    result     the fields of BackupDone
    listing    size and BLAKE3 of the listing's file, size of its copy on the medium
    written_ns when the last of the data was written, in nanoseconds since 1970
    blake3     of the text before it
    frames     on a line per frame of the data: compressed size, raw size, BLAKE3 of the former

That of an encrypted saveset has, instead of what names files, `encryption`: see `sealed_head`.

Sources are bytes; in JSON each byte that is no UTF-8 stands as U+DC80 to U+DCFF.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

from blake3 import blake3

from server_agent.adapters.tar import sealed_head
from server_agent.adapters.tar.places import SavesetFiles
from server_agent.adapters.tar.sealed_head import Encryption
from server_agent.adapters.tar.sealing import Sealing
from server_agent.adapters.tar.seek_table import Frames
from server_agent.domain.task_options import TaskOptions, changed_options
from server_agent.ports import BackupDone, BackupRequest

FORMAT = 1
SEALED_FORMAT = 2
_PIECE_BYTES = 1 << 20
_DIGEST = b',\n "blake3": "'
_FRAMES_BEGIN = b'"frames": ['
_FRAMES_END = b"]"
_END = b"\n " + _FRAMES_END + b"\n}\n"


class DescriptionError(Exception):
    """The file is no description that this program can read."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a description says that is used again; the rest is for people and for a rebuild.

    Attributes:
        encryption: None of a plain saveset.
        shelf_size: of the listing's copy on the medium; None if it was made without one.
    """

    result: BackupDone
    facts: Mapping[str, str]
    listing_digest: bytes
    frames: Frames
    encryption: Encryption | None = None
    shelf_size: int | None = None


def write(
    file: TextIO,
    request: BackupRequest,
    result: BackupDone,
    files: SavesetFiles,
    frames: Frames,
    sealing: Sealing | None = None,
) -> None:
    """Writes the description of a saveset whose other files are finished."""
    private = {
        "sources": [source.decode("utf-8", "surrogateescape") for source in request.sources],
        "excludes": list(request.excludes),
        "commands": [command.name for command in request.commands],
        "programs": [list(map(os.fsdecode, command.argv)) for command in request.commands],
        **said_options(request.options),
    }
    said = asdict(result)
    if sealing is not None:
        private["warnings"] = said["warnings"]
        said["warnings"] = _instead(result.warnings)
    clear = {
        "format": FORMAT if sealing is None else SEALED_FORMAT,
        "engine": "tar",
        "saveset": request.saveset,
        "type": request.type.value,
        "label": request.label,
        "sesam_day": request.sesam_day.isoformat(),
        "base": request.base[0].name if request.base else None,
        "facts": dict(request.facts),
        "result": said,
        "listing": {
            "size": files.listing.stat().st_size,
            "blake3": digest_of(files.listing).hex(),
            "shelf_size": files.shelf.stat().st_size,
        },
        "written_ns": files.data.stat().st_mtime_ns,
    }
    if sealing is not None:
        private = {"encryption": sealed_head.sealed(sealing, private, frames, clear)}
    text = json.dumps(clear | private, indent=1)[: -len("\n}")]
    file.write(f'{text}{_DIGEST.decode()}{blake3(text.encode()).hexdigest()}"')
    file.write(f",\n {_FRAMES_BEGIN.decode()}\n  ")
    for number, line in enumerate(_frame_lines(frames)):
        file.write(",\n  " + line if number else line)
    file.write(_END.decode())


def read(path: Path) -> Description:
    """Reads a description, line by line: the frames of a large saveset are many.

    Raises:
        FileNotFoundError: there is none.
        DescriptionError: it is damaged or of another format.
    """
    with path.open("rb") as file:
        try:
            content = _read_head(file)
            return _description(content, _read_frames(file))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise _not_understood(path) from error


def read_head(path: Path) -> dict[str, Any]:
    """All that stands before the frames, for a rebuild. Raises OSError, DescriptionError."""
    with path.open("rb") as file:
        try:
            return _read_head(file)
        except (ValueError, KeyError, TypeError) as error:
            raise _not_understood(path) from error


def listing_digest(path: Path) -> bytes:
    """BLAKE3 of the saveset's listing, without a look at the frames. Raises OSError,
    DescriptionError."""
    try:
        return bytes.fromhex(read_head(path)["listing"]["blake3"])
    except (ValueError, LookupError, TypeError) as error:
        raise _not_understood(path) from error


def recorded_sizes(path: Path) -> tuple[int, int]:
    """The sizes of a saveset's data and of its listing, without a look at the frames.

    Raises:
        OSError: it cannot be read.
        DescriptionError: it is damaged, cut or of another format.
    """
    with path.open("rb") as file:
        try:
            content = _read_head(file)
            sizes = int(content["result"]["stored_bytes"]), int(content["listing"]["size"])
            file.seek(-len(_END), os.SEEK_END)
        except (ValueError, KeyError, TypeError) as error:
            raise _not_understood(path) from error
        if file.read() != _END:
            raise DescriptionError("it ends within its frames")
    return sizes


def check(path: Path) -> None:
    """Compares what stands before the frames with its digest, if it has one. A restore does
    without: what it needs has digests of its own.

    Raises:
        OSError: it cannot be read.
        DescriptionError: it is not what was written.
    """
    with path.open("rb") as file:
        head = b""
        for line in file:
            if line.strip() == _FRAMES_BEGIN:
                break
            head += line
    text, has_digest, rest = head.rpartition(_DIGEST)
    if has_digest and not rest.startswith(blake3(text).hexdigest().encode()):
        raise DescriptionError("its description does not match its digest")


def _not_understood(path: Path) -> DescriptionError:
    return DescriptionError(f"{path} is damaged, it is not the text that was written")


def digest_of(path: Path) -> bytes:
    """BLAKE3 of a whole file."""
    digest = blake3()
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.digest()


def _instead(warnings: tuple[str, ...]) -> tuple[str, ...]:
    """What is said in clear of warnings that may name files."""
    count = len(warnings)
    had = "1 warning" if count == 1 else f"{count} warnings"
    return (f"{had}: the protocol says what it is about",) if warnings else ()


def said_options(options: TaskOptions) -> dict[str, Any]:
    said = {name: getattr(options, name) for name in changed_options(options)}
    texts = {
        name: value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
        for name, value in said.items()
    }
    return {"options": texts} if texts else {}


def _frame_lines(frames: Frames) -> Iterator[str]:
    for frame in range(len(frames)):
        yield json.dumps(
            [frames.stored_size(frame), frames.raw_size(frame), frames.digest(frame).hex()]
        )


def _read_head(lines: Iterable[bytes]) -> dict[str, Any]:
    """Everything but the frames; leaves the lines at the first of them."""
    head = b""
    for line in lines:
        if line.strip() == _FRAMES_BEGIN:
            content: dict[str, Any] = json.loads(head.rstrip(b",\n") + b"}")
            expected = SEALED_FORMAT if "encryption" in content else FORMAT
            if content["format"] != expected:
                raise DescriptionError(f"format {content['format']} is not {expected}")
            return content
        head += line
    raise ValueError("it has no frames")


def _read_frames(lines: Iterable[bytes]) -> Frames:
    frames = Frames()
    for line in lines:
        if line.strip() == _FRAMES_END:
            return frames
        stored, raw, digest = json.loads(line.rstrip(b",\n"))
        frames.append(stored, raw, bytes.fromhex(digest))
    raise ValueError("it ends within its frames")


def _description(content: dict[str, Any], frames: Frames) -> Description:
    return Description(
        result=_result(content["result"]),
        facts={str(name): str(value) for name, value in content.get("facts", {}).items()},
        listing_digest=bytes.fromhex(content["listing"]["blake3"]),
        frames=frames,
        encryption=sealed_head.read(content),
        shelf_size=content["listing"].get("shelf_size"),
    )


def _result(content: dict[str, Any]) -> BackupDone:
    return BackupDone(**content | {"warnings": tuple(content.get("warnings", ()))})
