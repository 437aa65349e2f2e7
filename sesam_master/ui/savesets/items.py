"""What is done to savesets is done to one of them, or to some of a location together."""

from dataclasses import dataclass

from sesam_master.core.records import Saveset
from sesam_master.ui.savesets.rows import short_name


@dataclass(frozen=True, slots=True)
class OneSaveset:
    """One saveset."""

    saveset: Saveset

    @property
    def key(self) -> tuple[str, str]:
        return self.saveset.key

    @property
    def location_id(self) -> str:
        return self.saveset.location_id

    @property
    def name(self) -> str:
        return short_name(self.saveset)


@dataclass(frozen=True, slots=True)
class SomeSavesets:
    """Savesets of one location, never none."""

    savesets: tuple[Saveset, ...]

    @property
    def key(self) -> tuple[str, str]:
        return self.savesets[0].key

    @property
    def location_id(self) -> str:
        return self.savesets[0].location_id
