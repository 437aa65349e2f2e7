"""How locations have grown, as a gateway in memory answers it."""

from dataclasses import dataclass, field
from datetime import date

from sesam_master.core.errors import LocationError
from sesam_master.core.history import GrowthDay, StoreSample


@dataclass
class FakeHistoryGateway:
    """The part of a fake gateway that has a past.

    Attributes:
        samples, grown: by location.
        no_history: raised by every question for it.
    """

    samples: dict[str, tuple[StoreSample, ...]] = field(default_factory=dict)
    grown: dict[str, tuple[GrowthDay, ...]] = field(default_factory=dict)
    no_history: LocationError | None = None
    asked_history: list[tuple[str, str, date]] = field(default_factory=list)

    async def store_history(
        self, location_id: str, data_store: str, first_day: date
    ) -> tuple[StoreSample, ...]:
        self.asked_history.append((location_id, data_store, first_day))
        self._no_past()
        return tuple(
            sample
            for sample in self.samples.get(location_id, ())
            if sample.sesam_day >= first_day and data_store in ("", sample.data_store)
        )

    async def growth(self, location_id: str, first_day: date) -> tuple[GrowthDay, ...]:
        self._no_past()
        return tuple(day for day in self.grown.get(location_id, ()) if day.sesam_day >= first_day)

    def _no_past(self) -> None:
        if self.no_history is not None:
            raise self.no_history
