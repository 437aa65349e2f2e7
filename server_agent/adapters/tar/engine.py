"""The tar engine as the service sees it."""

import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from server_agent.adapters.archive_bits.here import archive_bits
from server_agent.adapters.key_files import KeyFiles
from server_agent.adapters.ssh import host_key, login, staging
from server_agent.adapters.ssh.client import SshClient
from server_agent.adapters.ssh.restore import RemoteRestore
from server_agent.adapters.tar import (
    browse,
    client_directory,
    commit,
    immutable,
    killed,
    packed,
    presence,
    proof,
    removal,
    shelving,
    stores,
)
from server_agent.adapters.tar.backup import Backup
from server_agent.adapters.tar.client import Client, LocalClient
from server_agent.adapters.tar.copying import Copying
from server_agent.adapters.tar.failures import translated, written_to
from server_agent.adapters.tar.listing import opened
from server_agent.adapters.tar.places import Places, saveset_of
from server_agent.adapters.tar.proof import TarProof
from server_agent.adapters.tar.reading import Reading
from server_agent.adapters.tar.reference import Clearing
from server_agent.adapters.tar.restore import Restore
from server_agent.adapters.tar.verify import Verify
from server_agent.adapters.tar.walking import Walking
from server_agent.domain.jobs import Level
from server_agent.domain.reach import HostKey, Reach, Ssh
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
from server_agent.ports.attributes import ArchiveBits
from server_agent.ports.client_files import ClientDirectory, EntryPiece, WalkEvent, WalkRequest

MOST_THREADS = 4  # more compress faster than one tar reads


def default_threads() -> int:
    return min(MOST_THREADS, len(os.sched_getaffinity(0)))


