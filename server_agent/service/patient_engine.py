"""The engine, as everybody but the start of the agent sees it: nobody waits for ever for a data
store that does not answer. Such a one counts as not being in its place, until it answers.

A backup, restore or copy that is under way when its data store goes silent waits with it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from server_agent.domain.media import is_elsewhere
from server_agent.domain.quoting import printable
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
from server_agent.service.looking import Looking, NoAnswer

Answer = TypeVar("Answer")


def place_of(store: bytes) -> str:
    """How a data store is called where it is looked at."""
    return printable(store)


class PatientEngine:
    """`server_agent.ports.Engine` over another. Any thread may call any method, but in no
    transaction. Data stores on other machines are left to it: who writes them knows by itself for
    how long another machine may be silent."""

    def __init__(self, engine: Engine, looking: Looking) -> None:
        self._engine = engine
        self._looking = looking
        self._stores: Sequence[bytes] = ()
        self._homes: Mapping[str, bytes] = {}

    def use_stores(self, directories: Sequence[bytes], homes: Mapping[str, bytes]) -> None:
        self._stores, self._homes = tuple(directories), dict(homes)
        self._engine.use_stores(directories, homes)

    def leave_alone(self, silent: Collection[bytes]) -> None:
        self._engine.leave_alone(silent)

    def make_store(self, directory: bytes, name: str) -> None:
        self._at(directory, partial(self._engine.make_store, directory, name))

    def check_immutable(self, store: bytes, name: str) -> None:
        self._at(store, partial(self._engine.check_immutable, store, name))

    def hold_media(self, labels: Collection[str], now: Collection[str] | None = None) -> None:
        self._engine.hold_media(labels, ())
        for label in labels if now is None else now:
            with suppress(EngineError):  # `sweep` does it when the medium is back
                self._do(label, partial(self._engine.hold_media, labels, [label]))

    def make_medium(self, store: bytes, name: str, label: str) -> None:
        self._at(store, partial(self._engine.make_medium, store, name, label))

    def remove_medium(self, store: bytes, name: str, label: str) -> None:
        self._at(store, partial(self._engine.remove_medium, store, name, label))

    def space(self, store: bytes, name: str, label: str = "") -> StoreSpace:
        return self._at(store, partial(self._engine.space, store, name, label))

    def remove(self, savesets: Sequence[SavesetRef], listed: Collection[str] = ()) -> list[str]:
        gone: list[str] = []
        for some in self._by_home(savesets):
            with suppress(NoAnswer):  # none of these
                gone += self._do(some[0].label, partial(self._engine.remove, some, listed))
        return gone

    def tidy(self, now: datetime, control: Control) -> Iterator[Message]:
        return self._engine.tidy(now, control)

    def verify(self, request: VerifyRequest, control: Control) -> Iterator[VerifyEvent]:
        self._await(each.label for each in request.savesets)
        return self._engine.verify(request, control)

    def prove(self, request: ProofRequest, control: Control) -> Iterator[ProofEvent]:
        self._await(each.label for each in request.chain)
        self._leave_silent()
        return self._engine.prove(request, control)

    def copy(self, request: CopyRequest, control: Control) -> Iterator[CopyEvent]:
        self._await((request.saveset.label, request.label))
        return self._engine.copy(request, control)

    def check_store(self, label: str) -> None:
        self._at(self._homes.get(label), partial(self._engine.check_store, label))

    def present(self, savesets: Sequence[SavesetRef]) -> set[str]:
        found: set[str] = set()
        for some in self._by_home(savesets):
            with suppress(NoAnswer):  # none of these
                found |= self._do(some[0].label, partial(self._engine.present, some))
        return found

    def host_keys(self, client: Ssh, control: Control) -> list[HostKey]:
        return self._engine.host_keys(client, control)

    def check_client(self, client: Reach, control: Control) -> list[str]:
        return self._engine.check_client(client, control)

    def backup(self, request: BackupRequest, control: Control) -> Iterator[BackupEvent]:
        self._await([request.label])
        for base in request.base:
            try:
                self._await([base.label])
            except NoAnswer as error:
                raise EngineError("BASE_DAMAGED", error.text, base.name) from error
        self._leave_silent()
        return self._engine.backup(request, control)

    def clear_archive_bits(self, saveset: SavesetRef) -> list[Message]:
        return self._engine.clear_archive_bits(saveset)

    def restore(self, request: RestoreRequest, control: Control) -> Iterator[RestoreEvent]:
        self._await(each.label for each in request.chain)
        self._leave_silent()
        return self._engine.restore(request, control)

    def entries(
        self, saveset: SavesetRef, directory: bytes, position: str | None, limit: int
    ) -> EntryPage:
        """Listings lie with the agent."""
        return self._engine.entries(saveset, directory, position, limit)

    def missing_paths(self, saveset: SavesetRef, paths: Sequence[bytes]) -> list[bytes]:
        return self._engine.missing_paths(saveset, paths)

    def read_entry(
        self,
        chain: Sequence[SavesetRef],
        path: bytes,
        first_byte: int,
        most_bytes: int,
        control: Control,
    ) -> Iterator[EntryPiece]:
        self._await(each.label for each in chain)
        return self._engine.read_entry(chain, path, first_byte, most_bytes, control)

    def client_directory(
        self, client: Reach, directory: bytes, control: Control
    ) -> ClientDirectory:
        return self._engine.client_directory(client, directory, control)

    def walk(self, request: WalkRequest, control: Control) -> Iterator[WalkEvent]:
        self._leave_silent()
        return self._engine.walk(request, control)

    def recover(
        self,
        writing: Sequence[SavesetRef],
        committed: frozenset[str],
        silent: Collection[bytes] = (),
    ) -> list[Interrupted]:
        """To be called with those that do not answer."""
        return self._engine.recover(writing, committed, silent)

    def settle(self, saveset: SavesetRef) -> Interrupted | None:
        return self._do(saveset.label, partial(self._engine.settle, saveset))

    def sweep(self, label: str, writing: Callable[[], Collection[str]]) -> None:
        self._do(label, partial(self._engine.sweep, label, writing))

    def compress_listings(self, before: date, control: Control) -> Iterator[Compressed | Message]:
        return self._engine.compress_listings(before, control)

    def shelve(self, savesets: Sequence[SavesetRef], control: Control) -> int:
        there = [some for some in self._by_home(savesets) if self._answers(some[0].label)]
        return sum(self._engine.shelve(some, control) for some in there)

    def put_back(self, job_id: str) -> list[Message]:
        return self._engine.put_back(job_id)

    def _at(self, store: bytes | None, question: Callable[[], Answer]) -> Answer:
        if store is None or is_elsewhere(store):
            return question()
        return self._looking.ask(place_of(store), question)

    def _do(self, label: str, deed: Callable[[], Answer]) -> Answer:
        """Does what may take long where a medium is. Raises NoAnswer."""
        home = self._homes.get(label)
        if home is None or is_elsewhere(home):
            return deed()
        return self._looking.do(place_of(home), partial(self._touch, label), deed)

    def _leave_silent(self) -> None:
        """Who looks at all data stores, to save nothing of them, passes over what is silent."""
        silent = [store for store in self._stores if not self._says(store)]
        self._engine.leave_alone(silent)

    def _says(self, store: bytes) -> bool:
        """Whether a data store answers, be it that it is another one."""
        try:
            self._at(store, partial(self._engine.space, store, ""))
        except NoAnswer:
            return False
        except EngineError:
            return True
        return True

    def _touch(self, label: str) -> None:
        """What it says says the deed too."""
        with suppress(EngineError):
            self._engine.check_store(label)

    def _await(self, labels: Iterable[str]) -> None:
        """Raises NoAnswer if one of the media is where nothing answers."""
        for label in dict.fromkeys(labels):
            self._at(self._homes.get(label), partial(self._touch, label))

    def _answers(self, label: str) -> bool:
        try:
            self._await([label])
        except NoAnswer:
            return False
        return True

    def _by_home(self, savesets: Sequence[SavesetRef]) -> list[list[SavesetRef]]:
        """Those of each data store."""
        parted: dict[bytes | None, list[SavesetRef]] = {}
        for each in savesets:
            parted.setdefault(self._homes.get(each.label), []).append(each)
        return list(parted.values())
