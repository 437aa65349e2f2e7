"""The interface programs of a location, over the sessions' channels."""

from sesam_api.v1 import location_pb2
from sesam_api.v1.location_pb2_grpc import LocationServiceStub
from sesam_master.core.interfaces import (
    Interface,
    InterfaceRun,
    Interfaces,
    InterfaceState,
    RunOutcome,
)
from sesam_master.remote import calls, convert
from sesam_master.remote.roster import Roster
from sesam_master.remote.times import Times

_STATES = {
    location_pb2.INTERFACE_STATE_ON: InterfaceState.ON,
    location_pb2.INTERFACE_STATE_OFF: InterfaceState.OFF,
    location_pb2.INTERFACE_STATE_UNUSABLE: InterfaceState.UNUSABLE,
}
_OUTCOMES = {
    location_pb2.INTERFACE_OUTCOME_RUNNING: RunOutcome.RUNNING,
    location_pb2.INTERFACE_OUTCOME_OK: RunOutcome.OK,
    location_pb2.INTERFACE_OUTCOME_FAILED: RunOutcome.FAILED,
}


class InterfacesGateway:
    """Implements core.interfaces_source.InterfacesSource; see there for what it means."""

    _roster: Roster
    _times: Times

    async def interfaces(self, location_id: str) -> Interfaces:
        answer = await calls.read(
            self._roster.session(location_id),
            lambda ch: LocationServiceStub(ch).ListInterfaces,
            location_pb2.ListInterfacesRequest(),
            self._times.call,
        )
        return Interfaces(tuple(map(_interface, answer.interfaces)), answer.output_withheld)


def _interface(message: location_pb2.Interface) -> Interface:
    return Interface(
        name=message.name,
        state=_STATES.get(message.state, InterfaceState.UNKNOWN),
        fault=message.fault,
        path=message.path,
        template=message.template_path,
        last_run=_run(message.last_run) if message.HasField("last_run") else None,
    )


def _run(message: location_pb2.InterfaceRun) -> InterfaceRun:
    return InterfaceRun(
        start_time=convert.moment(message.start_time),
        end_time=convert.moment(message.end_time) if message.HasField("end_time") else None,
        outcome=_OUTCOMES.get(message.outcome, RunOutcome.UNKNOWN),
        exit_status=message.exit_status if message.HasField("exit_status") else None,
        text=message.text,
        job_id=message.job_id,
        task=message.task,
        client=message.client,
        module=message.module,
        output=message.output,
        is_cut=message.output_cut,
    )
