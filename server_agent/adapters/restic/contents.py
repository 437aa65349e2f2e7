"""What lies in repositories, read without any catalogue: see `server_agent.ports.rebuilding`.

What a repository knows of its savesets it says at once, in the tags of its snapshots; listings,
and what commands have run, are read one by one. Nothing is locked, so that a medium need not be
written to.
"""

import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from server_agent.adapters.durable import sync
from server_agent.adapters.restic import description, shelf, stores
from server_agent.adapters.restic.description import Description
from server_agent.adapters.restic.places import DESCRIPTION_SUFFIX, ResticFiles, ResticPlaces
from server_agent.adapters.restic.program import Unhurried
from server_agent.adapters.restic.repository import Repository, Snapshot
from server_agent.adapters.restic.stores import Secrets
from server_agent.adapters.tar import contents, packed
from server_agent.adapters.tar.description import DescriptionError
from server_agent.adapters.tar.shelved import DamagedCopy
from server_agent.domain.media import number_of, pool_of
from server_agent.domain.savesets import NAME_PATTERN, BackupType
from server_agent.ports import EngineError
from server_agent.ports.rebuilding import FoundMedium, FoundSaveset, LeftFile

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_LISTING = (
    "its repository has no copy of its listing: it was made before there were any, and no NEWDAY"
    " has run since, or it was not finished. Its files come back by hand: restic restore {}"
)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is known of a saveset on one medium. `copy`: the snapshot of its listing; empty if it is
    only known from the agent's own files."""

    content: Mapping[str, Any]
    known: Description
    copy: str


