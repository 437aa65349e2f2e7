"""The services of `protos/sesam_api/v1` over a location in memory."""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import grpc

from sesam_api.v1 import access_pb2 as access
from sesam_api.v1 import jobs_pb2 as jobs
from sesam_api.v1 import location_pb2 as location
from sesam_api.v1 import savesets_pb2 as savesets
from sesam_api.v1.access_pb2_grpc import AccessServiceServicer
from sesam_api.v1.jobs_pb2_grpc import JobServiceServicer
from sesam_api.v1.location_pb2_grpc import LocationServiceServicer
from sesam_api.v1.savesets_pb2_grpc import SavesetServiceServicer
from tests.fakes.agent_job_lists import ORDERS, groups_of, meets
from tests.fakes.agent_state import OPEN_STATES, Change, FakeLocation, Refused

Item = TypeVar("Item")

HEARTBEAT_SECONDS = 0.5


def page_of(items: Sequence[Item], size: int, token: str) -> tuple[Sequence[Item], str]:
    """One page and the token of the next."""
    if token and not token.isdigit():
        raise Refused("PAGE_TOKEN_INVALID")
    start, size = int(token or 0), size or 256
    end = start + size
    return items[start:end], str(end) if end < len(items) else ""


def found(known: dict[str, Item], name: str, reason: str, key: str) -> Item:
    if name not in known:
        raise Refused(reason, **{key: name})
    return known[name]


class Access(AccessServiceServicer):
    def __init__(self, state: FakeLocation) -> None:
        self._state = state

    def CreateToken(self, request: Any, context: grpc.ServicerContext) -> Any:
        token = "-".join(uuid.uuid4().hex[i : i + 4] for i in range(0, 16, 4))
        self._state.tokens[token] = request.role
        answer = access.CreateTokenResponse(token=token)
        answer.expire_time.FromSeconds(
            int(time.time()) + (request.time_to_live.ToSeconds() or 3600)
        )
        return answer

    def Enrol(self, request: Any, context: grpc.ServicerContext) -> Any:
        if request.token in self._state.used_tokens:
            raise Refused("TOKEN_USED", used_time=self._state.used_tokens[request.token])
        if request.token not in self._state.tokens:
            raise Refused("TOKEN_UNKNOWN")
        role = self._state.tokens.pop(request.token)
        self._state.used_tokens[request.token] = "2025-03-01T12:00:00+00:00"
        secret = self.give(request.holder, role)
        return access.EnrolResponse(
            location_id=self._state.location_id,
            name=self._state.name,
            credential=secret,
            role=role,
        )

    def give(self, holder: str, role: int) -> str:
        """A credential in force."""
        secret = f"sesam_{uuid.uuid4().hex}"
        known = access.Credential(credential_id=uuid.uuid4().hex[:8], holder=holder, role=role)
        known.create_time.GetCurrentTime()
        self._state.credentials[secret] = known
        return secret

    def ListCredentials(self, request: Any, context: grpc.ServicerContext) -> Any:
        known = [c for c in self._state.credentials.values() if request.filter in c.holder]
        page, token = page_of(known[::-1], request.page_size, request.page_token)
        return access.ListCredentialsResponse(credentials=page, next_page_token=token)

    def RevokeCredential(self, request: Any, context: grpc.ServicerContext) -> Any:
        by_id = {known.credential_id: known for known in self._state.credentials.values()}
        known = found(by_id, request.credential_id, "CREDENTIAL_NOT_FOUND", "credential")
        known.revoke_time.GetCurrentTime()
        return access.RevokeCredentialResponse(credential=known)


