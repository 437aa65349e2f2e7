"""The engines of a location as one: each medium is the matter of the engine of its data store."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from server_agent.adapters.restic.engine import ResticEngine
from server_agent.adapters.restic.stores import is_restic, local_path
from server_agent.adapters.store_claims import StoreClaims
from server_agent.adapters.tar.child import NO_VARIABLES
from server_agent.adapters.tar.engine import TarEngine
from server_agent.domain.reach import HostKey, Reach, Ssh
from server_agent.ports import (
    BackupEvent,
    BackupRequest,
    Compressed,
    Control,
    CopyEvent,
    CopyRequest,
    Engine,
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


class Engines:
    """`server_agent.ports.Engine` over both. Which one has a medium is known from `use_stores`;
    one that is not known is tar's.

    Args:
        environment: variables that restic and programs of tasks are given.
    """

    def __init__(
        self,
        tar: TarEngine,
        restic: ResticEngine,
        claims: StoreClaims,
        environment: Mapping[str, str] = NO_VARIABLES,
    ) -> None:
        self._tar = tar
        self._restic = restic
        self._claims = claims
        tar.heed(claims.claim)
        restic.heed(claims.claim)
        tar.give(environment)
        restic.give(environment)
        self._of_restic: frozenset[str] = frozenset()

    def use_stores(self, directories: Sequence[bytes], homes: Mapping[str, bytes]) -> None:
        theirs = [each for each in directories if is_restic(each)]
        own = [each for each in directories if not is_restic(each)]
        # The media of the one are nothing that the other may save.
        here = [path for each in theirs if (path := _directory(each)) is not None]
        self._claims.only(Path(os.fsdecode(path)) for path in (*own, *here))
        if own:
            plain = {label: home for label, home in homes.items() if not is_restic(home)}
            self._tar.use_stores([*own, *here], plain)
        self._restic.use_stores(directories, homes)
        self._of_restic = frozenset(label for label, home in homes.items() if is_restic(home))

    def leave_alone(self, silent: Collection[bytes]) -> None:
        self._tar.leave_alone([path for each in silent if (path := _directory(each)) is not None])
        self._restic.leave_alone(silent)

    def make_store(self, directory: bytes, name: str) -> None:
        self._of_store(directory).make_store(directory, name)

    def check_immutable(self, store: bytes, name: str) -> None:
        self._of_store(store).check_immutable(store, name)

    def hold_media(self, labels: Collection[str], now: Collection[str] | None = None) -> None:
        self._tar.hold_media([label for label in labels if label not in self._of_restic], now)

    def make_medium(self, store: bytes, name: str, label: str) -> None:
        self._of_store(store).make_medium(store, name, label)

    def remove_medium(self, store: bytes, name: str, label: str) -> None:
        self._of_store(store).remove_medium(store, name, label)

    def space(self, store: bytes, name: str, label: str = "") -> StoreSpace:
        return self._of_store(store).space(store, name, label)

    def remove(self, savesets: Sequence[SavesetRef], listed: Collection[str] = ()) -> list[str]:
        own, theirs = self._parted(savesets)
        gone = self._tar.remove(own, listed) if own else []
        return [*gone, *(self._restic.remove(theirs, listed) if theirs else [])]

    def tidy(self, now: datetime, control: Control) -> Iterator[Message]:
        yield from self._tar.tidy(now, control)
        yield from self._restic.tidy(now, control)

    def verify(self, request: VerifyRequest, control: Control) -> Iterator[VerifyEvent]:
        own, theirs = self._parted(request.savesets)
        if own:
            yield from self._tar.verify(replace(request, savesets=tuple(own)), control)
        if theirs:
            yield from self._restic.verify(replace(request, savesets=tuple(theirs)), control)

    def prove(self, request: ProofRequest, control: Control) -> Iterator[ProofEvent]:
        return self._of(request.chain[0].label).prove(request, control)

    def copy(self, request: CopyRequest, control: Control) -> Iterator[CopyEvent]:
        source = request.saveset.label
        if self._of(source) is not self._of(request.label):
            what, other = "a repository of restic", "a directory"
            if source not in self._of_restic:
                what, other = other, what
            raise EngineError(
                "COPY_IMPOSSIBLE",
                f"{source} is in {what} and {request.label} in {other}: what the one holds cannot"
                " be copied to the other. Back up the task to the other pool too",
            )
        return self._of(source).copy(request, control)

    def check_store(self, label: str) -> None:
        self._of(label).check_store(label)

    def present(self, savesets: Sequence[SavesetRef]) -> set[str]:
        own, theirs = self._parted(savesets)
        found = self._tar.present(own) if own else set()
        return found | (self._restic.present(theirs) if theirs else set())

    def host_keys(self, client: Ssh, control: Control) -> list[HostKey]:
        return self._tar.host_keys(client, control)

    def check_client(self, client: Reach, control: Control) -> list[str]:
        """Whether any engine can use it: which one will is known only with a medium."""
        return self._tar.check_client(client, control)

    def backup(self, request: BackupRequest, control: Control) -> Iterator[BackupEvent]:
        return self._of(request.label).backup(request, control)

    def clear_archive_bits(self, saveset: SavesetRef) -> list[Message]:
        return self._of(saveset.label).clear_archive_bits(saveset)

    def restore(self, request: RestoreRequest, control: Control) -> Iterator[RestoreEvent]:
        return self._of(request.chain[0].label).restore(request, control)

    def entries(
        self, saveset: SavesetRef, directory: bytes, position: str | None, limit: int
    ) -> EntryPage:
        return self._of(saveset.label).entries(saveset, directory, position, limit)

    def missing_paths(self, saveset: SavesetRef, paths: Sequence[bytes]) -> list[bytes]:
        return self._of(saveset.label).missing_paths(saveset, paths)

    def read_entry(
        self,
        chain: Sequence[SavesetRef],
        path: bytes,
        first_byte: int,
        most_bytes: int,
        control: Control,
    ) -> Iterator[EntryPiece]:
        engine = self._of(chain[0].label)
        return engine.read_entry(chain, path, first_byte, most_bytes, control)

    def client_directory(
        self, client: Reach, directory: bytes, control: Control
    ) -> ClientDirectory:
        return self._tar.client_directory(client, directory, control)

    def walk(self, request: WalkRequest, control: Control) -> Iterator[WalkEvent]:
        """Both scan alike."""
        return self._tar.walk(request, control)

    def recover(
        self,
        writing: Sequence[SavesetRef],
        committed: frozenset[str],
        silent: Collection[bytes] = (),
    ) -> list[Interrupted]:
        own, theirs = self._parted(writing)
        # What is written by the one is known to the other, so that neither calls it a stranger.
        known = committed | {saveset.name for saveset in own}
        found = self._restic.recover(theirs, known, silent)
        others = committed | {saveset.name for saveset in theirs}
        here = [path for each in silent if (path := _directory(each)) is not None]
        return [*found, *self._tar.recover(own, others, here)]

    def settle(self, saveset: SavesetRef) -> Interrupted | None:
        return self._of(saveset.label).settle(saveset)

    def sweep(self, label: str, writing: Callable[[], Collection[str]]) -> None:
        self._of(label).sweep(label, writing)

    def compress_listings(self, before: date, control: Control) -> Iterator[Compressed | Message]:
        """All listings lie in one place and have one format."""
        return self._tar.compress_listings(before, control)

    def shelve(self, savesets: Sequence[SavesetRef], control: Control) -> int:
        own, theirs = self._parted(savesets)
        return self._tar.shelve(own, control) + self._restic.shelve(theirs, control)

    def put_back(self, job_id: str) -> list[Message]:
        """Both note what they move in one place."""
        return self._tar.put_back(job_id)

    def _of(self, label: str) -> Engine:
        return self._restic if label in self._of_restic else self._tar

    def _of_store(self, store: bytes) -> Engine:
        return self._restic if is_restic(store) else self._tar

    def _parted(self, savesets: Sequence[SavesetRef]) -> tuple[list[SavesetRef], list[SavesetRef]]:
        """Those of tar, and those of restic."""
        theirs = [saveset for saveset in savesets if saveset.label in self._of_restic]
        return [saveset for saveset in savesets if saveset.label not in self._of_restic], theirs


def _directory(store: bytes) -> bytes | None:
    """Where a data store lies, if that is on this machine."""
    return local_path(store) if is_restic(store) else store
