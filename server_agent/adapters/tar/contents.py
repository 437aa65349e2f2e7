"""What lies in data stores, read without any catalogue: see `server_agent.ports.rebuilding`."""

import json
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from server_agent.adapters.disaster_reports import is_report
from server_agent.adapters.durable import sync
from server_agent.adapters.tar import description, packed, sealed_head, shelved, stream
from server_agent.adapters.tar.description import Description, DescriptionError
from server_agent.adapters.tar.places import (
    DESCRIPTION_SUFFIX,
    SHELF_SUFFIX,
    Places,
    SavesetFiles,
    saveset_of,
)
from server_agent.adapters.tar.sealing import CannotOpen, Sealing
from server_agent.adapters.tar.store import LABEL_FILE, has_label
from server_agent.adapters.tar.stores import STORE_FILE
from server_agent.adapters.tar.stream import DamagedFrame
from server_agent.domain.command_sources import CommandSource
from server_agent.domain.media import FIRST_STORE
from server_agent.domain.savesets import NAME_PATTERN, BackupType
from server_agent.ports import EngineError
from server_agent.ports.keys import Keys
from server_agent.ports.rebuilding import FoundMedium, FoundSaveset, LeftFile

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_SAVESETS = (LABEL_FILE, STORE_FILE, "lost+found")


