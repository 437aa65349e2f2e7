"""Lists of locations come whole, or not at all."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from sesam_api.v1 import calendar_pb2
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.registry import Registration
from sesam_master.remote import calls
from sesam_master.remote.session import Link

SITE = Registration("lab", "Lab", "", "127.0.0.1", 11401, b"", "")


@dataclass
class Site:
    """What `calls` needs of a session; so many pages follow each other."""

    pages: int
    registration: Registration = SITE
    trouble: None = None
    observed_by: None = None
    asked: list[str] = field(default_factory=list)

    @property
    def link(self) -> Link:
        return Link(self, ())  # type: ignore[arg-type]

    async def list_calendar(
        self, request: calendar_pb2.ListCalendarRequest, **_more: object
    ) -> calendar_pb2.ListCalendarResponse:
        self.asked.append(request.page_token)
        number = len(self.asked)
        token = str(number) if number < self.pages else ""
        one = calendar_pb2.Occurrence(event_id=str(number))
        return calendar_pb2.ListCalendarResponse(occurrences=[one], next_page_token=token)


def read(site: Site) -> list[str]:
    async def whole() -> list[str]:
        answers: Any = calls.pages(
            site,  # type: ignore[arg-type]
            lambda at: at.list_calendar,  # type: ignore[attr-defined]
            lambda token: calendar_pb2.ListCalendarRequest(page_token=token),
            1.0,
        )
        return [one.event_id async for answer in answers for one in answer.occurrences]

    return asyncio.run(whole())


@pytest.mark.parametrize("pages", [1, 2, calls.MOST_PAGES])
def test_every_page_is_read_once_and_in_order(pages: int) -> None:
    site = Site(pages)
    assert read(site) == [str(number) for number in range(1, pages + 1)]
    assert site.asked == ["", *(str(number) for number in range(1, pages))]


def test_a_list_without_an_end_is_no_list() -> None:
    with pytest.raises(LocationError) as raised:
        read(Site(calls.MOST_PAGES + 1))
    assert (raised.value.trouble, raised.value.location_id) == (Trouble.INTERNAL, "lab")
