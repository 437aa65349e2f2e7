"""Which device a loader of the location is."""

import os
import threading
from pathlib import Path

from server_agent.adapters.loader.mtx import MtxLoader
from server_agent.adapters.loader.virtual import VirtualLoader
from server_agent.domain.loaders import Loader, LoaderKind
from server_agent.ports.loader import Loader as Device


class LoaderDevices:
    """Gives the device of a loader; those of one path make one movement after the other."""

    def __init__(self) -> None:
        self._locks: dict[bytes, threading.Lock] = {}

    def __call__(self, item: Loader) -> Device:
        if item.kind is LoaderKind.VIRTUAL:
            return VirtualLoader(Path(os.fsdecode(item.device)))
        lock = self._locks.setdefault(item.device, threading.Lock())
        return MtxLoader(os.fsdecode(item.device), item.tape_devices, lock=lock)