@dataclass(frozen=True, slots=True)
class TarContents:
    """Attributes:
    lis_dir: where listings are put; it need not be there.
    keys: what opens savesets that are encrypted.
    """

    lis_dir: Path
    keys: Keys | None = None

    def media(self, directories: Sequence[bytes]) -> list[FoundMedium]:
        found: dict[str, FoundMedium] = {}
        for directory in map(os.fsdecode, directories):
            for medium in media_in(Path(os.path.abspath(directory))):
                other = found.setdefault(medium.label, medium)
                if other.path != medium.path:
                    places = f"{os.fsdecode(other.path)} and {os.fsdecode(medium.path)}"
                    text = f"{places} bear one label, {medium.label}: leave one of them out"
                    raise EngineError("STORE_UNUSABLE", text)
        return sorted(found.values(), key=lambda medium: medium.label)

    def contents(self, medium: FoundMedium) -> Iterator[FoundSaveset | LeftFile]:
        directory = Path(os.fsdecode(medium.path))
        names = sorted(os.listdir(directory))
        for name in names:
            path = os.fsencode(directory / name)
            if name in _NO_SAVESETS or is_report(name):
                continue
            if not NAME_PATTERN.match(saveset_of(Path(name))):
                yield LeftFile(path, "it is no file of a saveset")
            elif name.endswith(DESCRIPTION_SUFFIX):
                yield self._found(medium, saveset_of(Path(name)))
            elif name.removesuffix(SHELF_SUFFIX) + DESCRIPTION_SUFFIX not in names:
                yield LeftFile(path, "it is half a saveset: it has no description")

    def bring_listing(self, saveset: FoundSaveset, medium: FoundMedium) -> str:
        if saveset.has_listing:
            return ""
        files = self._files(medium, saveset.name, saveset.sesam_day)
        try:
            known = description.read(files.description)
            sealing, _ = self._opened(known, {})
            files.make_directory()
            _bring(files, known, sealing)
        except FileNotFoundError:
            return "which is not on the medium"
        except (DescriptionError, CannotOpen, shelved.DamagedCopy) as error:
            return f"its listing on the medium is damaged: {error}"
        return ""

    def _found(self, medium: FoundMedium, name: str) -> FoundSaveset | LeftFile:
        path = os.path.join(medium.path, os.fsencode(name))
        idx = Path(os.fsdecode(path) + DESCRIPTION_SUFFIX)
        try:
            description.recorded_sizes(idx)
            description.check(idx)
            content = description.read_head(idx)
            known = description.read(idx)
            if content["saveset"] != name:
                return LeftFile(path, f"its description is that of {content['saveset']}")
            files = self._files(medium, name, date.fromisoformat(content["sesam_day"]))
            stream.check_places(files.data, known.frames)
            try:
                _, content = self._opened(known, content)
            except EngineError as error:
                return LeftFile(path, f"it is encrypted. {error.text}", known.facts)
            return self._saveset(medium, files, known, content)
        except FileNotFoundError:
            return LeftFile(path, "it is half a saveset: its data are missing")
        except DamagedFrame as error:
            return LeftFile(path, f"its data are cut or damaged: {error}")
        except (DescriptionError, CannotOpen) as error:
            return LeftFile(path, f"its description cannot be used: {error}")
        except (ValueError, KeyError, TypeError) as error:
            return LeftFile(path, f"its description cannot be understood: {error!r}")
        except OSError as error:
            return LeftFile(path, f"it cannot be read: {error.strerror}")

    def _opened(
        self, known: Description, content: dict[str, Any]
    ) -> tuple[Sealing | None, dict[str, Any]]:
        """What opens a saveset, and its description with its private part."""
        if known.encryption is None:
            return None, content
        sealing, private = sealed_head.opened(known.encryption, known.frames, self.keys)
        return sealing, content | private

    def _saveset(
        self, medium: FoundMedium, files: SavesetFiles, known: Description, content: dict[str, Any]
    ) -> FoundSaveset:
        written_ns = content.get("written_ns") or files.data.stat().st_mtime_ns
        return FoundSaveset(
            name=content["saveset"],
            type=BackupType(content["type"]),
            base=content["base"],
            label=medium.label,
            made_on=content["label"],
            sesam_day=date.fromisoformat(content["sesam_day"]),
            end_time=_EPOCH + timedelta(microseconds=written_ns // 1000),
            result=known.result,
            sources=tuple(map(os.fsencode, content["sources"])),
            excludes=tuple(content["excludes"]),
            commands=commands_in(content),
            options=dict(content.get("options", {})),
            facts=known.facts,
            key_id=known.encryption.key_id if known.encryption is not None else "",
            has_listing=_is_right(files, known),
        )

    def _files(self, medium: FoundMedium, name: str, day: date) -> SavesetFiles:
        directory = Path(os.fsdecode(medium.path))
        store = directory.parent
        places = Places((store,), self.lis_dir, self.lis_dir, medium.location_id)
        return places.files(name, directory.name, day)


def commands_in(content: Mapping[str, Any]) -> tuple[CommandSource, ...]:
    """Of savesets from before their programs stood there only the names are known."""
    names = content["commands"]
    programs = content.get("programs", [()] * len(names))
    return tuple(
        CommandSource(str(name), tuple(map(os.fsencode, words)))
        for name, words in zip(names, programs, strict=True)
    )


def media_in(directory: Path) -> Iterator[FoundMedium]:
    if has_label(directory):
        text = f"{directory} is a medium. Name its data store, {directory.parent}"
        raise EngineError("STORE_UNUSABLE", text)
    try:
        labelled = sorted(path for path in directory.iterdir() if has_label(path))
        store = FIRST_STORE
        if (directory / STORE_FILE).exists():
            store = str(json.loads((directory / STORE_FILE).read_text("utf-8"))["store"])
        for path in labelled:
            said = json.loads((path / LABEL_FILE).read_text("utf-8"))
            label, location_id = str(said["label"]), str(said["location_id"])
            if label != path.name:
                text = f"{path} bears the label {label}: give the directory the name of its label"
                raise EngineError("STORE_UNUSABLE", text)
            yield FoundMedium(label, os.fsencode(path), store, location_id)
    except OSError as error:
        text = f"the data store {error.filename} cannot be read: {error.strerror}"
        raise EngineError("STORE_UNUSABLE", text) from error
    except (ValueError, LookupError, TypeError) as error:
        text = f"{directory} has a label that this program cannot read"
        raise EngineError("STORE_UNUSABLE", text) from error
    if not labelled:
        text = f"{directory} has no medium in it. Is it mounted? Name the directory of a data store"
        raise EngineError("STORE_UNUSABLE", text)


def _is_right(files: SavesetFiles, known: Description) -> bool:
    try:
        return packed.digest(files.listing) == known.listing_digest
    except OSError:
        return False


def _bring(files: SavesetFiles, known: Description, sealing: Sealing | None) -> None:
    """What is in its place and is not the listing is kept beside it."""
    part = files.listing.with_name(f"{files.listing.name}.{uuid.uuid4().hex}.tmp")
    try:
        if shelved.unpack(files.shelf, part, sealing) != known.listing_digest:
            raise shelved.DamagedCopy("it is not what was written")
        packed.take_place(part, files.listing)
    finally:
        part.unlink(missing_ok=True)
    sync(files.listing.parent.parent)