@dataclass(frozen=True, slots=True)
class _Unusable:
    """What it cannot be entered for, and the facts of its request as far as they are known."""

    why: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResticContents:
    """Attributes:
    lis_dir: where listings and descriptions are put; it need not be there.
    secrets: what opens the repositories.
    cache_dir: for restic's own files.
    """

    lis_dir: Path
    secrets: Secrets
    cache_dir: Path
    # By the medium's place: what was read of it.
    _read: dict[bytes, dict[str, _Kept | _Unusable]] = field(default_factory=dict)

    def media(self, directories: Sequence[bytes]) -> list[FoundMedium]:
        """As the port says. What a server has cannot be listed: there each medium is named, its
        label behind the URL of its store."""
        return [medium for each in directories for medium in self._media_in(each.rstrip(b"/"))]

    def contents(self, medium: FoundMedium) -> Iterator[FoundSaveset | LeftFile]:
        for name, found in sorted(self._savesets(medium).items()):
            path = medium.path + b"/" + os.fsencode(name)
            if isinstance(found, _Unusable):
                yield LeftFile(path, found.why, found.facts)
                continue
            try:
                yield self._saveset(medium, found)
            except (ValueError, KeyError, TypeError, OverflowError) as error:
                yield LeftFile(path, f"its description cannot be understood: {error!r}")

    def bring_listing(self, saveset: FoundSaveset, medium: FoundMedium) -> str:
        found = self._savesets(medium)[saveset.name]
        assert isinstance(found, _Kept)  # it was a saveset before
        files = self._places(medium).saveset_files(saveset.name, medium.label, saveset.sesam_day)
        files.listing.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        why = "" if _is_right(files, found.known) else self._brought(medium, found, files)
        if not _describes(files, found):
            # Without the listing too: it says which snapshots have the data.
            content = description.with_listing(found.content, found.copy)
            description.write(files.new_description, content)
            files.new_description.rename(files.description)
        sync(files.listing.parent)
        sync(files.listing.parent.parent)
        return why

    def _brought(self, medium: FoundMedium, found: _Kept, files: ResticFiles) -> str:
        """Why it cannot be."""
        if not found.copy:
            return "of which its repository has no copy"
        try:
            _bring(self._repository(medium), found, files)
        except (DamagedCopy, EngineError) as error:
            return f"whose copy in its repository cannot be read: {error}"
        return ""

    def _media_in(self, written: bytes) -> Iterator[FoundMedium]:
        store = stores.parsed(written)
        if store.directory is not None:
            for medium in contents.media_in(store.directory):
                yield replace(medium, path=written + b"/" + os.fsencode(medium.label))
            return
        label = store.url.rpartition("/")[2]
        if not number_of(label):
            text = (
                f"{store.url} is on a server, whose media cannot be listed: name each of them, its"
                f" label behind the URL of its data store, such as {store.url}/POOL00001"
            )
            raise EngineError("STORE_UNUSABLE", text)
        medium = FoundMedium(label, written, pool_of(label), "")
        kept = [each for each in self._savesets(medium).values() if isinstance(each, _Kept)]
        ids = {str(each.content["location"]) for each in kept if each.content.get("location")}
        if len(ids) != 1:
            text = f"{store.url} does not say to which location it belongs: no saveset is whole"
            raise EngineError("STORE_UNUSABLE", text)
        yield replace(medium, location_id=ids.pop())

    def _savesets(self, medium: FoundMedium) -> dict[str, _Kept | _Unusable]:
        """By name; a snapshot that is none's by the beginning of its id. Raises EngineError."""
        if medium.path not in self._read:
            of_savesets: dict[str, list[Snapshot]] = {}
            for each in self._repository(medium).snapshots():
                of_savesets.setdefault(each.saveset or each.id[:8], []).append(each)
            self._read[medium.path] = {
                name: self._of(medium, name, found) for name, found in of_savesets.items()
            }
        return self._read[medium.path]

    def _of(self, medium: FoundMedium, name: str, snapshots: list[Snapshot]) -> _Kept | _Unusable:
        if not NAME_PATTERN.match(name):
            return _Unusable("it is no snapshot of a saveset")
        why = _NO_LISTING.format(snapshots[0].id[:8])
        for copy in (each for each in snapshots if each.has_listing):
            try:
                content = description.content_in(copy.tags)
                known = description.described(content)
            except DescriptionError as error:
                why = f"its description cannot be used: {error}"
                continue
            if content["saveset"] != name:
                why = f"its description is that of {content['saveset']}"
            elif {each.id for each in snapshots}.issuperset(known.snapshots.all):
                return _Kept(self._whole(medium, content, copy.id), known, copy.id)
            else:
                why = "it is half a saveset: a snapshot of its data is missing"
        own = self._of_own(medium, name, snapshots)
        tags = [tag for each in snapshots for tag in each.tags]
        return own or _Unusable(why, description.facts_about(tags))

    def _whole(
        self, medium: FoundMedium, content: Mapping[str, Any], copy: str
    ) -> Mapping[str, Any]:
        """With what its commands have run, unless that cannot be read: the commands themselves are
        known, and a rebuild says that they have to be given again. Raises EngineError."""
        if not description.lacks_head(content):
            return content
        try:
            head = shelf.head_of(self._repository(medium), copy, Unhurried())
            return description.with_head(content, head)
        except (DamagedCopy, DescriptionError):
            return content

    def _of_own(self, medium: FoundMedium, name: str, snapshots: list[Snapshot]) -> _Kept | None:
        """By the agent's own files, if they are there."""
        pattern = f"{'[0-9]' * 8}/{name}.{medium.label}{DESCRIPTION_SUFFIX}"
        for path in self.lis_dir.glob(pattern):
            try:
                content = description.read_content(path)
                content.setdefault("written_ns", path.stat().st_mtime_ns)
                kept = _Kept(content, description.described(content), "")
            except (OSError, DescriptionError):
                continue
            if {each.id for each in snapshots}.issuperset(kept.known.snapshots.all):
                return kept
        return None

    def _saveset(self, medium: FoundMedium, found: _Kept) -> FoundSaveset:
        content, known = found.content, found.known
        day = date.fromisoformat(content["sesam_day"])
        files = self._places(medium).saveset_files(content["saveset"], medium.label, day)
        return FoundSaveset(
            name=content["saveset"],
            type=BackupType(content["type"]),
            base=content["base"],
            label=medium.label,
            made_on=content["label"],
            sesam_day=day,
            end_time=_EPOCH + timedelta(microseconds=content["written_ns"] // 1000),
            result=known.result,
            sources=tuple(map(os.fsencode, content["sources"])),
            excludes=tuple(content["excludes"]),
            commands=contents.commands_in(content),
            options=dict(content.get("options", {})),
            facts=known.facts,
            is_encrypted=True,
            has_listing=_is_right(files, known) and _describes(files, found),
        )

    def _places(self, medium: FoundMedium) -> ResticPlaces:
        return ResticPlaces(
            (self.lis_dir,),
            self.lis_dir,
            self.cache_dir,
            medium.location_id,
            store_of={medium.label: stores.parsed(medium.store_path)},
            secrets=self.secrets,
            cache_dir=self.cache_dir,
        )

    def _repository(self, medium: FoundMedium) -> Repository:
        return self._places(medium).repository(medium.label)


def _is_right(files: ResticFiles, known: Description) -> bool:
    try:
        return packed.digest(files.listing) == known.listing_digest
    except OSError:
        return False


def _describes(files: ResticFiles, found: _Kept) -> bool:
    """Whether the agent's own description says where it lies."""
    try:
        said = description.read(files.description).snapshots
    except (OSError, DescriptionError):
        return False
    return said.all == found.known.snapshots.all and found.copy in ("", said.listing)


def _bring(repository: Repository, found: _Kept, files: ResticFiles) -> None:
    """What is in its place and is not the listing is kept beside it."""
    part = files.listing.with_name(f"{files.listing.name}.{uuid.uuid4().hex}.tmp")
    try:
        digest = shelf.unpack(repository, found.copy, part, Unhurried())
        if digest != found.known.listing_digest:
            raise DamagedCopy("it is not what was written")
        packed.take_place(part, files.listing)
    finally:
        part.unlink(missing_ok=True)
    sync(files.listing.parent.parent)
