"""What the screens ask of a location's loaders, without knowing how it gets there."""

from typing import Protocol

from sesam_master.core.loaders import LoaderContent


class LoadersSource(Protocol):
    """Coroutines of the network thread; each has its own deadline, which is minutes, since a robot
    moves, and raises LocationError. All need the role operator and carry a request id. Reasons:
    LOADER_NOT_FOUND, LOADER_FAILED."""

    async def adjust_loader(self, location_id: str, name: str) -> LoaderContent:
        """Looks what is where; jobs that wait for media of it try again."""

    async def load_medium(
        self, location_id: str, name: str, slot: int, drive: int
    ) -> LoaderContent:
        """Moves the medium of a slot into an empty drive, and looks then."""

    async def unload_medium(self, location_id: str, name: str, drive: int) -> LoaderContent:
        """Moves the medium of a drive into the slot that it came from, or one that is empty, and
        looks then."""
