"""Which agent of this machine uses a data store. Two of one location, such as one that was put back
into a second root while the first still lives, would remove what the other one is writing.

A claim is the name of a socket, which the kernel gives to one process at a time and takes back when
that ends, however it does: see unix(7), abstract. A lock on a file of the store would keep its disk
from being unmounted when another one is to be put in.
"""

import contextlib
import errno
import logging
import os
import socket
import struct
from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from server_agent.adapters.tar.store import TRY_AGAIN
from server_agent.adapters.tar.stores import STORE_FILE
from server_agent.ports import EngineError

log = logging.getLogger(__name__)

_CREDENTIALS = struct.Struct("iII")  # of SO_PEERCRED: process, user, group
_TRIES = 3  # the other one may end between two looks
_WAITING = 64  # who asks whose claim it is


class StoreClaims:
    """Those of one process. Any thread may call any method."""

    def __init__(self, location_id: str) -> None:
        """`location_id`: whose data stores they are."""
        self._location_id = location_id
        self._lock = Lock()
        self._names: dict[Path, str] = {}
        self._held: dict[str, socket.socket] = {}

    def claim(self, store: Path, then: str = TRY_AGAIN) -> None:
        """Claims a data store that is there, for as long as `only` keeps it. One without a label is
        nobody's.

        Args:
            then: as in `store.check_label`.

        Raises:
            EngineError: STORE_MISSING: another agent uses it.
        """
        try:
            label = os.stat(store / STORE_FILE)
        except OSError:
            self._give_back(store)
            return
        name = f"\0sesam-store-{self._location_id}-{label.st_dev:x}-{label.st_ino}"
        with self._lock:
            self._names[store] = name
            self._drop_unnamed()
            if name in self._held:
                _let_go(self._held[name])
                return
            trusted = {0, os.geteuid(), label.st_uid}
            for _ in range(_TRIES):
                try:
                    made = _bound(name)
                except OSError as error:
                    log.warning("whether another agent uses %s is not known: %s", store, error)
                    return
                if made is not None:
                    self._held[name] = made
                    return
                process, user = _owner(name)
                if user is not None and user not in trusted:
                    log.warning("process %s of another user claims %s: not heeded", process, store)
                    return
                if user is not None or process:
                    raise _in_use(store, process, then)

    def only(self, stores: Iterable[Path]) -> None:
        """Gives back the claims of all others."""
        kept = set(stores)
        with self._lock:
            self._names = {store: name for store, name in self._names.items() if store in kept}
            self._drop_unnamed()

    def close(self) -> None:
        """Gives back all."""
        self.only(())

    def _give_back(self, store: Path) -> None:
        with self._lock:
            self._names.pop(store, None)
            self._drop_unnamed()

    def _drop_unnamed(self) -> None:
        for name in self._held.keys() - set(self._names.values()):
            self._held.pop(name).close()


def _bound(name: str) -> socket.socket | None:
    """A socket with the name; None if another has it. Raises OSError."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.bind(name)
        made.listen(_WAITING)
        made.setblocking(False)
    except OSError as error:
        made.close()
        if error.errno != errno.EADDRINUSE:
            raise
        return None
    return made


def _owner(name: str) -> tuple[str, int | None]:
    """The process that has the name and its user; "unknown" if it does not tell, and empty if there
    is none any more."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.setblocking(False)
        try:
            asking.connect(name)
        except BlockingIOError:
            return "unknown", None  # too many have asked
        except OSError:
            return "", None
        found = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    process, user, _ = _CREDENTIALS.unpack(found)
    return str(process or "unknown"), user


def _let_go(own: socket.socket) -> None:
    """Ends the calls of those who have asked."""
    with contextlib.suppress(OSError):
        while True:
            own.accept()[0].close()


def _in_use(store: Path, process: str, then: str) -> EngineError:
    return EngineError(
        "STORE_MISSING",
        f"The data store {store} is used by another agent of this location, process {process}: two"
        " would remove what the other one is writing. " + then.format("Stop one of the two"),
    )
