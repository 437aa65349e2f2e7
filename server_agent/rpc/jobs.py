"""JobService."""

import contextlib
from collections.abc import AsyncGenerator, Mapping

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.events import BackupAction
from server_agent.domain.jobs import JobState
from server_agent.ports import JobGrouping, JobQuery
from server_agent.rpc import convert, lists
from server_agent.rpc.guard import Call
from server_agent.rpc.watch import Watches
from server_agent.rpc.workers import Workers
from server_agent.service.jobs import Jobs
from server_agent.service.starting import BackupOrder, Starting
from sesam_api.v1 import jobs_pb2 as pb

ORDERS = ("create_time", "task", "client", "state", "severity", "bytes", "duration")
GROUP_ORDERS = ("name", "newest", "severity", "jobs")
GROUPINGS = {
    JobGrouping.TASK: pb.JOB_GROUPING_TASK,
    JobGrouping.CLIENT: pb.JOB_GROUPING_CLIENT,
    JobGrouping.TASK_GROUP: pb.JOB_GROUPING_TASK_GROUP,
    JobGrouping.TYPE: pb.JOB_GROUPING_TYPE,
    JobGrouping.LOCATION: pb.JOB_GROUPING_LOCATION,
}
USUAL_PROTOCOL_PAGE = 500


class JobServicer:
    def __init__(self, jobs: Jobs, starting: Starting, watches: Watches, workers: Workers) -> None:
        self._jobs = jobs
        self._starting = starting
        self._watches = watches
        self._workers = workers

    async def StartBackup(
        self, message: pb.StartBackupRequest, call: Call
    ) -> pb.StartBackupResponse:
        started = await self._workers.write(
            self._starting.start_backup, call.request, _order(message)
        )
        jobs = [convert.job(job) for job in started.jobs]
        return pb.StartBackupResponse(
            job=jobs[0] if jobs else None,
            jobs=jobs,
            event_id=started.event.id,
            planned_time=convert.timestamp(started.planned_time),
        )

    async def CancelJob(self, message: pb.CancelJobRequest, call: Call) -> pb.CancelJobResponse:
        job = await self._workers.write(self._jobs.cancel, call.request, message.job_id)
        return pb.CancelJobResponse(job=convert.job(job))

    async def GetJob(self, message: pb.GetJobRequest, _call: Call) -> pb.GetJobResponse:
        job = await self._workers.read(self._jobs.get, message.job_id)
        return pb.GetJobResponse(job=convert.job(job))

    async def ListJobs(self, message: pb.ListJobsRequest, _call: Call) -> pb.ListJobsResponse:
        order, descending = lists.order(message.order_by, ORDERS, "create_time desc")
        query = _query(message.filter, order, descending)

        async def answer(size: int) -> pb.ListJobsResponse:
            token = message.page_token or None
            found = await self._workers.read(
                self._jobs.find, query, token, size, message.with_counts
            )
            return pb.ListJobsResponse(
                jobs=map(convert.job, found.jobs.items),
                next_page_token=found.jobs.next_position or "",
                state_counts=_counts(found.counts),
            )

        return await lists.fitting(lists.page_size(message.page_size), answer)

    async def ListJobGroups(
        self, message: pb.ListJobGroupsRequest, _call: Call
    ) -> pb.ListJobGroupsResponse:
        order, descending = lists.order(message.order_by, GROUP_ORDERS, "name")
        query = _query(message.filter, order, descending)
        grouping = convert.from_wire("group_by", message.group_by, GROUPINGS)

        async def answer(size: int) -> pb.ListJobGroupsResponse:
            page = await self._workers.read(
                self._jobs.groups, query, grouping, message.page_token or None, size
            )
            groups = (
                pb.JobGroup(
                    name=group.name,
                    state_counts=_counts(group.counts),
                    newest_job_id=group.newest_id,
                    newest_state=convert.JOB_STATES[group.newest_state],
                    newest_time=convert.timestamp(group.newest_time),
                )
                for group in page.items
            )
            return pb.ListJobGroupsResponse(groups=groups, next_page_token=page.next_position or "")

        return await lists.fitting(lists.page_size(message.page_size), answer)

    async def WatchJob(
        self, message: pb.WatchJobRequest, call: Call
    ) -> AsyncGenerator[pb.WatchJobResponse, None]:
        async with contextlib.aclosing(self._watches.job(message.job_id, call.caller)) as jobs:
            async for job in jobs:
                yield pb.WatchJobResponse(job=convert.job(job))

    async def ReadProtocol(
        self, message: pb.ReadProtocolRequest, _call: Call
    ) -> pb.ReadProtocolResponse:
        if message.after_line < 0:
            raise InvalidArgument(
                field="after_line", value=message.after_line, expected="0 or a number of lines"
            )

        wanted = message.part or pb.PROTOCOL_PART_MAIN
        part = convert.from_wire("part", wanted, convert.PROTOCOL_PARTS)

        async def answer(size: int) -> pb.ReadProtocolResponse:
            lines, total = await self._workers.read(
                self._jobs.protocol, message.job_id, message.after_line, size, part
            )
            return pb.ReadProtocolResponse(
                lines=map(convert.protocol_line, lines),
                more=message.after_line + len(lines) < total,
                total_lines=total,
            )

        return await lists.fitting(lists.page_size(message.page_size, USUAL_PROTOCOL_PAGE), answer)


def _order(message: pb.StartBackupRequest) -> BackupOrder:
    action = BackupAction(
        backup_type=convert.from_wire("type", message.type, convert.BACKUP_TYPES),
        task=message.task,
        group=message.group,
        drive=message.drive,
        pool=message.pool,
    )
    start_time = None
    if message.HasField("start_time"):
        start_time = convert.moment("start_time", message.start_time)
    priority = message.priority if message.HasField("priority") else 1
    return BackupOrder(action.checked(), start_time, priority, message.follow_up)


def _counts(counts: Mapping[JobState, int]) -> list[pb.StateCount]:
    return [
        pb.StateCount(state=convert.JOB_STATES[state], count=count)
        for state, count in counts.items()
    ]


def _query(wanted: pb.JobFilter, order: str, descending: bool) -> JobQuery:
    return JobQuery(
        states=frozenset(
            convert.from_wire("states", state, convert.JOB_STATES) for state in wanted.states
        ),
        kinds=frozenset(
            convert.from_wire("kinds", kind, convert.JOB_KINDS) for kind in wanted.kinds
        ),
        task=lists.text("filter.task", wanted.task),
        client=lists.text("filter.client", wanted.client),
        first_sesam_day=lists.sesam_day("first_sesam_day", wanted.first_sesam_day),
        last_sesam_day=lists.sesam_day("last_sesam_day", wanted.last_sesam_day),
        text=lists.text("filter.text", wanted.text),
        order=order,
        descending=descending,
        group=lists.text("filter.group", wanted.group) if wanted.HasField("group") else None,
    )
