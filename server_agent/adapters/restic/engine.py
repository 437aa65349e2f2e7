"""The engine of repositories as the service sees it."""

import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from server_agent.adapters.restic import presence, recovery, removal, shelf, stores, tidying
from server_agent.adapters.restic.backup import ResticBackup
from server_agent.adapters.restic.copying import ResticCopying
from server_agent.adapters.restic.leftovers import Leftovers
from server_agent.adapters.restic.places import ResticPlaces, local_directories
from server_agent.adapters.restic.program import Program, Unhurried, failure, is_absent
from server_agent.adapters.restic.proof import ResticProof
from server_agent.adapters.restic.reading import ResticReading
from server_agent.adapters.restic.restore import ResticRestore
from server_agent.adapters.restic.stores import ResticStore, Secrets
from server_agent.adapters.restic.verify import Verify
from server_agent.adapters.ssh import host_key
from server_agent.adapters.tar import browse, client_directory, killed, packed, proof
from server_agent.adapters.tar import stores as directories_of_media
from server_agent.adapters.tar.client import LocalClient
from server_agent.adapters.tar.failures import translated, written_to
from server_agent.adapters.tar.walking import Walking
from server_agent.domain.jobs import Level
from server_agent.domain.reach import HostKey, Local, Reach, Ssh
from server_agent.domain.task_options import TimeReference
from server_agent.ports import (
    BackupEvent,
    BackupRequest,
    Cancelled,
    Compressed,
    Control,
    CopyEvent,
    CopyRequest,
    EngineError,
    EntryPage,
    Interrupted,
    Message,
    ProofEvent,
    ProofRequest,
    RestoreEvent,
    RestoreRequest,
    SavesetRef,
    StoreSpace,
    VerifyEvent,
    VerifyRequest,
)
from server_agent.ports.client_files import ClientDirectory, EntryPiece, WalkEvent, WalkRequest

_LOOK_SECONDS = 60.0


