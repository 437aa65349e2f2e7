"""Which device a loader of the location is."""

import os
from pathlib import Path

from server_agent.adapters.loader.mtx import MtxLoader
from server_agent.adapters.loader.virtual import VirtualLoader
from server_agent.domain.loaders import Loader, LoaderKind
from server_agent.ports.loader import Loader as Device


class LoaderDevices:
    """Gives the device of a loader, for each path always the same: one movement after the other."""

    def __init__(self) -> None:
        self._changers: dict[bytes, MtxLoader] = {}

    def __call__(self, item: Loader) -> Device:
        if item.kind is LoaderKind.VIRTUAL:
            return VirtualLoader(Path(os.fsdecode(item.device)))
        return self._changers.setdefault(item.device, MtxLoader(os.fsdecode(item.device)))
