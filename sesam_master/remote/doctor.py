"""Tries the connection to a location step by step, apart from its session."""

import contextlib
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import grpc

from sesam_api.errors import SesamError
from sesam_api.v1 import location_pb2
from sesam_api.v1.location_pb2_grpc import LocationServiceStub
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.gateway import Diagnosis, Presented, Step, StepReport
from sesam_master.core.records import Role
from sesam_master.core.registry import KeepingError, Registration
from sesam_master.remote import calls, convert, probe
from sesam_master.remote.channel import bearer, channel_to
from sesam_master.remote.times import Times

CLOCK_TOLERANCE_SECONDS = 60.0

_NEW_TOKEN = (
    "Ask the location's administrator for a new enrolment token, and enrol the location again."
)
_LOCAL_STEPS = (Step.TLS, Step.FINGERPRINT, Step.CREDENTIAL)


class _Stopped(Exception):
    """A step failed and was reported; the later ones cannot be tried."""


async def diagnose(
    registration: Registration, secret: Callable[[], Awaitable[str | None]], times: Times
) -> Diagnosis:
    """All steps in their order; those after a failed one are not tried."""
    examination = _Examination(registration, secret, times)
    with contextlib.suppress(_Stopped):
        await examination.run()
    reports = examination.reports
    known = {report.step for report in reports}
    missing = [StepReport(step, None, "Not tried") for step in Step if step not in known]
    return Diagnosis((*reports, *missing), examination.presented, examination.role)


class _Examination:
    def __init__(
        self,
        registration: Registration,
        secret: Callable[[], Awaitable[str | None]],
        times: Times,
    ) -> None:
        self.reports: list[StepReport] = []
        self.presented: Presented | None = None
        self.role: Role | None = None
        self._registration = registration
        self._get_secret = secret
        self._times = times

    async def run(self) -> None:
        registration = self._registration
        secret = None
        if registration.socket:
            await self._reach_socket()
        else:
            await self._reach_network()
            self._compare(registration)
            secret = await self._read_secret()
        answer, begin, seconds = await self._ask(secret)
        if not registration.socket:
            self._good(Step.CREDENTIAL, "The agent knows this desk", seconds)
        self._read_identity(answer)
        self.role = convert.role(answer.role)
        self._good(Step.ROLE, f"This desk's role is {self.role}")
        self._compare_clocks(answer, begin + timedelta(seconds=seconds / 2))

    async def _reach_network(self) -> None:
        try:
            self.presented = await probe.present(
                self._registration.host,
                self._registration.port,
                self._times.probe,
                self.reports.append,
            )
        except probe.StepFailed as failure:
            self._bad(Step(failure.step), failure.found, failure.advice)

    async def _reach_socket(self) -> None:
        try:
            await probe.reach_socket(self._registration.socket, self._times.probe)
        except probe.StepFailed as failure:
            self._bad(Step(failure.step), failure.found, failure.advice)
        self._good(Step.NAME, "This machine")
        self._good(Step.TCP, "The agent's own socket is open")
        for step in _LOCAL_STEPS:
            self._good(step, "Not needed at the agent's own socket")

    def _compare(self, registration: Registration) -> None:
        if self.presented is None or self.presented.certificate == registration.certificate:
            self._good(Step.FINGERPRINT, "The accepted certificate")
            return
        self._bad(
            Step.FINGERPRINT,
            f"The server presents {self.presented.fingerprint}, but {registration.fingerprint} "
            "was accepted. Nothing was sent.",
            "Ask the location's administrator for the agent's fingerprint, and accept the new "
            "certificate only if they are the same.",
        )

    async def _read_secret(self) -> str:
        try:
            secret = await self._get_secret()
        except KeepingError as error:
            self._bad(Step.CREDENTIAL, str(error), "Open the store of this desk's credentials.")
        if not secret:
            self._bad(
                Step.CREDENTIAL, "This desk holds no credential for the location.", _NEW_TOKEN
            )
        return secret

    async def _ask(
        self, secret: str | None
    ) -> tuple[location_pb2.GetLocationResponse, datetime, float]:
        """The agent's answer, when it was asked for, and how many seconds it took."""
        begin, start = datetime.now(UTC), time.monotonic()
        try:
            async with channel_to(self._registration, self._times.connect) as channel:
                answer = await calls.send(
                    channel,
                    bearer(secret),
                    self._registration.location_id,
                    lambda ch: LocationServiceStub(ch).GetLocation,
                    location_pb2.GetLocationRequest(),
                    self._times.call,
                )
        except LocationError as error:
            self._refused(error)
        except SesamError as error:
            self._bad(Step.CREDENTIAL, f"Nothing was sent: {error}", _NEW_TOKEN)
        return answer, begin, time.monotonic() - start

    def _refused(self, error: LocationError) -> NoReturn:
        if error.trouble is Trouble.REFUSED:
            found = "The agent does not know this desk's credential, or it was revoked."
            self._bad(Step.CREDENTIAL, found, _NEW_TOKEN)
        if error.metadata.get("code") == grpc.StatusCode.UNIMPLEMENTED.name:
            self._good(Step.CREDENTIAL, "Not refused")
            found = "The agent does not speak this desk's protocol."
            self._bad(Step.VERSION, found, "Update the agent or this desk.")
        detail = error.metadata.get("detail") or error.reason or "no answer in time"
        self._bad(
            Step.CREDENTIAL,
            f"The agent was asked who it is, and gave no answer: {detail}.",
            "Look into the agent's log; restart the agent if it does not respond.",
        )

    def _read_identity(self, answer: location_pb2.GetLocationResponse) -> None:
        here = answer.location
        if here.location_id != self._registration.location_id:
            self._bad(
                Step.VERSION,
                f'Another location answers: "{here.name}" ({here.location_id}).',
                "Correct the address, or enrol it as a location of its own.",
            )
        self._good(Step.VERSION, f"Agent {here.version}")

    def _compare_clocks(self, answer: location_pb2.GetLocationResponse, middle: datetime) -> None:
        ahead = (convert.moment(answer.agent_time) - middle).total_seconds()
        found = f"The agent's clock is {abs(ahead):.1f} s {'ahead' if ahead > 0 else 'behind'}"
        if abs(ahead) <= CLOCK_TOLERANCE_SECONDS:
            self._good(Step.CLOCK, found)
            return
        advice = "Set both clocks by a time server (NTP): backups start by the agent's clock."
        self._bad(Step.CLOCK, f"{found}.", advice)

    def _good(self, step: Step, found: str, seconds: float | None = None) -> None:
        known = {report.step for report in self.reports}
        if step not in known:
            self.reports.append(StepReport(step, True, found, "", seconds))

    def _bad(self, step: Step, found: str, advice: str) -> NoReturn:
        self.reports.append(StepReport(step, False, found, advice))
        raise _Stopped
