"""Where a saveset's files lie, under their final and their temporary names."""

import contextlib
import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from server_agent.adapters.tar import immutable
from server_agent.adapters.tar.names import ancestors
from server_agent.adapters.tar.store import TRY_AGAIN, check_label, has_label
from server_agent.adapters.tar.stores import STORE_FILE
from server_agent.domain.savesets import NAME_PATTERN
from server_agent.ports import EngineError, SavesetRef
from server_agent.ports.keys import Keys

DESCRIPTION_SUFFIX = ".idx"
LISTING_SUFFIX = ".db"
SHELF_SUFFIX = ".lis.zst"
PACKED_SUFFIX = ".zst"  # behind that of the listing: see `packed`
_FINAL_SUFFIXES = (DESCRIPTION_SUFFIX, LISTING_SUFFIX, PACKED_SUFFIX)
TEMPORARY_SUFFIXES = (".part", ".tmp")
# What the system says of files on a medium that was unmounted or taken out.
_LIKE_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ESTALE, errno.EIO, errno.ENXIO, errno.ENODEV}


@dataclass(frozen=True, slots=True)
class SavesetFiles:
    """The files of which a saveset consists. `shelf`: a copy of the listing on the medium, see
    `shelved`; savesets from before there were any have none."""

    data: Path
    description: Path
    listing: Path
    shelf: Path

    @property
    def on_medium(self) -> tuple[Path, Path, Path]:
        """What lies on the medium, in the order in which it takes its final names."""
        return self.shelf, self.data, self.description

    @property
    def all(self) -> tuple[Path, Path, Path, Path]:
        """In the order in which they take their final names."""
        return *self.on_medium, self.listing

    @property
    def unfinished(self) -> "SavesetFiles":
        """The same files while they are written."""
        return SavesetFiles(
            _appended(self.data, ".part"),
            _appended(self.description, ".tmp"),
            _appended(self.listing, ".tmp"),
            _appended(self.shelf, ".tmp"),
        )

    def remove(self) -> None:
        for path in self.all:
            immutable.unlink(path)

    def make_directory(self) -> None:
        """That of the listing. A data store is never made: what is missing is its medium."""
        self.listing.parent.mkdir(mode=0o700, parents=True, exist_ok=True)