class Locations(LocationServiceServicer):
    def __init__(self, state: FakeLocation, role_of: Callable[[grpc.ServicerContext], int]) -> None:
        self._state = state
        self._role_of = role_of

    def GetLocation(self, request: Any, context: grpc.ServicerContext) -> Any:
        answer = location.GetLocationResponse(
            location=self._state.identity(), role=self._role_of(context)
        )
        return _stamped(answer, self._state)

    def Watch(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        state = self._state
        context.add_callback(lambda: _wake(state))
        known = request.after_revision
        with state.changed:
            fresh = (
                not request.HasField("after_revision")
                or (request.location_id, request.epoch) != (state.location_id, state.epoch)
                or not state.forgotten <= known <= state.revision
            )
            again = location.Changes(changes=[Change(location=state.identity())])
            first = (
                self._snapshot(context)
                if fresh
                else [location.WatchResponse(revision=known, changes=again)]
            )
            known = state.revision if fresh else known
        for message in first:
            yield _stamped(message, state)
        while context.is_active() and not state.stopping:
            with state.changed:
                if state.revision == known and not state.stopping and context.is_active():
                    state.changed.wait(HEARTBEAT_SECONDS)
                news, known = state.log[known:], state.revision
            if news:
                changes = location.Changes(changes=news)
                yield _stamped(location.WatchResponse(revision=known, changes=changes), state)
            else:
                beat = location.WatchResponse(revision=known, heartbeat=location.Heartbeat())
                yield _stamped(beat, state)
        if state.stopping:
            raise Refused("SHUTTING_DOWN")

    def _snapshot(self, context: grpc.ServicerContext) -> list[Any]:
        """In two parts: the topology, then the jobs."""
        state = self._state
        topology_part = location.Snapshot(
            first=True,
            location=state.identity(),
            role=self._role_of(context),
            clients=state.clients.values(),
            tasks=state.tasks.values(),
            schedules=state.schedules.values(),
            events=state.events.values(),
            groups=state.groups.values(),
            drives=state.drives.values(),
            epoch=state.epoch,
        )
        jobs_part = location.Snapshot(complete=True, jobs=state.watched_jobs())
        return [
            location.WatchResponse(snapshot=topology_part),
            location.WatchResponse(revision=state.revision, snapshot=jobs_part),
        ]


def _wake(state: FakeLocation) -> None:
    with state.changed:
        state.changed.notify_all()


def _stamped(message: Any, state: FakeLocation) -> Any:
    message.agent_time.GetCurrentTime()
    message.agent_time.seconds += state.clock_ahead_seconds
    return message


class Jobs(JobServiceServicer):
    def __init__(self, state: FakeLocation) -> None:
        self._state = state

    def StartBackup(self, request: Any, context: grpc.ServicerContext) -> Any:
        state = self._state
        names = [request.task]
        if request.group:
            names = list(found(state.groups, request.group, "GROUP_NOT_FOUND", "group").tasks)
        wanted = [found(state.tasks, name, "TASK_NOT_FOUND", "task") for name in names]
        if not request.type:
            raise Refused("INVALID_ARGUMENT", field="type", value="0", expected="a type")
        answer = jobs.StartBackupResponse(event_id=str(1000 + len(state.answers)))
        answer.planned_time.GetCurrentTime()
        if request.HasField("start_time"):
            answer.planned_time.CopyFrom(request.start_time)
            return answer
        for task in wanted:
            job = state.new_job(
                kind=jobs.JOB_KIND_BACKUP,
                task=task.name,
                client=task.client,
                requested_type=request.type,
                started_by="local",
                group=request.group,
                drive=request.drive,
                priority=request.priority,
                pool=request.pool,
            )
            answer.jobs.append(job)
        answer.job.CopyFrom(answer.jobs[0])
        return answer

    def CancelJob(self, request: Any, context: grpc.ServicerContext) -> Any:
        job = found(self._state.jobs, request.job_id, "JOB_NOT_FOUND", "job")
        if job.state not in OPEN_STATES:
            raise Refused("JOB_ENDED", job=job.job_id, state=jobs.JobState.Name(job.state))
        self._state.end_job(job.job_id, jobs.JOB_STATE_CANCELLED, "Cancelled by local.")
        return jobs.CancelJobResponse(job=job)

    def GetJob(self, request: Any, context: grpc.ServicerContext) -> Any:
        job = found(self._state.jobs, request.job_id, "JOB_NOT_FOUND", "job")
        return jobs.GetJobResponse(job=job)

    def ListJobs(self, request: Any, context: grpc.ServicerContext) -> Any:
        wanted, (key, _, direction) = request.filter, request.order_by.partition(" ")
        if request.order_by and (key not in ORDERS or direction not in ("", "desc")):
            raise Refused(
                "INVALID_ARGUMENT",
                field="order_by",
                value=request.order_by,
                expected=f"one of {', '.join(ORDERS)}",
            )
        value = ORDERS[key or "create_time"]
        found = [job for job in self._state.jobs.values() if meets(job, wanted)]
        counts = Counter(job.state for job in found) if request.with_counts else {}
        known = [job for job in found if not wanted.states or job.state in wanted.states]
        known.sort(
            key=lambda job: (value(job), int(job.job_id)),
            reverse=direction == "desc" or not request.order_by,
        )
        page, token = page_of(known, request.page_size, request.page_token)
        return jobs.ListJobsResponse(
            jobs=page,
            next_page_token=token,
            state_counts=[jobs.StateCount(state=s, count=n) for s, n in counts.items()],
        )

    def ListJobGroups(self, request: Any, context: grpc.ServicerContext) -> Any:
        known = groups_of(self._state.jobs.values(), request)
        page, token = page_of(known, request.page_size, request.page_token)
        return jobs.ListJobGroupsResponse(groups=page, next_page_token=token)

    def WatchJob(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        """Runs the job to its end if the location has an ending for it."""
        state = self._state
        context.add_callback(lambda: _wake(state))
        job = found(state.jobs, request.job_id, "JOB_NOT_FOUND", "job")
        yield jobs.WatchJobResponse(job=job)
        if job.state == jobs.JOB_STATE_QUEUED and state.endings:
            state.start_job(job.job_id)
            yield jobs.WatchJobResponse(job=state.jobs[job.job_id])
            ending = state.endings.pop(0)
            message = "" if ending == jobs.JOB_STATE_OK else "2 of 10 files could not be read."
            state.end_job(job.job_id, ending, message)
            yield jobs.WatchJobResponse(job=state.jobs[job.job_id])
            return
        while job.state in OPEN_STATES and context.is_active():
            with state.changed:
                while state.jobs[job.job_id] is job and not state.stopping and context.is_active():
                    state.changed.wait()
                job = state.jobs[job.job_id]
            if state.stopping:
                raise Refused("SHUTTING_DOWN")
            yield jobs.WatchJobResponse(job=job)

    def ReadProtocol(self, request: Any, context: grpc.ServicerContext) -> Any:
        found(self._state.jobs, request.job_id, "JOB_NOT_FOUND", "job")
        lines = self._state.protocols.get(request.job_id, [])
        end = request.after_line + (request.page_size or 500)
        return jobs.ReadProtocolResponse(
            lines=lines[request.after_line : end], more=end < len(lines), total_lines=len(lines)
        )


_SAVESET_ORDERS: dict[str, Callable[[Any], Any]] = {
    "start_time": lambda one: one.start_time.ToNanoseconds(),
    "sesam_day": lambda one: one.sesam_day,
    "bytes": lambda one: one.bytes,
    "name": lambda one: one.name,
}


class Savesets(SavesetServiceServicer):
    def __init__(self, state: FakeLocation) -> None:
        self._state = state

    def ListSavesets(self, request: Any, context: grpc.ServicerContext) -> Any:
        wanted = request.filter
        known = [
            saveset
            for saveset in reversed(self._state.savesets.values())
            if wanted.task in ("", saveset.task) and wanted.client in ("", saveset.client)
            if wanted.text.casefold() in f"{saveset.name} {saveset.task}".casefold()
        ]
        field, _, direction = request.order_by.partition(" ")
        if field:
            value = _SAVESET_ORDERS[field]
            known.sort(key=lambda one: (value(one), one.name), reverse=bool(direction))
        page, token = page_of(known, request.page_size, request.page_token)
        return savesets.ListSavesetsResponse(savesets=page, next_page_token=token)

    def GetSaveset(self, request: Any, context: grpc.ServicerContext) -> Any:
        saveset = found(self._state.savesets, request.name, "SAVESET_NOT_FOUND", "saveset")
        return savesets.GetSavesetResponse(saveset=saveset)

    def ListEntries(self, request: Any, context: grpc.ServicerContext) -> Any:
        listing = found(self._state.listings, request.saveset, "SAVESET_NOT_FOUND", "saveset")
        if request.directory not in listing:
            raise Refused("PATH_NOT_FOUND", saveset=request.saveset, path=repr(request.directory))
        entries = listing[request.directory]
        page, token = page_of(entries, request.page_size, request.page_token)
        return savesets.ListEntriesResponse(entries=page, next_page_token=token, total=len(entries))

    def StartRestore(self, request: Any, context: grpc.ServicerContext) -> Any:
        saveset = found(self._state.savesets, request.saveset, "SAVESET_NOT_FOUND", "saveset")
        if not request.target.startswith(b"/"):
            raise Refused(
                "INVALID_ARGUMENT",
                field="target",
                value=repr(request.target),
                expected="an absolute path",
            )
        job = self._state.new_job(
            kind=jobs.JOB_KIND_RESTORE,
            task=saveset.task,
            client=saveset.client,
            saveset=saveset.name,
            target=request.target,
            started_by="local",
            overwrite=request.overwrite or jobs.OVERWRITE_RULE_ALWAYS,
            dry_run=request.dry_run,
            target_client=request.client if request.client != saveset.client else "",
        )
        return savesets.StartRestoreResponse(job=job)
