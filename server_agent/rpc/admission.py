"""What stands between a caller whose role will do and what they ask for: their scope, and a second
administrator and a one-time code where the location asks for them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any

from google.protobuf.message import Message

from server_agent.domain.access import Role, Scope
from server_agent.domain.approvals import OtpGroup
from server_agent.domain.media import Retention
from server_agent.ports import Clock
from server_agent.ports.otp import OtpSecrets
from server_agent.rpc import convert
from server_agent.rpc.scopes import Scopes
from server_agent.rpc.workers import Workers
from server_agent.service.approvals import Approvals, Asked
from server_agent.service.changes import Changes
from server_agent.service.lock_outs import LockOuts
from server_agent.service.otp import Otp
from server_agent.service.requests import Request
from server_agent.service.scoping import Scoping

_SET_RULES = "AccessService/SetAccessRules"

# Who could change these without a code needed none for anything.
_ABOUT_CODES = frozenset({_SET_RULES, "AccessService/EnrolOtp", "AccessService/RemoveOtp"})
_EVENTS = frozenset({"EventService/CreateEvent", "EventService/UpdateEvent"})
OTP_GROUPS: Mapping[str, OtpGroup] = {
    "AccessService/CreateToken": OtpGroup.ACCESS,
    "AccessService/DecideApproval": OtpGroup.ACCESS,
    "AccessService/EnrolOtp": OtpGroup.ACCESS,
    "AccessService/RemoveOtp": OtpGroup.ACCESS,
    "AccessService/RevokeCredential": OtpGroup.ACCESS,
    "AccessService/RevokeToken": OtpGroup.ACCESS,
    _SET_RULES: OtpGroup.ACCESS,
    "AgentService/RestartPart": OtpGroup.STOP,
    "AgentService/StopAgent": OtpGroup.STOP,
    "LicenceService/InstallLicence": OtpGroup.LICENCE,
    "MediaService/DeleteDataStore": OtpGroup.DELETE,
    "MediaService/DeleteMediaPool": OtpGroup.DELETE,
    "MediaService/DeleteMedium": OtpGroup.DELETE,
    "MediaService/UpdateMediaPool": OtpGroup.DELETE,
    "SavesetService/DeleteSavesets": OtpGroup.DELETE,
    "SavesetService/StartRestore": OtpGroup.RESTORE,
    "SavesetService/UpdateSaveset": OtpGroup.DELETE,
}

# What the act would delete or change, for people; none: nobody has to approve it.
Subjects = Sequence[str]


class Admission:
    """Lives in the event loop.

    Attributes:
        approvals: what waits for a second administrator, and the rules.
        lock_outs: who failed too often.
        otp: one-time codes.
    """

    def __init__(
        self, changes: Changes, clock: Clock, secrets: OtpSecrets, workers: Workers
    ) -> None:
        self._scopes = Scopes(Scoping(changes), workers)
        self._approvals = self.approvals = Approvals(changes, clock)
        self.lock_outs = LockOuts(clock)
        self.otp = Otp(changes, secrets, self.lock_outs, clock)
        self._workers = workers
        self._subjects: Mapping[str, Callable[[Any], Awaitable[Subjects]]] = {
            "AccessService/CreateToken": self._new_admin,
            _SET_RULES: self._laxer,
            "MediaService/DeleteDataStore": _field("name", "data store"),
            "MediaService/DeleteMediaPool": _field("name", "media pool"),
            "MediaService/DeleteMedium": _field("label", "medium"),
            "MediaService/UpdateMediaPool": self._shorter_retention,
            "SavesetService/DeleteSavesets": _savesets,
            "SavesetService/UpdateSaveset": self._earlier_eol,
        }

    async def check_scope(self, name: str, message: Message, scope: Scope) -> None:
        """Raises OutOfScope."""
        await self._scopes.check(name, message, scope)

    async def check_code(
        self, message: Message, request: Request, address: str, code: str | None
    ) -> None:
        """Raises OtpRequired, OtpWrong, LockedOut."""
        group = await self._group(request.method, message)
        if group is not None:
            await self._workers.write(
                self.otp.check, group, request.caller, address, code, request.id
            )

    async def _group(self, name: str, message: Any) -> OtpGroup | None:
        """The group of acts for whose sake a code is needed; None: none is."""
        asked_for = self._approvals.rules.otp
        if name in _ABOUT_CODES and (asked_for or (name == _SET_RULES and message.rules.otp)):
            return OtpGroup.ACCESS
        group = OTP_GROUPS.get(name)
        if name in _EVENTS and message.event.WhichOneof("action") == "restore":
            group = OtpGroup.RESTORE
        if group not in asked_for:
            return None
        subjects_of = self._subjects.get(name) if group is OtpGroup.DELETE else None
        if subjects_of is not None and not await subjects_of(message):
            return None
        return group

    async def check_approval(self, message: Message, request: Request, address: str) -> None:
        """Raises ApprovalNeeded, ApprovalDecided."""
        subjects_of = self._subjects.get(request.method)
        if subjects_of is None or not self._approvals.rules.four_eyes:
            return
        if request.method == _SET_RULES and request.caller.credential_id is None:
            return  # the way out where there is no second administrator any more
        subjects = await subjects_of(message)
        if subjects:
            asked = Asked(message.SerializeToString(deterministic=True), subjects, address)
            await self._workers.write(self._approvals.check, request, asked)

    async def _new_admin(self, message: Any) -> Subjects:
        return ["token: role admin"] if message.role == convert.ROLES[Role.ADMIN] else []

    async def _laxer(self, message: Any) -> Subjects:
        return [] if message.rules.four_eyes else ["four eyes: off"]

    async def _earlier_eol(self, message: Any) -> Subjects:
        try:
            eol = date.fromisoformat(message.eol)
        except ValueError:
            return []  # which is refused
        earlier = await self._workers.read(self._approvals.is_earlier, message.name, eol)
        return [f"{message.name}: EOL {message.eol}"] if earlier else []

    async def _shorter_retention(self, message: Any) -> Subjects:
        asked = message.pool.retention
        retention = Retention(
            asked.eol_days, asked.keep_newest, asked.weekly, asked.monthly, asked.yearly
        )
        pool = message.pool.name
        less = await self._workers.read(self._approvals.keeps_less, pool, retention)
        return [f"media pool {pool}: keeps less"] if less else []


def _field(field: str, kind: str) -> Callable[[Any], Awaitable[Subjects]]:
    async def subjects(message: Any) -> Subjects:
        return [f"{kind} {getattr(message, field)}"]

    return subjects


async def _savesets(message: Any) -> Subjects:
    return list(message.names)