@dataclass(frozen=True, slots=True)
class Places:
    """The directories of one engine.

    Attributes:
        store_dirs: data stores; each holds a directory per medium, named by its label, in it data
            and descriptions.
        lis_dir: one directory per sesam day, in it listings.
        tmp_dir: for files that nobody needs after the end of their job.
        location_id: whose labels the data stores bear.
        homes: the data store of each medium that is known, by label.
        keys: what opens savesets that are encrypted; None: nothing does.
        private_dirs: what of the agent's own must not be saved by anybody.
        immutable: labels of the media on which savesets are made immutable.
        claim: raises EngineError (STORE_MISSING) if another agent uses a data store.
        silent: data stores that do not answer: only who asks for a medium of theirs looks there.
        environment: variables that programs of tasks, and restic, are given.
    """

    store_dirs: tuple[Path, ...]
    lis_dir: Path
    tmp_dir: Path
    location_id: str
    homes: Mapping[str, Path] = field(default_factory=dict)
    keys: Keys | None = None
    private_dirs: tuple[Path, ...] = ()
    immutable: frozenset[str] = frozenset()
    claim: Callable[[Path, str], None] | None = None
    silent: frozenset[Path] = frozenset()
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def answering(self) -> tuple[Path, ...]:
        """The data stores that are not silent."""
        return tuple(store for store in self.store_dirs if store not in self.silent)

    def check_store(self, label: str, then: str = TRY_AGAIN) -> None:
        """Raises EngineError (STORE_MISSING) unless the medium is there, and no other agent uses
        its data store. `then`: as in `store.check_label`."""
        medium = self.medium_dir(label)
        check_label(medium, label, self.location_id, then)
        self.check_claim(medium.parent, then)

    def check_claim(self, store: Path, then: str = TRY_AGAIN) -> None:
        """Raises EngineError (STORE_MISSING) if another agent uses the data store."""
        if self.claim is not None:
            self.claim(store, then)

    def medium_dir(self, label: str) -> Path:
        """The medium's directory in its own data store; of one that is not known, the directory
        that bears the label, in whichever data store it is, or else where it would be in the
        first: what is not there has to be named."""
        if label in self.homes:
            return self.homes[label] / label
        for store in self.answering:
            if has_label(store / label):
                return store / label
        return self.store_dirs[0] / label

    @contextlib.contextmanager
    def blamed(self, label: str, then: str) -> Iterator[None]:
        """Raises EngineError (STORE_MISSING) for an OSError of its block that a medium causes by
        going, if it is gone."""
        try:
            yield
        except OSError as error:
            if error.errno in _LIKE_GONE:
                self.check_store(label, then)
            raise

    def has_store(self, label: str) -> bool:
        try:
            self.check_store(label)
        except EngineError:
            return False
        return True

    def media(self) -> list[bytes]:
        """The media that have a label, whatever it says, and the data stores that have one. What
        else lies beside the media of a store without a label need not be the agent's."""
        stores = [store for store in self.answering if (store / STORE_FILE).is_file()]
        return [os.fsencode(path.resolve()) for path in (*stores, *self._labelled())]

    def _labelled(self) -> Iterator[Path]:
        for store in self.answering:
            try:
                yield from [path for path in store.iterdir() if has_label(path)]
            except OSError:
                continue  # it is not mounted

    def files(self, name: str, label: str, sesam_day: date) -> SavesetFiles:
        data = self.medium_dir(label) / name
        listing = self.lis_dir / sesam_day.strftime("%Y%m%d") / (name + LISTING_SUFFIX)
        shelf = _appended(data, SHELF_SUFFIX)
        return SavesetFiles(data, _appended(data, DESCRIPTION_SUFFIX), listing, shelf)

    def files_of(self, saveset: SavesetRef) -> SavesetFiles:
        return self.files(saveset.name, saveset.label, saveset.sesam_day)

    def scratch(self, saveset: str, purpose: str) -> Path:
        """A path in the temporary directory, which is made if it is not there."""
        self.tmp_dir.mkdir(parents=True, exist_ok=True)
        return self.tmp_dir / f"{saveset}.{purpose}.tmp"

    def journal(self, restore: str) -> Path:
        """Where a restore notes what it moves; it outlasts the agent's end."""
        return self.tmp_dir / f"restore-{restore}.aside"

    def leftovers(self, label: str) -> list[Path]:
        """The files under temporary names in a data store that is there."""
        return [
            path
            for path in self.medium_dir(label).glob("*")
            if path.suffix in TEMPORARY_SUFFIXES
            and NAME_PATTERN.match(saveset_of(path))
            and path.is_file()
        ]

    def found(self) -> Iterator[Path]:
        """Every file that is a saveset's by its name: in the data stores that are there, and in
        the two other directories."""
        known = {"", *_FINAL_SUFFIXES, *TEMPORARY_SUFFIXES}
        media = [
            path
            for path in self._labelled()
            if self.medium_dir(path.name) == path and self.has_store(path.name)
        ]
        for pattern, root in (
            *(("*", medium) for medium in media),
            ("*/*", self.lis_dir),
            ("*", self.tmp_dir),
        ):
            for path in root.glob(pattern):
                ours = path.suffix in known and NAME_PATTERN.match(saveset_of(path))
                if ours and path.is_file():
                    yield path


def saveset_of(path: Path) -> str:
    """The saveset's name that a file's name begins with."""
    return path.name.partition(".")[0]


def _appended(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def medium_around(place: bytes, media: Sequence[bytes]) -> bytes | None:
    """The data store that a place is, or lies in by whatever path. Its last part is not
    followed."""
    above = os.path.realpath(os.path.dirname(place))
    for directory in (place, *ancestors(above), above):
        for medium in media:
            if are_same(medium, directory):
                return medium
    return None


def are_same(own: bytes, place: bytes) -> bool:
    """Whether a place is something of the agent's own, which may be a link itself."""
    try:
        return os.path.samestat(os.stat(own), os.lstat(place))
    except OSError:
        return False
