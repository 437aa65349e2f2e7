"""An engine some of whose data stores do not answer, as a mount whose server is gone."""

import threading
from collections.abc import Callable, Collection, Sequence

from server_agent.domain.media import DataStore
from server_agent.ports import Interrupted, Message, SavesetRef, StoreSpace
from tests.agent.service.steered import DEADLINE, SteeredEngine

SOON = 0.05
NFS = DataStore("Nfs", b"/mnt/nfs", 80)


class Killed(BaseException):
    """The agent ends here."""


class SilentEngine(SteeredEngine):
    """Some of its data stores answer when it is opened.

    Attributes:
        silent: the directories.
        silent_targets: restores, by job, whose targets do not answer.
        reached: somebody has come to one of them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.silent: set[bytes] = set()
        self.silent_targets: set[str] = set()
        self.reached, self.opened = threading.Event(), threading.Event()
        self.put_back_done = threading.Event()
        self.killed_after_removal = False
        self.settled: list[str] = []

    def _wait(self, store: bytes | None) -> None:
        if store in self.silent:
            self.reached.set()
            assert self.opened.wait(DEADLINE)

    def _wait_at(self, labels: Collection[str]) -> None:
        for label in labels:
            self._wait(self.homes.get(label))

    def make_store(self, directory: bytes, name: str) -> None:
        self._wait(directory)
        super().make_store(directory, name)

    def space(self, store: bytes, name: str, label: str = "") -> StoreSpace:
        self._wait(store)
        return super().space(store, name, label)

    def check_immutable(self, store: bytes, name: str) -> None:
        self._wait(store)
        super().check_immutable(store, name)

    def hold_media(self, labels: Collection[str], now: Collection[str] | None = None) -> None:
        super().hold_media(labels, now)
        self._wait_at(labels if now is None else now)

    def make_medium(self, store: bytes, name: str, label: str) -> None:
        self._wait(store)
        super().make_medium(store, name, label)

    def remove_medium(self, store: bytes, name: str, label: str) -> None:
        self._wait(store)
        super().remove_medium(store, name, label)
        if self.killed_after_removal:
            raise Killed

    def check_store(self, label: str) -> None:
        self._wait_at([label])
        super().check_store(label)

    def present(self, savesets: Sequence[SavesetRef]) -> set[str]:
        self._wait_at([each.label for each in savesets])
        return super().present(savesets)

    def remove(self, savesets: Sequence[SavesetRef], listed: Collection[str] = ()) -> list[str]:
        self._wait_at([each.label for each in savesets])
        return super().remove(savesets, listed)

    def recover(
        self,
        writing: Sequence[SavesetRef],
        committed: frozenset[str],
        silent: Collection[bytes] = (),
    ) -> list[Interrupted]:
        for store in set(self.in_use) - set(silent):
            self._wait(store)
        self._wait_at([each.label for each in writing])
        return super().recover(writing, committed, silent)

    def settle(self, saveset: SavesetRef) -> Interrupted:
        self._wait_at([saveset.label])
        self.settled.append(saveset.name)
        return super().settle(saveset)

    def sweep(self, label: str, writing: Callable[[], Collection[str]]) -> None:
        self._wait_at([label])
        super().sweep(label, writing)

    def put_back(self, job_id: str) -> list[Message]:
        if job_id in self.silent_targets:
            self.reached.set()
            assert self.opened.wait(DEADLINE)
        self.put_back_done.set()
        return super().put_back(job_id)
