"""One location: what can be asked of it and done with it."""

import os
from collections.abc import Iterable, Iterator

from sesam_api import convert, watching
from sesam_api.access_calls import AccessCalls
from sesam_api.agent_calls import AgentCalls
from sesam_api.client_file_calls import ClientFileCalls
from sesam_api.errors import StillRunning
from sesam_api.finding_calls import FindingCalls, Path, name_of, saveset_name
from sesam_api.history_calls import HistoryCalls
from sesam_api.interface_calls import InterfaceCalls
from sesam_api.licence_calls import LicenceCalls
from sesam_api.loader_calls import LoaderCalls
from sesam_api.log_calls import LogCalls
from sesam_api.media_calls import MediaCalls
from sesam_api.plan_calls import PAGE_SIZE, PlanCalls, pages
from sesam_api.records import (
    Change,
    Identity,
    Job,
    ProtocolLine,
)
from sesam_api.saveset_records import Saveset
from sesam_api.topology_calls import TopologyCalls, path_bytes
from sesam_api.v1 import (
    jobs_pb2,
    location_pb2,
    savesets_pb2,
)
from sesam_api.v1.jobs_pb2_grpc import JobServiceStub
from sesam_api.v1.location_pb2_grpc import LocationServiceStub
from sesam_api.v1.savesets_pb2_grpc import SavesetServiceStub
from sesam_api.wire import Wire


