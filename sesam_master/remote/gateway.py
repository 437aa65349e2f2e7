"""What the desk asks of its locations, over the sessions' channels."""

import asyncio

from sesam_api.v1 import jobs_pb2, media_pb2, savesets_pb2
from sesam_api.v1.jobs_pb2_grpc import JobServiceStub
from sesam_api.v1.media_pb2_grpc import MediaServiceStub
from sesam_api.v1.savesets_pb2_grpc import SavesetServiceStub
from sesam_master.core.errors import DeskReason, LocationError, Trouble
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
)
from sesam_master.core.records import Job
from sesam_master.core.registry import Registration, RegistrationChange
from sesam_master.core.restoring import RestoreOrder
from sesam_master.remote import (
    calls,
    convert,
    convert_restoring,
    convert_savesets,
    doctor,
    enrolment,
    probe,
)
from sesam_master.remote.access_gateway import AccessGateway
from sesam_master.remote.calendar_gateway import CalendarGateway
from sesam_master.remote.client_files_gateway import ClientFilesGateway
from sesam_master.remote.components_gateway import ComponentsGateway
from sesam_master.remote.control_gateway import ControlGateway
from sesam_master.remote.finding_gateway import FindingGateway
from sesam_master.remote.history_gateway import HistoryGateway
from sesam_master.remote.interfaces_gateway import InterfacesGateway
from sesam_master.remote.licence_gateway import LicenceGateway
from sesam_master.remote.loaders_gateway import LoadersGateway
from sesam_master.remote.logs_gateway import LogsGateway
from sesam_master.remote.plan_gateway import PlanGateway
from sesam_master.remote.processes_gateway import ProcessesGateway
from sesam_master.remote.roster import Roster
from sesam_master.remote.savesets_gateway import SavesetGateway
from sesam_master.remote.start_gateway import StartGateway

_PARTS = {
    ProtocolPart.MAIN: jobs_pb2.PROTOCOL_PART_MAIN,
    ProtocolPart.PRE: jobs_pb2.PROTOCOL_PART_PRE,
    ProtocolPart.POST: jobs_pb2.PROTOCOL_PART_POST,
}


