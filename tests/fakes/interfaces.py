"""Interface programs of locations, as a gateway in memory answers it."""

from dataclasses import dataclass, field

from sesam_master.core.errors import LocationError
from sesam_master.core.interfaces import Interfaces


@dataclass
class FakeInterfacesGateway:
    """The part of a fake gateway that has interface programs.

    Attributes:
        programs: by location.
        no_programs: raised by every question for them.
    """

    programs: dict[str, Interfaces] = field(default_factory=dict)
    no_programs: LocationError | None = None
    asked_programs: list[str] = field(default_factory=list)

    async def interfaces(self, location_id: str) -> Interfaces:
        self.asked_programs.append(location_id)
        if self.no_programs is not None:
            raise self.no_programs
        return self.programs.get(location_id, Interfaces((), is_withheld=False))
