"""Where the media of this engine are, and the agent's own files of their savesets."""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from server_agent.adapters.restic import description
from server_agent.adapters.restic.program import Program
from server_agent.adapters.restic.repository import Repository
from server_agent.adapters.restic.stores import ResticStore, Secrets
from server_agent.adapters.tar.description import DescriptionError
from server_agent.adapters.tar.places import LISTING_SUFFIX, Places
from server_agent.adapters.tar.store import TRY_AGAIN
from server_agent.domain.savesets import NAME_PATTERN
from server_agent.ports import EngineError, SavesetRef

log = logging.getLogger(__name__)

DESCRIPTION_SUFFIX = ".restic"
INTENT_SUFFIX = ".restic-new"
# What restic's failures are called that a medium causes by going.
_LIKE_GONE = ("RESTIC_FAILED", "STORE_MISSING", "SAVESET_DAMAGED", "WRITE_DAMAGED")
_NO_DIRECTORY = Path("/nonexistent")  # of media when all of them are on other machines


@dataclass(frozen=True, slots=True)
class ResticFiles:
    """The agent's own files of a saveset on one medium, beside its snapshots there.

    Attributes:
        listing: one for all media.
        description: it exists when the saveset does.
        intent: of a backup, from before its first snapshot until then.
    """

    label: str
    listing: Path
    description: Path
    intent: Path

    @property
    def new_listing(self) -> Path:
        return self.listing.with_name(self.listing.name + ".tmp")

    @property
    def new_description(self) -> Path:
        return self.description.with_name(self.description.name + ".tmp")


@dataclass(frozen=True, slots=True)
class ResticPlaces(Places):
    """Attributes:
    stores: the data stores; those on this machine are among `store_dirs` too.
    store_of: the data store of each medium that is known, by label.
    """

    stores: tuple[ResticStore, ...] = ()
    store_of: dict[str, ResticStore] = field(default_factory=dict)
    secrets: Secrets = field(default_factory=lambda: Secrets(_NO_DIRECTORY))
    cache_dir: Path = _NO_DIRECTORY

    def repository(self, label: str) -> Repository:
        """That of a medium, wherever it is; nothing is looked at but labels here.

        Raises:
            EngineError: SECRET_UNUSABLE.
        """
        store = self.store_of.get(label) or self._found(label)
        place = store.url.rstrip("/") + "/" + label
        access = self.secrets.access(store, label)
        program = Program(access, self.cache_dir, self.environment)
        return Repository(place, program)

    def check_store(self, label: str, then: str = TRY_AGAIN) -> None:
        """Raises EngineError (STORE_MISSING) unless the medium is there: by its label if it is on
        this machine, and else because its repository opens with the key of its data store, which
        no other place does."""
        if self.is_here(label):
            Places.check_store(self, label, then)
        else:
            self.repository(label).check()

    def has_store(self, label: str) -> bool:
        try:
            self.check_store(label)
        except EngineError:
            return False
        return True

    @contextlib.contextmanager
    def blaming(self, label: str, then: str) -> Iterator[None]:
        """Raises EngineError (STORE_MISSING) for a failure of its block if the medium is gone."""
        try:
            yield
        except (EngineError, OSError) as error:
            if not isinstance(error, EngineError) or error.code in _LIKE_GONE:
                self.check_store(label, then)
            raise

    def saveset_files(self, saveset: str, label: str, sesam_day: date) -> ResticFiles:
        return _files(self.lis_dir / sesam_day.strftime("%Y%m%d"), saveset, label)

    def of(self, saveset: SavesetRef) -> ResticFiles:
        return self.saveset_files(saveset.name, saveset.label, saveset.sesam_day)

    def intents(self) -> Iterator[ResticFiles]:
        """Of backups that have not come to their end."""
        yield from self._by_suffix(INTENT_SUFFIX)

    def descriptions(self) -> Iterator[ResticFiles]:
        yield from self._by_suffix(DESCRIPTION_SUFFIX)

    def _by_suffix(self, suffix: str) -> Iterator[ResticFiles]:
        for path in sorted(self.lis_dir.glob("[0-9]" * 8 + "/*" + suffix)):
            name, _, label = path.name.removesuffix(suffix).partition(".")
            if NAME_PATTERN.match(name) and label:
                yield _files(path.parent, name, label)

    def name_by_label(self) -> None:
        """Renames what has the names of before a saveset could lie on several media. What cannot
        be understood stays, and the log says so."""
        for suffix in (DESCRIPTION_SUFFIX, INTENT_SUFFIX):
            for path in self.lis_dir.glob("[0-9]" * 8 + "/*" + suffix):
                name = path.name.removesuffix(suffix)
                if not NAME_PATTERN.match(name):
                    continue
                try:
                    label = description.label_in(path)
                    path.rename(path.with_name(f"{name}.{label}{suffix}"))
                except (OSError, DescriptionError) as error:
                    log.warning("%s stays as it is: %s", path, error)

    def is_here(self, label: str) -> bool:
        """Whether it lies on this machine."""
        return (self.store_of.get(label) or self._found(label)).directory is not None

    def _found(self, label: str) -> ResticStore:
        """The store of a medium that is not known: where its label is, or else the first that is
        on another machine; what is nowhere has to be named."""
        for store in self.stores:
            if store.directory is not None and (store.directory / label).is_dir():
                return store
        others = [store for store in self.stores if store.directory is None]
        for store in (*others, *self.stores):
            return store
        text = f"The medium {label} is in no data store that is known. Add its data store again"
        raise EngineError("STORE_MISSING", text)


def _files(directory: Path, saveset: str, label: str) -> ResticFiles:
    stem = f"{saveset}.{label}"
    return ResticFiles(
        label,
        directory / (saveset + LISTING_SUFFIX),
        directory / (stem + DESCRIPTION_SUFFIX),
        directory / (stem + INTENT_SUFFIX),
    )


def local_directories(stores: tuple[ResticStore, ...]) -> tuple[Path, ...]:
    """Of the data stores on this machine; there is always one to name."""
    found = tuple(store.directory for store in stores if store.directory is not None)
    return found or (_NO_DIRECTORY,)