class Gateway(
    AccessGateway,
    CalendarGateway,
    ClientFilesGateway,
    ComponentsGateway,
    ControlGateway,
    FindingGateway,
    HistoryGateway,
    InterfacesGateway,
    LicenceGateway,
    LoadersGateway,
    LogsGateway,
    PlanGateway,
    ProcessesGateway,
    SavesetGateway,
    StartGateway,
):
    """Implements core.gateway.FleetGateway; see there for what each method means."""

    def __init__(self, roster: Roster) -> None:
        super().__init__(roster)
        self._enrolling: set[asyncio.Task[Registration]] = set()

    async def cancel_job(self, location_id: str, job_id: str, request_id: str) -> Job:
        request = jobs_pb2.CancelJobRequest(
            location_id=location_id, request_id=request_id, job_id=job_id
        )
        session = self._roster.session(location_id)
        answer = await calls.change(
            session, lambda ch: JobServiceStub(ch).CancelJob, request, self._times.call
        )
        return convert.job(location_id, answer.job)

    async def answer_medium(
        self, location_id: str, label: str, *, is_loaded: bool, request_id: str
    ) -> None:
        loaded, refused = media_pb2.MEDIA_ANSWER_LOADED, media_pb2.MEDIA_ANSWER_REFUSED
        request = media_pb2.AnswerMediaRequestRequest(
            location_id=location_id,
            request_id=request_id,
            label=label,
            answer=loaded if is_loaded else refused,
        )
        session = self._roster.session(location_id)
        await calls.change(
            session, lambda ch: MediaServiceStub(ch).AnswerMediaRequest, request, self._times.call
        )

    async def job(self, location_id: str, job_id: str) -> Job:
        answer = await calls.read(
            self._roster.session(location_id),
            lambda ch: JobServiceStub(ch).GetJob,
            jobs_pb2.GetJobRequest(job_id=job_id),
            self._times.call,
        )
        return convert.job(location_id, answer.job)

    async def jobs(
        self,
        location_id: str,
        query: JobQuery,
        page_token: str,
        with_counts: bool,
        most: int = PAGE_SIZE,
    ) -> JobPage:
        session = self._roster.session(location_id)
        wanted = convert.job_filter(query)
        if query.states and not wanted.states and not with_counts:
            return JobPage((), "", None)  # no location has jobs in such a state
        request = jobs_pb2.ListJobsRequest(
            page_size=most,
            page_token=page_token,
            filter=wanted,
            order_by=f"{query.order} desc" if query.descending else query.order,
            with_counts=with_counts,
        )
        answer = await calls.read(
            session, lambda ch: JobServiceStub(ch).ListJobs, request, self._times.list_call
        )
        counts = convert.state_counts(answer.state_counts) if with_counts else None
        if query.states and not wanted.states:
            return JobPage((), "", counts)
        jobs = tuple(convert.job(location_id, message) for message in answer.jobs)
        return JobPage(jobs, answer.next_page_token, counts)

    async def job_groups(
        self, location_id: str, query: JobQuery, grouping: JobGrouping, page_token: str = ""
    ) -> JobGroupPage:
        session = self._roster.session(location_id)
        wanted = convert.job_filter(query)
        if query.states and not wanted.states:
            return JobGroupPage((), "")  # no location has jobs in such a state
        request = jobs_pb2.ListJobGroupsRequest(
            group_by=convert.GROUPING_NUMBERS[grouping],
            filter=wanted,
            order_by=f"{query.order} desc" if query.descending else query.order,
            page_size=PAGE_SIZE,
            page_token=page_token,
        )
        answer = await calls.read(
            session, lambda ch: JobServiceStub(ch).ListJobGroups, request, self._times.list_call
        )
        groups = tuple(convert.job_group(location_id, message) for message in answer.groups)
        return JobGroupPage(groups, answer.next_page_token)

    async def protocol(
        self,
        location_id: str,
        job_id: str,
        after_line: int,
        part: ProtocolPart = ProtocolPart.MAIN,
    ) -> ProtocolPage:
        request = jobs_pb2.ReadProtocolRequest(
            job_id=job_id, after_line=after_line, part=_PARTS[part]
        )
        answer = await calls.read(
            self._roster.session(location_id),
            lambda ch: JobServiceStub(ch).ReadProtocol,
            request,
            self._times.call,
        )
        lines = tuple(map(convert.protocol_line, answer.lines))
        return ProtocolPage(lines, answer.more, answer.total_lines)

    async def entries(
        self, location_id: str, saveset: str, directory: bytes, page_token: str
    ) -> EntryPage:
        request = savesets_pb2.ListEntriesRequest(
            saveset=saveset, directory=directory, page_size=PAGE_SIZE, page_token=page_token
        )
        answer = await calls.read(
            self._roster.session(location_id),
            lambda ch: SavesetServiceStub(ch).ListEntries,
            request,
            self._times.list_call,
        )
        return EntryPage(
            tuple(map(convert_savesets.entry, answer.entries)), answer.next_page_token, answer.total
        )

    async def start_restore(self, location_id: str, order: RestoreOrder, request_id: str) -> Job:
        request = convert_restoring.restore_request(location_id, request_id, order)
        answer = await calls.change(
            self._roster.session(location_id),
            lambda ch: SavesetServiceStub(ch).StartRestore,
            request,
            self._times.call,
        )
        return convert.job(location_id, answer.job)

    async def look(self, host: str, port: int) -> Presented:
        try:
            return await probe.present(host, port, self._times.probe)
        except probe.StepFailed as failure:
            metadata = {"step": failure.step, "found": failure.found, "advice": failure.advice}
            raise LocationError(
                Trouble.UNREACHABLE, "", DeskReason.NOT_REACHED, metadata
            ) from failure

    async def enrol(
        self, presented: Presented, token: str, name: str, farm: str, replaces: str = ""
    ) -> Registration:
        enrolling = enrolment.enrol(self._roster, presented, token, name, farm, replaces)
        return await calls.to_its_end(self._enrolling, enrolling)

    async def diagnose(self, location_id: str) -> Diagnosis:
        registration = self._roster.registration(location_id)
        return await doctor.diagnose(
            registration, lambda: self._roster.credential(location_id), self._times
        )

    async def accept_certificate(self, location_id: str, presented: Presented) -> None:
        await self._roster.pin(location_id, presented.certificate, presented.fingerprint)

    async def change_registration(self, location_id: str, change: RegistrationChange) -> None:
        await self._roster.change(location_id, change)

    async def remove_registration(self, location_id: str) -> None:
        await self._roster.remove(location_id)

    async def reconnect(self, location_id: str) -> None:
        self._roster.session(location_id).hurry()