class Location(
    TopologyCalls,
    PlanCalls,
    FindingCalls,
    MediaCalls,
    HistoryCalls,
    LoaderCalls,
    ClientFileCalls,
    InterfaceCalls,
    LicenceCalls,
    AgentCalls,
    AccessCalls,
    LogCalls,
):
    """One location. Made by `sesam_api.client.connect`, good until its `with` block ends.

    Attributes:
        identity: who the location is, as it was at the connect.
        role: what the credential allows: "admin", "operator", "backup", "restore" or "monitor".
        credential: secret; to be given as token the next time. None on the Unix socket.
    """

    def __init__(self, wire: Wire) -> None:
        TopologyCalls.__init__(self, wire)
        PlanCalls.__init__(self, wire)
        FindingCalls.__init__(self, wire)
        MediaCalls.__init__(self, wire)
        ClientFileCalls.__init__(self, wire)
        HistoryCalls.__init__(self, wire)
        LoaderCalls.__init__(self, wire)
        InterfaceCalls.__init__(self, wire)
        LicenceCalls.__init__(self, wire)
        AgentCalls.__init__(self, wire)
        LogCalls.__init__(self, wire)
        AccessCalls.__init__(self, wire)
        self._jobs = JobServiceStub(wire.channel)
        self._savesets = SavesetServiceStub(wire.channel)
        answer = wire.call(
            LocationServiceStub(wire.channel).GetLocation, location_pb2.GetLocationRequest()
        )
        self.identity: Identity = convert.identity(answer.location)
        self.role: str = convert.role(answer.role)
        self.credential: str | None = wire.credential

    # --- jobs ---

    def start_backup(self, task: str, backup_type: str) -> Job:
        """Queues a backup, "FULL", "DIFF", "INC" or "COPY". A DIFF or INC without a usable base
        becomes a FULL.

        `order_backup` can do more: groups, media pools, drives, priorities, a later time.
        """
        [job] = self.order_backup(backup_type, task=task).jobs
        return job

    def restore(
        self,
        saveset: str | Saveset,
        target: Path,
        paths: Iterable[Path] | None = None,
        *,
        overwrite: str = "always",
        dry_run: bool = False,
        client: str = "",
        without_interfaces: bool = False,
    ) -> Job:
        """Queues a restore.

        Args:
            saveset: the saveset or its name.
            target: absolute path of a directory on the client. Below it, every path is made as it
                was from the root.
            paths: full paths out of the listing, directories with all they hold; without them,
                everything. An empty list is a ValueError.
            overwrite: what becomes of files that are there: "always" replaced, "never", "if_older"
                than the saved one, or "rename": the restored one gets ".restored" behind its name.
            dry_run: touch nothing; the protocol of the job lists what would be done.
            client: whose directory the target is; "" for the saveset's own one.
            without_interfaces: do not run sbc_pre and sbc_post.
        """
        chosen = [] if paths is None else path_bytes(paths)
        if paths is not None and not chosen:
            raise ValueError("restore(): paths is empty. Leave it out to restore everything")
        request = savesets_pb2.StartRestoreRequest(
            **self._change(),
            saveset=saveset_name(saveset),
            paths=chosen,
            target=os.fsencode(target),
            overwrite=convert.overwrite_rule_number(overwrite),
            dry_run=dry_run,
            client=client,
            without_interfaces=without_interfaces,
        )
        return convert.job(self._wire.call(self._savesets.StartRestore, request).job)

    def cancel(self, job: str | Job) -> Job:
        """Tells an open job to stop, and does not wait for its end. It leaves no saveset."""
        request = jobs_pb2.CancelJobRequest(**self._change(), job_id=_job_id(job))
        return convert.job(self._wire.call(self._jobs.CancelJob, request).job)

    def job(self, job_id: str | Job) -> Job:
        """One job as it is now."""
        request = jobs_pb2.GetJobRequest(job_id=_job_id(job_id))
        return convert.job(self._wire.call(self._jobs.GetJob, request).job)

    def jobs(
        self,
        *,
        states: Iterable[str] = (),
        task: str = "",
        client: str = "",
        text: str = "",
        days: tuple[str, str] = ("", ""),
    ) -> Iterator[Job]:
        """Jobs, open and ended, the newest first. Every given condition holds.

        Args:
            states: as in `Job.state`; none: all.
            task: exact name of a task.
            client: exact name of a client.
            text: a part of the name of the task, client, event or task group, or, of three
                characters or more, of the saveset or message; letter case does not matter.
            days: first and last sesam day (YYYY-MM-DD), both included; "": no limit.
        """
        wanted = jobs_pb2.JobFilter(
            states=[convert.job_state_number(state) for state in states],
            task=task,
            client=client,
            text=text,
            first_sesam_day=days[0],
            last_sesam_day=days[1],
        )

        def page(token: str) -> tuple[Iterable[Job], str]:
            request = jobs_pb2.ListJobsRequest(page_size=PAGE_SIZE, page_token=token, filter=wanted)
            answer = self._wire.call(self._jobs.ListJobs, request)
            return map(convert.job, answer.jobs), answer.next_page_token

        return pages(page)

    def watch_job(self, job: str | Job, timeout: float | None = None) -> Iterator[Job]:
        """The job as it is now and after each change, the last time when it has ended.

        Raises:
            StillRunning: it has not ended after `timeout` seconds. It goes on.
            Unreachable: the agent went away for longer than the connection's patience.
        """
        job_id, state = _job_id(job), "queued"
        messages = self._wire.repeated(
            self._jobs.WatchJob, lambda: jobs_pb2.WatchJobRequest(job_id=job_id), timeout
        )
        for message in messages:
            now = convert.job(message.job)
            yield now
            if not now.is_open:
                return
            state = now.state
        raise StillRunning(job_id, state, timeout or 0.0)

    def wait(self, job: str | Job, timeout: float | None = None) -> Job:
        """The job after its end, whatever its end was. Raises as `watch_job` does."""
        for now in self.watch_job(job, timeout):
            ended = now
        return ended

    def protocol(self, job: str | Job, part: str = "main") -> Iterator[ProtocolLine]:
        """What the job has written so far.

        Args:
            part: "pre" or "post" for what sbc_pre or sbc_post said.
        """
        number = convert.number(jobs_pb2.ProtocolPart.DESCRIPTOR, "part", part)
        wanted = jobs_pb2.ProtocolPart.ValueType(number)
        request = jobs_pb2.ReadProtocolRequest(job_id=_job_id(job), part=wanted)
        more = True
        while more:
            answer = self._wire.call(self._jobs.ReadProtocol, request)
            yield from map(convert.protocol_line, answer.lines)
            request.after_line += len(answer.lines)
            more = answer.more

    # --- savesets ---

    def savesets(self, *, task: str = "", client: str = "", text: str = "") -> Iterator[Saveset]:
        """Savesets, the newest first. Every given condition holds.

        Args:
            task: exact name of a task.
            client: exact name of a client.
            text: a part of name, task or client; letter case does not matter.
        """
        wanted = savesets_pb2.SavesetFilter(task=task, client=client, text=text)

        def page(token: str) -> tuple[Iterable[Saveset], str]:
            request = savesets_pb2.ListSavesetsRequest(
                page_size=PAGE_SIZE, page_token=token, filter=wanted
            )
            answer = self._wire.call(self._savesets.ListSavesets, request)
            return map(convert.saveset, answer.savesets), answer.next_page_token

        return pages(page)

    def saveset(self, name: str) -> Saveset:
        """One saveset."""
        request = savesets_pb2.GetSavesetRequest(name=name)
        return convert.saveset(self._wire.call(self._savesets.GetSaveset, request).saveset)

    # --- the whole location ---

    def watch(self, timeout: float | None = None) -> Iterator[Change]:
        """The live state as a Snapshot, and then the new value of whatever changes.

        A broken connection is taken up where it ended; a new Snapshot replaces everything. Ends
        after `timeout` seconds; without one it goes on until the caller leaves the loop.

        Raises:
            Unreachable: the agent went away for longer than the connection's patience.
        """
        return watching.changes(self._wire, self.identity.location_id, timeout)


def _job_id(job: str | Job) -> str:
    return job.id if isinstance(job, Job) else name_of(job, "job")
