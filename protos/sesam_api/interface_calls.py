"""What can be asked of the interface programs of a location."""

from dataclasses import dataclass
from datetime import datetime

from sesam_api import convert
from sesam_api.v1 import location_pb2
from sesam_api.v1.location_pb2_grpc import LocationServiceStub
from sesam_api.wire import Wire

_STATES = {
    location_pb2.INTERFACE_STATE_OFF: "off",
    location_pb2.INTERFACE_STATE_ON: "on",
    location_pb2.INTERFACE_STATE_UNUSABLE: "unusable",
}
_OUTCOMES = {
    location_pb2.INTERFACE_OUTCOME_RUNNING: "running",
    location_pb2.INTERFACE_OUTCOME_OK: "ok",
    location_pb2.INTERFACE_OUTCOME_FAILED: "failed",
}
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface program, and the run of it that began last.

    Attributes:
        name: "sbc_pre", "sbc_post", "sm_notify", "sm_alarm" or "sm_disaster".
        state: "on", "off", or "unusable" for a file that cannot be run; `fault` says why.
        start_time: of the last run; None if none is known, and then all that follows is empty.
        end_time: None while it runs, and where its end is not known.
        outcome: "ok", "failed", "running", or "unknown" if the agent stopped before its end.
        exit_status: negative the signal that killed it; None where it has none.
        text: what is to be said of the outcome.
        job, task, client: that it was called for; "" if it was for none.
        module: first argument of sm_notify and sm_alarm.
        path, template: on the agent's machine; the template is copied to the path to switch it on.
        output: the last 64 KiB of what it wrote; None if the role of the caller may not see it.
        is_output_cut: it wrote more.
    """

    name: str
    state: str
    fault: str
    start_time: datetime | None
    end_time: datetime | None
    outcome: str
    exit_status: int | None
    text: str
    job: str
    task: str
    client: str
    module: str
    path: bytes
    template: bytes
    output: bytes | None
    is_output_cut: bool


class InterfaceCalls:
    """The part of a `Location` that knows its interface programs."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._interfaces = LocationServiceStub(wire.channel)

    def interfaces(self) -> list[Interface]:
        """The five of them, as they are now."""
        answer = self._wire.call(
            self._interfaces.ListInterfaces, location_pb2.ListInterfacesRequest()
        )
        return [_interface(each, answer.output_withheld) for each in answer.interfaces]


def _interface(message: location_pb2.Interface, withheld: bool) -> Interface:
    run = message.last_run
    has_run = message.HasField("last_run")
    return Interface(
        name=message.name,
        state=_STATES.get(message.state, _UNKNOWN),
        fault=message.fault,
        start_time=convert.moment(run.start_time) if has_run else None,
        end_time=convert.moment(run.end_time) if run.HasField("end_time") else None,
        outcome=_OUTCOMES.get(run.outcome, _UNKNOWN) if has_run else "",
        exit_status=run.exit_status if run.HasField("exit_status") else None,
        text=run.text,
        job=run.job_id,
        task=run.task,
        client=run.client,
        module=run.module,
        path=message.path,
        template=message.template_path,
        output=None if withheld else run.output,
        is_output_cut=run.output_cut,
    )