class ResticEngine:
    """`server_agent.ports.Engine` over restic, for clients on this machine.

    A data store is written as `stores` says. Between calls it keeps nothing in memory but what it
    has just seen on other machines, and where something has still to be removed; backups of
    different savesets may run at once, also to the same medium.
    """

    def __init__(
        self,
        stores_used: Sequence[bytes],
        lis_dir: Path,
        tmp_dir: Path,
        cache_dir: Path,
        secrets_dir: Path,
        location_id: str,
        private_dirs: tuple[Path, ...] = (),
    ) -> None:
        """Touches nothing yet.

        Args:
            stores_used: the data stores, as for `use_stores`.
            lis_dir: holds a directory per sesam day, in it listings and descriptions.
            tmp_dir: for short-lived files.
            cache_dir: where restic keeps what it knows of repositories; below `tmp_dir` it is
                never saved.
            secrets_dir: the files that open repositories.
            location_id: of the location whose labels media on this machine bear.
            private_dirs: what no saveset ever holds, such as keys of pools.
        """
        self._places = ResticPlaces(
            (Path("/nonexistent"),),
            lis_dir,
            tmp_dir,
            location_id,
            private_dirs=private_dirs,
            secrets=Secrets(secrets_dir),
            cache_dir=cache_dir,
        )
        self._seen = presence.Seen()
        self._leftovers = Leftovers()
        self.use_stores(stores_used, {})

    def heed(self, claim: Callable[[Path, str], None]) -> None:
        """From now on data stores of other agents are not used. `claim`: as in `Places`."""
        self._places = replace(self._places, claim=claim)

    def give(self, environment: Mapping[str, str]) -> None:
        """From now on programs of tasks, and restic, are given these variables too."""
        self._places = replace(self._places, environment=environment)

    def use_stores(self, directories: Sequence[bytes], homes: Mapping[str, bytes]) -> None:
        """As the port says; none of them need be of this engine. The media of the others are only
        never saved."""
        self._seen.forget()
        found = tuple(stores.parsed(each) for each in directories if stores.is_restic(each))
        others = tuple(
            Path(os.fsdecode(each)) for each in directories if not stores.is_restic(each)
        )
        known = {
            label: stores.parsed(home) for label, home in homes.items() if stores.is_restic(home)
        }
        here = {label: store.directory for label, store in known.items()}
        self._places = replace(
            self._places,
            stores=found,
            store_of=known,
            store_dirs=(*local_directories(found), *others),
            homes={label: place for label, place in here.items() if place is not None},
        )

    def leave_alone(self, silent: Collection[bytes]) -> None:
        found = (each if not stores.is_restic(each) else stores.local_path(each) for each in silent)
        paths = frozenset(Path(os.fsdecode(path)) for path in found if path is not None)
        self._places = replace(self._places, silent=paths)

    def make_store(self, directory: bytes, name: str) -> None:
        store = stores.parsed(directory)
        try:
            self._places.secrets.make_key(store.secret)
        except OSError as error:
            text = f"the key of the data store {name} cannot be written: {error}"
            raise EngineError("STORE_UNUSABLE", text) from error
        if store.directory is not None:
            place = self._places.location_id
            directories_of_media.make_store(store.directory, name, place)
            return
        self._look(store, name)

    def check_immutable(self, store: bytes, name: str) -> None:
        place = stores.parsed(store).url
        raise EngineError(
            "STORE_UNUSABLE",
            f"The data store {name}, {place}, holds repositories of restic, whose files the agent"
            " cannot make immutable. Protect the place itself: object lock with a default retention"
            " of the bucket, or a rest-server with --append-only; see restic.md",
        )

    def hold_media(self, labels: Collection[str], now: Collection[str] | None = None) -> None:
        """There are none: `check_immutable` refuses."""

    def make_medium(self, store: bytes, name: str, label: str) -> None:
        found = self._checked_store(store, name)
        if found.directory is not None:
            with written_to(found.directory):
                directories_of_media.make_medium(found.directory, label, self._places.location_id)
        self._of(found, label).repository(label).make()

    def remove_medium(self, store: bytes, name: str, label: str) -> None:
        found = self._checked_store(store, name)
        removal.remove_medium(self._of(found, label), found, label)

    def space(self, store: bytes, name: str, label: str = "") -> StoreSpace:
        """As the port says; SPACE_UNKNOWN of a data store on another machine."""
        found = self._checked_store(store, name)
        if found.directory is None:
            text = f"the data store {name} lies on a server that does not tell how full it is"
            raise EngineError("SPACE_UNKNOWN", text)
        medium = found.directory / label
        return directories_of_media.space(medium if label and medium.is_dir() else found.directory)

    def tidy(self, now: datetime, control: Control) -> Iterator[Message]:
        return tidying.tidy(self._places, now, control)

    def remove(self, savesets: Sequence[SavesetRef], listed: Collection[str] = ()) -> list[str]:
        self._seen.forget()
        return removal.remove(self._places, savesets, listed)

    def verify(self, request: VerifyRequest, control: Control) -> Iterator[VerifyEvent]:
        return Verify(self._places, request, control).events()

    def prove(self, request: ProofRequest, control: Control) -> Iterator[ProofEvent]:
        return ResticProof(self._places, 1, request, control).events()

    def copy(self, request: CopyRequest, control: Control) -> Iterator[CopyEvent]:
        if control.cancelled:
            raise Cancelled
        copying = ResticCopying(self._places, request, control)
        with translated(control, self._places.tmp_dir):
            copying.check()
        return self._copied(copying)

    def _copied(self, copying: ResticCopying) -> Iterator[CopyEvent]:
        try:
            yield from copying.events()
        finally:
            self._seen.forget()

    def check_store(self, label: str) -> None:
        self._seen.check_store(self._places, label)

    def present(self, savesets: Sequence[SavesetRef]) -> set[str]:
        return presence.present(self._places, savesets, self._seen)

    def host_keys(self, client: Ssh, control: Control) -> list[HostKey]:
        with translated(control, self._places.tmp_dir):
            return host_key.presented(client, control)

    def check_client(self, client: Reach, control: Control) -> list[str]:
        _check_client(client, "saved")
        with LocalClient() as opened:
            return list(opened.survey((), control).warnings)

    def backup(self, request: BackupRequest, control: Control) -> Iterator[BackupEvent]:
        _check_client(request.client, "saved")
        _check_reference(request.options.time_reference)
        try:
            client_here = LocalClient(self._places.environment)
            with self._leftovers.around(self._places, request), client_here as client:
                yield from ResticBackup(self._places, 1, request, control, client).events()
        finally:
            self._seen.forget()

    def clear_archive_bits(self, saveset: SavesetRef) -> list[Message]:  # noqa: ARG002
        return []  # no backup goes by them

    def restore(self, request: RestoreRequest, control: Control) -> Iterator[RestoreEvent]:
        _check_client(request.client, "restored to")
        with LocalClient() as client:
            yield from ResticRestore(self._places, 1, request, control, client).events()

    def entries(
        self, saveset: SavesetRef, directory: bytes, position: str | None, limit: int
    ) -> EntryPage:
        listing = self._places.of(saveset).listing
        return browse.entries(listing, saveset.name, directory, position, limit)

    def missing_paths(self, saveset: SavesetRef, paths: Sequence[bytes]) -> list[bytes]:
        return browse.missing_paths(self._places.of(saveset).listing, saveset.name, paths)

    def read_entry(
        self,
        chain: Sequence[SavesetRef],
        path: bytes,
        first_byte: int,
        most_bytes: int,
        control: Control,
    ) -> Iterator[EntryPiece]:
        reading = ResticReading.of(self._places, 1, chain, path, control)
        return reading.pieces(first_byte, most_bytes)

    def client_directory(
        self, client: Reach, directory: bytes, control: Control
    ) -> ClientDirectory:
        _check_client(client, "saved")
        with translated(control, self._places.tmp_dir), LocalClient() as opened:
            return client_directory.read(opened, directory, control)

    def walk(self, request: WalkRequest, control: Control) -> Iterator[WalkEvent]:
        _check_client(request.client, "saved")
        with LocalClient() as client:
            yield from Walking.of(self._places, request, control, client).walked()

    def recover(
        self,
        writing: Sequence[SavesetRef],
        committed: frozenset[str],
        silent: Collection[bytes] = (),
    ) -> list[Interrupted]:
        proof.sweep(self._places.tmp_dir)
        self.leave_alone(silent)
        away = frozenset(map(stores.parsed, filter(stores.is_restic, silent)))
        return recovery.recover(self._places, writing, committed, away)

    def settle(self, saveset: SavesetRef) -> Interrupted | None:
        return recovery.settle(self._places, saveset)

    def sweep(self, label: str, writing: Callable[[], Collection[str]]) -> None:
        recovery.sweep(self._places, label, writing)

    def compress_listings(self, before: date, control: Control) -> Iterator[Compressed | Message]:
        packed.forget_unpacked(self._places.lis_dir)
        for listing in packed.plain_listings(self._places.lis_dir, before):
            if control.cancelled:
                raise Cancelled
            try:
                yield packed.pack(listing, control)
            except (OSError, sqlite3.DatabaseError) as error:
                text = f"{listing} stays as it is, it cannot be compressed: {error}"
                yield Message(Level.WARNING, "LISTING_KEPT", text)

    def shelve(self, savesets: Sequence[SavesetRef], control: Control) -> int:
        return shelf.shelve(self._places, savesets, control)

    def put_back(self, job_id: str) -> list[Message]:
        return killed.clean_up(self._places.journal(job_id))

    def _checked_store(self, store: bytes, name: str) -> ResticStore:
        found = stores.parsed(store)
        if found.directory is None:
            return found
        try:
            place = self._places.location_id
            directories_of_media.check_store(found.directory, name, place)
        except EngineError as error:
            text = f"The data store {name} is not in its place: {error.text}"
            raise EngineError("STORE_MISSING", text) from error
        self._places.check_claim(found.directory)
        return found

    def _of(self, store: ResticStore, label: str) -> ResticPlaces:
        """With this data store as the one of the label."""
        return replace(self._places, store_of={**self._places.store_of, label: store})

    def _look(self, store: ResticStore, name: str) -> None:
        """Whether a server answers at all: that there is no repository yet is an answer. Raises
        EngineError (STORE_UNUSABLE)."""
        access = self._places.secrets.access(store, ".sesam-look")
        program = Program(access, self._places.cache_dir)
        answer = program.run(["cat", "config", "--no-lock"], Unhurried(), _LOOK_SECONDS)
        if answer.status and not is_absent(answer):
            error = failure(store.url, answer, "reach it")
            raise EngineError("STORE_UNUSABLE", f"the data store {name}: {error.text}")


def _check_reference(reference: TimeReference) -> None:
    """Raises EngineError (REFERENCE_UNUSABLE)."""
    if reference is not TimeReference.DATABASE:
        raise EngineError(
            "REFERENCE_UNUSABLE",
            "restic tells by itself what has changed: on its media a backup cannot go by a time"
            " stamp file or archive bits. Have changes told by the database, or use a media pool"
            " whose data store is a directory",
        )


def _check_client(client: Reach, what: str) -> None:
    """Raises EngineError (CLIENT_UNFIT)."""
    if not isinstance(client, Local):
        raise EngineError(
            "CLIENT_UNFIT",
            f"a client over SSH cannot be {what} with a data store of restic: restic reads and"
            " writes the files of the agent's own machine only. Use a media pool whose data store"
            " is a directory",
        )
