"""A gateway that answers what a test laid ready, and a network thread that is not one."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sesam_master.core.acts import Made
from sesam_master.core.calendar_days import Occurrence
from sesam_master.core.gateway import (
    PAGE_SIZE,
    Diagnosis,
    EntryPage,
    JobGrouping,
    JobGroupPage,
    JobPage,
    JobQuery,
    Presented,
    ProtocolPage,
    ProtocolPart,
    Step,
    StepReport,
)
from sesam_master.core.records import Job
from sesam_master.core.registry import Registration, RegistrationChange
from sesam_master.core.restoring import RestoreOrder
from sesam_master.core.sheet import Sheet, Span
from sesam_master.core.start import BackupOrder
from sesam_master.core.states import JobState
from tests.fakes import fleet
from tests.fakes.client_files import FakeClientFilesGateway
from tests.fakes.components import FakeComponentsGateway
from tests.fakes.control import FakeControlGateway
from tests.fakes.desk_access import FakeAccessGateway
from tests.fakes.desk_logs import FakeLogsGateway
from tests.fakes.finding import FakeFindingGateway
from tests.fakes.history import FakeHistoryGateway
from tests.fakes.interfaces import FakeInterfacesGateway
from tests.fakes.licences import FakeLicenceGateway
from tests.fakes.loaders import FakeLoadersGateway
from tests.fakes.plan import FakePlanGateway
from tests.fakes.processes import FakeProcessesGateway
from tests.fakes.savesets import FakeSavesetGateway

PRESENTED = Presented("127.0.0.1", 11401, b"certificate", "AB12CD34" + "0F" * 28)


def run_at_once(
    coroutine: Coroutine[Any, Any, Any],
    done: Callable[[object | None, BaseException | None], None],
) -> Callable[[], None]:
    """Runs a coroutine that never waits to its end, in the calling thread."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        done(end.value, None)
    except Exception as error:  # noqa: BLE001 - handed on, as the network thread does
        done(None, error)
    else:
        coroutine.close()
        raise AssertionError("A coroutine of the fake gateway waits for something.")
    return lambda: None


@dataclass
class Parked:
    """A submit that keeps the questions until a test ends them."""

    questions: list[Callable[[object | None, BaseException | None], None]] = field(
        default_factory=list
    )
    cancelled: int = 0

    def submit(
        self,
        coroutine: Coroutine[Any, Any, Any],
        done: Callable[[object | None, BaseException | None], None],
    ) -> Callable[[], None]:
        coroutine.close()
        self.questions.append(done)

        def cancel() -> None:
            self.cancelled += 1

        return cancel


@dataclass
class FakeGateway(
    FakeAccessGateway,
    FakeClientFilesGateway,
    FakeComponentsGateway,
    FakeControlGateway,
    FakeFindingGateway,
    FakeHistoryGateway,
    FakeInterfacesGateway,
    FakeLicenceGateway,
    FakeLoadersGateway,
    FakeLogsGateway,
    FakePlanGateway,
    FakeProcessesGateway,
    FakeSavesetGateway,
):
    """`failure` is raised by every method; `calls` holds name and arguments of each."""

    failure: Exception | None = None
    presented: Presented = PRESENTED
    diagnosis: Diagnosis = field(
        default_factory=lambda: Diagnosis(
            tuple(StepReport(step, True, "good", seconds=0.001) for step in Step), PRESENTED
        )
    )
    location_id: str = "enrolled"
    made: Job = field(default_factory=lambda: fleet.job("enrolled", 1, "home", JobState.QUEUED))
    calls: list[tuple[object, ...]] = field(default_factory=list)

    async def look(self, host: str, port: int) -> Presented:
        self._note("look", host, port)
        return self.presented

    async def enrol(
        self, presented: Presented, token: str, name: str, farm: str, replaces: str = ""
    ) -> Registration:
        self._note("enrol", presented, token, name, farm, *([replaces] if replaces else []))
        return Registration(
            self.location_id,
            name or "Own name",
            farm,
            presented.host,
            presented.port,
            presented.certificate,
            presented.fingerprint,
        )

    async def diagnose(self, location_id: str) -> Diagnosis:
        self._note("diagnose", location_id)
        return self.diagnosis

    async def accept_certificate(self, location_id: str, presented: Presented) -> None:
        self._note("accept_certificate", location_id, presented)

    async def change_registration(self, location_id: str, change: RegistrationChange) -> None:
        self._note("change_registration", location_id, change)

    async def remove_registration(self, location_id: str) -> None:
        self._note("remove_registration", location_id)

    async def reconnect(self, location_id: str) -> None:
        self._note("reconnect", location_id)

    async def order_backup(self, order: BackupOrder, request_id: str) -> Made:
        self._note("order_backup", order, request_id)
        is_later = order.start_time is not None
        return Made(() if is_later else (self.made,), "1", order.start_time or fleet.NOW)

    async def cancel_job(self, location_id: str, job_id: str, request_id: str) -> Job:
        self._note("cancel_job", location_id, job_id, request_id)
        return self.made

    async def answer_medium(
        self, location_id: str, label: str, *, is_loaded: bool, request_id: str
    ) -> None:
        self._note("answer_medium", location_id, label, is_loaded, request_id)

    async def start_restore(self, location_id: str, order: RestoreOrder, request_id: str) -> Job:
        self._note("start_restore", location_id, order, request_id)
        return self.made

    async def job(self, location_id: str, job_id: str) -> Job:
        self._note("job", location_id, job_id)
        return self.made

    async def jobs(
        self,
        location_id: str,
        query: JobQuery,
        page_token: str,
        with_counts: bool,
        most: int = PAGE_SIZE,
    ) -> JobPage:
        self._note("jobs", location_id, query, page_token, with_counts)
        return JobPage((), "", {} if with_counts else None)

    async def job_groups(
        self, location_id: str, query: JobQuery, grouping: JobGrouping, page_token: str = ""
    ) -> JobGroupPage:
        self._note("job_groups", location_id, query, grouping, page_token)
        return JobGroupPage((), "")

    async def entries(
        self, location_id: str, saveset: str, directory: bytes, page_token: str
    ) -> EntryPage:
        self._note("entries", location_id, saveset, directory, page_token)
        return EntryPage((), "", 0)

    async def protocol(
        self,
        location_id: str,
        job_id: str,
        after_line: int,
        part: ProtocolPart = ProtocolPart.MAIN,
    ) -> ProtocolPage:
        self._note("protocol", location_id, job_id, after_line)
        return ProtocolPage((), more=False, total=0)

    async def sheet(self, location_id: str, first: date, last: date) -> Sheet:
        self._note("sheet", location_id, first, last)
        days = (last - first).days + 1
        return Sheet(location_id, Span(first, days), (), fleet.NOW.date(), None, 0, fleet.NOW)

    async def occurrences(
        self, location_id: str, from_time: datetime, to_time: datetime
    ) -> Sequence[Occurrence]:
        self._note("occurrences", location_id, from_time, to_time)
        return ()

    async def cancel_occurrence(
        self, location_id: str, event_id: str, planned_time: datetime, request_id: str
    ) -> None:
        self._note("cancel_occurrence", location_id, event_id, planned_time, request_id)

    def _note(self, *call: object) -> None:
        self.calls.append(call)
        if self.failure is not None:
            raise self.failure