class TarEngine:
    """`server_agent.ports.Engine` over GNU find, GNU tar and zstd, here and over SSH.

    It keeps nothing in memory between calls; calls for different savesets may run at once.
    """

    def __init__(
        self,
        store_dir: Path,
        lis_dir: Path,
        tmp_dir: Path,
        location_id: str,
        threads: int | None = None,
        keys: KeyFiles | None = None,
        bits: ArchiveBits | None = None,
    ) -> None:
        """Touches nothing yet.

        Args:
            store_dir: the first data store: it holds a directory per medium, in it the savesets.
            lis_dir: holds a directory per sesam day, in it the listings.
            tmp_dir: for short-lived files.
            location_id: of the location whose labels the data stores bear.
            threads: that compress at once; by default one per processor, at most 4.
            keys: what savesets are encrypted with, and what no saveset ever holds; None: none is.
            bits: of the files here; by default as the system keeps them.
        """
        self._bits = bits or archive_bits()
        self._places = Places(
            *((store_dir,), lis_dir, tmp_dir, location_id),
            keys=keys,
            private_dirs=(keys.directory,) if keys is not None else (),
        )
        self._threads = threads or default_threads()

    def heed(self, claim: Callable[[Path, str], None]) -> None:
        """From now on data stores of other agents are not used. `claim`: as in `Places`."""
        self._places = replace(self._places, claim=claim)

    def give(self, environment: Mapping[str, str]) -> None:
        """From now on programs of tasks are given these variables too."""
        self._places = replace(self._places, environment=environment)

    def use_stores(self, directories: Sequence[bytes], homes: Mapping[str, bytes]) -> None:
        store_dirs = tuple(Path(os.fsdecode(directory)) for directory in directories)
        if not store_dirs:
            raise ValueError("an engine needs a data store")
        of_labels = {label: Path(os.fsdecode(home)) for label, home in homes.items()}
        self._places = replace(self._places, store_dirs=store_dirs, homes=of_labels)

    def leave_alone(self, silent: Collection[bytes]) -> None:
        paths = frozenset(Path(os.fsdecode(each)) for each in silent)
        self._places = replace(self._places, silent=paths)

    def make_store(self, directory: bytes, name: str) -> None:
        stores.make_store(Path(os.fsdecode(directory)), name, self._places.location_id)

    def check_immutable(self, store: bytes, name: str) -> None:
        immutable.check_works(self._checked_store(store, name))

    def hold_media(self, labels: Collection[str], now: Collection[str] | None = None) -> None:
        self._places = replace(self._places, immutable=frozenset(labels))
        for label in labels if now is None else self._places.immutable.intersection(now):
            if self._places.has_store(label):
                immutable.hold_all(self._places.medium_dir(label))

    def make_medium(self, store: bytes, name: str, label: str) -> None:
        directory = self._checked_store(store, name)
        with written_to(directory):
            stores.make_medium(directory, label, self._places.location_id)

    def remove_medium(self, store: bytes, name: str, label: str) -> None:
        directory = self._checked_store(store, name)
        stores.remove_medium(directory / label, label, self._places.location_id)

    def space(self, store: bytes, name: str, label: str = "") -> StoreSpace:
        directory = self._checked_store(store, name)
        # A medium may be a disk of its own, mounted in the data store.
        has_medium = bool(label) and (directory / label).is_dir()
        return stores.space(directory / label if has_medium else directory)

    def _checked_store(self, store: bytes, name: str) -> Path:
        directory = Path(os.fsdecode(store))
        try:
            stores.check_store(directory, name, self._places.location_id)
        except EngineError as error:
            text = f"The data store {name} is not in its place: {error.text}"
            raise EngineError("STORE_MISSING", text) from error
        self._places.check_claim(directory)
        return directory

    def remove(self, savesets: Sequence[SavesetRef], listed: Collection[str] = ()) -> list[str]:
        return removal.remove(self._places, savesets, listed)

    def tidy(self, _now: datetime, _control: Control) -> Iterator[Message]:
        """The files of a saveset are its own."""
        yield from ()

    def verify(self, request: VerifyRequest, control: Control) -> Iterator[VerifyEvent]:
        return Verify(self._places, request, control).events()

    def prove(self, request: ProofRequest, control: Control) -> Iterator[ProofEvent]:
        return TarProof(self._places, self._threads, request, control).events()

    def copy(self, request: CopyRequest, control: Control) -> Iterator[CopyEvent]:
        copying = Copying(self._places, request, control)
        copying.check_name()
        return copying.events()

    def check_store(self, label: str) -> None:
        self._places.check_store(label)

    def present(self, savesets: Sequence[SavesetRef]) -> set[str]:
        return presence.present(self._places, savesets)

    def host_keys(self, client: Ssh, control: Control) -> list[HostKey]:
        with translated(control, self._places.tmp_dir):
            return host_key.presented(client, control)

    def check_client(self, client: Reach, control: Control) -> list[str]:
        with translated(control, self._places.tmp_dir), self._client(client) as opened:
            return list(opened.survey((), control).warnings)

    def backup(self, request: BackupRequest, control: Control) -> Iterator[BackupEvent]:
        with self._client(request.client) as client:
            how = self._places, self._threads, request, control, client, self._bits
            yield from Backup(*how).events()

    def clear_archive_bits(self, saveset: SavesetRef) -> list[Message]:
        clearing = Clearing(self._bits)
        try:
            with opened(self._places.files_of(saveset).listing) as listing:
                clearing.run(listing, saveset.name)
        except (OSError, sqlite3.Error) as error:
            text = f"Archive bits are not cleared: the listing cannot be read, {error}"
            return [Message(Level.WARNING, "ARCHIVE_BITS_STAY", text)]
        return list(clearing.messages())

    def restore(self, request: RestoreRequest, control: Control) -> Iterator[RestoreEvent]:
        with self._client(request.client) as client:
            how = self._places, self._threads, request, control
            if isinstance(client, SshClient):
                yield from RemoteRestore(*how, client).events()
            else:
                yield from Restore(*how, client).events()

    def entries(
        self, saveset: SavesetRef, directory: bytes, position: str | None, limit: int
    ) -> EntryPage:
        return browse.entries(self._listing(saveset), saveset.name, directory, position, limit)

    def missing_paths(self, saveset: SavesetRef, paths: Sequence[bytes]) -> list[bytes]:
        return browse.missing_paths(self._listing(saveset), saveset.name, paths)

    def read_entry(
        self,
        chain: Sequence[SavesetRef],
        path: bytes,
        first_byte: int,
        most_bytes: int,
        control: Control,
    ) -> Iterator[EntryPiece]:
        reading = Reading.of(self._places, 1, chain, path, control)
        return reading.pieces(first_byte, most_bytes)

    def client_directory(
        self, client: Reach, directory: bytes, control: Control
    ) -> ClientDirectory:
        with translated(control, self._places.tmp_dir), self._client(client) as opened:
            return client_directory.read(opened, directory, control)

    def walk(self, request: WalkRequest, control: Control) -> Iterator[WalkEvent]:
        with self._client(request.client) as client:
            yield from Walking.of(self._places, request, control, client).walked()

    def recover(
        self,
        writing: Sequence[SavesetRef],
        committed: frozenset[str],
        silent: Collection[bytes] = (),
    ) -> list[Interrupted]:
        login.sweep(self._places.tmp_dir)
        proof.sweep(self._places.tmp_dir)
        self.leave_alone(silent)
        return commit.recover(self._places, writing, committed)

    def settle(self, saveset: SavesetRef) -> Interrupted | None:
        return commit.settle(self._places, saveset)

    def sweep(self, label: str, writing: Callable[[], Collection[str]]) -> None:
        self._places.check_store(label)
        found = self._places.leftovers(label)
        kept = writing() if found else ()
        for path in found:
            if saveset_of(path) not in kept:
                commit.sweep(path)
        if label in self._places.immutable:
            immutable.hold_all(self._places.medium_dir(label))

    def compress_listings(self, before: date, control: Control) -> Iterator[Compressed | Message]:
        packed.forget_unpacked(self._places.lis_dir)
        for listing in packed.plain_listings(self._places.lis_dir, before):
            if control.cancelled:
                raise Cancelled
            try:
                yield packed.pack(listing, control)
            except (OSError, sqlite3.DatabaseError) as error:
                if not packed.is_there(listing):
                    continue  # its saveset was deleted meanwhile
                why = getattr(error, "strerror", None) or error
                text = f"{listing} stays as it is, it cannot be compressed: {why}"
                yield Message(Level.WARNING, "LISTING_KEPT", text)

    def shelve(self, savesets: Sequence[SavesetRef], control: Control) -> int:
        return shelving.shelve(self._places, savesets, control, self._threads)

    def put_back(self, job_id: str) -> list[Message]:
        journal = self._places.journal(job_id)
        remote = journal.with_suffix(staging.JOURNAL_SUFFIX)
        return [*killed.clean_up(journal), *staging.clean_up(remote, self._places.tmp_dir)]

    def _client(self, client: Reach) -> Client:
        if isinstance(client, Ssh):
            return SshClient(client, self._places.tmp_dir)
        return LocalClient(self._places.environment)

    def _listing(self, saveset: SavesetRef) -> Path:
        return self._places.files_of(saveset).listing
