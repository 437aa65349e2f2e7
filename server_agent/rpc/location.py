"""LocationService."""

from collections.abc import AsyncGenerator

from server_agent.domain.access import Role
from server_agent.domain.interface_runs import InterfaceRun, RunOutcome
from server_agent.ports import Clock
from server_agent.rpc import convert
from server_agent.rpc.guard import Call
from server_agent.rpc.watch import Watches
from server_agent.rpc.workers import Workers
from server_agent.service.interface_runs import Interface, InterfaceRuns
from server_agent.service.location import Location
from sesam_api.v1 import location_pb2 as pb

_SEES_OUTPUT = frozenset({Role.ADMIN, Role.OPERATOR})
_OUTCOMES = {
    RunOutcome.RUNNING: pb.INTERFACE_OUTCOME_RUNNING,
    RunOutcome.OK: pb.INTERFACE_OUTCOME_OK,
    RunOutcome.FAILED: pb.INTERFACE_OUTCOME_FAILED,
    RunOutcome.UNKNOWN: pb.INTERFACE_OUTCOME_UNKNOWN,
}


class LocationServicer:
    def __init__(
        self,
        location: Location,
        watches: Watches,
        clock: Clock,
        interfaces: InterfaceRuns,
        workers: Workers,
    ) -> None:
        self._location = location
        self._watches = watches
        self._clock = clock
        self._interfaces = interfaces
        self._workers = workers

    async def GetLocation(
        self, _message: pb.GetLocationRequest, call: Call
    ) -> pb.GetLocationResponse:
        return pb.GetLocationResponse(
            location=convert.location(self._location),
            role=convert.ROLES[call.caller.role],
            agent_time=convert.timestamp(self._clock.now()),
        )

    def Watch(self, message: pb.WatchRequest, call: Call) -> AsyncGenerator[pb.WatchResponse, None]:
        after = None
        known = (message.location_id, message.epoch)
        if message.HasField("after_revision") and known == (
            self._location.id,
            self._location.epoch,
        ):
            after = message.after_revision
        return self._watches.location(after, call.caller)

    async def ListInterfaces(
        self, _message: pb.ListInterfacesRequest, call: Call
    ) -> pb.ListInterfacesResponse:
        sees = call.caller.role in _SEES_OUTPUT
        found = await self._workers.read(self._interfaces.all)
        return pb.ListInterfacesResponse(
            interfaces=[_interface(each, sees) for each in found], output_withheld=not sees
        )


def _interface(item: Interface, sees_output: bool) -> pb.Interface:
    file = item.file
    usable = pb.INTERFACE_STATE_UNUSABLE if file.fault else pb.INTERFACE_STATE_ON
    return pb.Interface(
        name=item.name,
        state=usable if file.is_there else pb.INTERFACE_STATE_OFF,
        fault=_text(file.fault),
        path=file.path,
        template_path=file.template,
        last_run=_run(item.last_run, sees_output) if item.last_run is not None else None,
    )


def _text(text: str) -> str:
    """A path in it need be no text."""
    return convert.text(text.encode("utf-8", "surrogateescape"))


def _run(run: InterfaceRun, sees_output: bool) -> pb.InterfaceRun:
    return pb.InterfaceRun(
        start_time=convert.timestamp(run.start_time),
        end_time=convert.timestamp(run.end_time) if run.end_time is not None else None,
        outcome=_OUTCOMES[run.outcome],
        exit_status=run.exit_status,
        text=_text(run.text),
        job_id=run.job,
        task=run.task,
        client=run.client,
        module=run.module,
        output=run.output if sees_output else b"",
        output_cut=run.is_cut and sees_output,
    )
