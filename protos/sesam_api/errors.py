"""What can go wrong with a call, and the sentence that says it to people.

SesamError               the agent refused; `reason` is one of errors.proto, or one of those below
├── Unreachable          no answer; `step` says how far it came
├── FingerprintMissing   no fingerprint was given to compare with
├── FingerprintMismatch  another certificate than the one that was expected
└── StillRunning         the job had not ended in the time that was given
"""

from collections.abc import Mapping

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

_DOMAIN = "sesam"

# Every reason of errors.proto, then those that arise on this side of the wire.
SENTENCES: Mapping[str, str] = {
    "INTERNAL": "The agent failed in a way that it did not foresee; its log has more under "
    "incident {incident}.",
    "INVALID_ARGUMENT": 'The value "{value}" of {field} cannot be used. '
    "What would be right: {expected}.",
    "WRONG_LOCATION": "The request is for location {asked}, but location {here} answered. "
    "Connect to the right agent.",
    "REQUEST_ID_REQUIRED": "The request has no usable request id; it must be a UUID.",
    "REQUEST_ID_REUSED": "The request id was used before for another request ({method}). "
    "Every change needs a new one.",
    "NOT_AUTHENTICATED": "The agent does not know the credential, or it was revoked. "
    "Ask the location's administrator for a new enrolment token.",
    "ROLE_REQUIRED": "The credential has the role {role}; this needs one of: {allowed}.",
    "TOKEN_UNKNOWN": "The agent does not know this enrolment token. Check it for a typing error, "
    "or ask the location's administrator for a new one.",
    "TOKEN_USED": "The enrolment token was used before, at {used_time}. "
    "Ask the location's administrator for a new one.",
    "TOKEN_EXPIRED": "The enrolment token expired at {expire_time}. "
    "Ask the location's administrator for a new one.",
    "CLIENT_NOT_FOUND": 'There is no client "{client}" in this location.',
    "TASK_NOT_FOUND": 'There is no task "{task}" in this location.',
    "JOB_NOT_FOUND": "There is no job {job} in this location.",
    "SAVESET_NOT_FOUND": "There is no saveset {saveset} in this location.",
    "CREDENTIAL_NOT_FOUND": "There is no credential {credential} in this location.",
    "PATH_NOT_FOUND": "The saveset {saveset} does not hold {path}. "
    "Give the full path as its listing shows it.",
    "ALREADY_EXISTS": 'There is already a {kind} "{name}". Choose another name.',
    "CLIENT_IN_USE": 'The client "{client}" still has tasks ({tasks}). Remove them first.',
    "TASK_IN_USE": 'The task "{task}" has an open job ({job}). '
    "Wait for its end, or cancel it first.",
    "TASK_NEEDED": 'The task "{task}" is needed by {users}. Remove them first, or give them '
    "another task.",
    "OCCURRENCE_NOT_PLANNED": "Event {event} has no start planned at {planned_time}, or not any "
    "more. What has begun is a job, which can be cancelled.",
    "SCHEDULE_NOT_FOUND": 'There is no schedule "{schedule}" in this location.',
    "EVENT_NOT_FOUND": 'There is no event "{event}" in this location.',
    "GROUP_NOT_FOUND": 'There is no task group "{group}" in this location.',
    "DRIVE_NOT_FOUND": 'There is no drive "{drive}" in this location.',
    "STORE_NOT_FOUND": 'There is no data store "{store}" in this location.',
    "POOL_NOT_FOUND": 'There is no media pool "{pool}" in this location.',
    "MEDIUM_NOT_FOUND": "There is no medium {medium} in this location.",
    "STORE_IN_USE": 'The data store "{store}" is needed by {users}.',
    "POOL_IN_USE": 'The media pool "{pool}" is needed by {users}.',
    "MEDIUM_IN_USE": "The medium {medium} holds {users}. Delete them first, or wait for their EOL.",
    "MEDIUM_NOT_WANTED": "No job waits for the medium {medium}, or not any more.",
    "LOADER_NOT_FOUND": 'There is no loader "{loader}" in this location.',
    "LOADER_FAILED": 'The loader "{loader}" cannot be used: {detail}.',
    "MEDIUM_AWAY": "The medium {medium} cannot be used yet. {detail}",
    "STORE_UNUSABLE": "The data store {path} cannot be used. {detail}",
    "CLIENT_UNUSABLE": 'The client "{client}" cannot be used: {detail}',
    "CLIENT_LOCKED": 'The client "{client}" is locked: nothing is backed up from it, or restored '
    "to it from others, until it is unlocked.",
    "SAVESET_NEEDED": "The saveset {saveset} cannot be deleted: {users}.",
    "SCHEDULE_IN_USE": 'The schedule "{schedule}" is used by events ({events}). '
    "Remove them first, or give them another one.",
    "EVENT_IN_USE": 'The event "{event}" is the follow-up of others ({events}). '
    "Give them another one first.",
    "GROUP_IN_USE": 'The task group "{group}" is started by events ({events}). Remove them first.',
    "DRIVE_IN_USE": 'The drive "{drive}" is needed by {users}.',
    "NEWDAY_NEEDED": "The {kind} {name} can be moved, but never removed: "
    "without it no sesam day would end.",
    "CHANGED_MEANWHILE": 'The {kind} "{name}" was changed since it was read. '
    "Read it again and repeat the change.",
    "JOB_ENDED": "Job {job} has already ended ({state}).",
    "PAGE_TOKEN_INVALID": "The list cannot be continued at this place. "
    "Read it again from its first page.",
    "WATCH_OVERFLOW": "The location changes faster than this program reads. Watch again.",
    "SAVESET_DAMAGED": "The saveset {saveset} is damaged: {detail}",
    "LISTING_UNREADABLE": "The listing of saveset {saveset} cannot be read just now "
    "({detail}). It is not known to be damaged: try again later.",
    "SAVESET_UNREADABLE": "The data of saveset {saveset} cannot be read just now: {detail}",
    "LICENCE_NEEDED": "No backup starts: {detail}. Install a licence with sm_licence "
    "install FILE, or at the desk under Help, License Info. Restores go on.",
    "LICENCE_REFUSED": "The licence was not installed. {detail}.",
    "PART_NOT_FOUND": 'No part "{part}" can begin again by itself. Those that can: {expected}.',
    "SERVICE_NOT_FOUND": 'The agent has no service "{service}".',
    "LOG_NOT_FOUND": "There is no log {log} of the sesam day {sesam_day}.",
    "SHUTTING_DOWN": "The agent is stopping and takes no new work. Try again when it runs again.",
    "NO_SPACE": "The agent's own disk is full ({place}); nothing was changed. "
    "Make room there, then try again.",
    "TOO_MANY_TRIES": "Too many enrolments came from this address. Try again in {seconds} seconds.",
    "TOKEN_NOT_FOUND": "There is no enrolment token {token} in this location.",
    "TOKEN_REVOKED": "The enrolment token was revoked at {revoke_time}. "
    "Ask the location's administrator for a new one.",
    "OUT_OF_SCOPE": 'The credential is limited to {limit}: {allowed}. "{name}" is not of these.',
    "LOCKED_OUT": "Too many tries failed. Try again in {seconds} seconds.",
    "OTP_REQUIRED": "This needs a one-time code (group {group}; enrolled: {enrolled}). Give it as "
    "location.otp; who has no secret for such codes asks an administrator for one.",
    "OTP_WRONG": "The one-time code for {group} is not the right one, or was used before. "
    "Wait for the next one.",
    "APPROVAL_NEEDED": "Another administrator has to approve this until {expire_time}. It is kept "
    "as {approval}.",
    "APPROVAL_NOT_FOUND": "There is nothing to approve with the id {approval} in this location.",
    "APPROVAL_DECIDED": "The request {approval} does not wait any more: it is {state}.",
    "APPROVER_NEEDED": "{holder} asked for {approval}; somebody else has to decide on it.",
    "WALK_FAILED": "{detail}.",
    "UNREACHABLE": "{detail}",
    "NO_ANSWER": "{address} did not answer {method} within {seconds} seconds.",
    "NOT_SUPPORTED": "The agent at {address} does not know the call {method}; it is older than "
    "this program. Update the agent.",
    "UNEXPECTED_STATUS": "The call {method} ended with {code}: {detail}",
    "ADDRESS_INVALID": '"{address}" is no address. What would be right: host:port, '
    "for example backup.example.org:11401 or [2001:db8::1]:11401.",
    "FINGERPRINT_INVALID": '"{fingerprint}" is no fingerprint. What would be right: the 64 '
    "hexadecimal digits that the agent prints at its start.",
    "FINGERPRINT_MISSING": "{address} was not contacted further, because no fingerprint was given "
    "to compare with. It presents {presented}; if its administrator confirms this, give it as "
    "fingerprint.",
    "FINGERPRINT_MISMATCH": "{address} presents the fingerprint {presented}, but {expected} was "
    "expected. Nothing was sent. Either its certificate was renewed, then its administrator can "
    "confirm the new fingerprint, or another machine answers in its place.",
    "STILL_RUNNING": "Job {job} was still {state} after {seconds} seconds. It goes on.",
}


_EMPTY = "{field} is empty. What would be right: {expected}."
_EMPTY_NAME = "{} is empty. What would be right: one that this location has."
_WITHOUT_LIMITS = (
    "The credential is limited to {limit}: {allowed}. This is about no {limit}, or about all of "
    "them, and needs a credential without that limit."
)
_NOTHING_PLANNED = "Event {event} has no start planned."
_NAMES = frozenset({"client", "task", "job", "saveset", "credential", "address", "fingerprint"})
_LONGEST_NAME = 200
_KEPT = 80


class _Known(dict[str, str]):
    """Writes "?" for what an agent did not tell."""

    def __missing__(self, key: str) -> str:
        return "?"


def sentence(reason: str, metadata: Mapping[str, str]) -> str:
    """What people are told; names the reason itself if a newer agent has one not known here."""
    template = SENTENCES.get(reason)
    if template is None:
        details = ", ".join(f"{key}: {value}" for key, value in metadata.items())
        return f"The agent refused the request: {reason} ({details})."
    if reason == "INVALID_ARGUMENT" and metadata.get("value") == "":
        template = _EMPTY
    if reason == "OCCURRENCE_NOT_PLANNED" and not metadata.get("planned_time"):
        template = _NOTHING_PLANNED
    if reason == "OUT_OF_SCOPE" and not metadata.get("name"):
        template = _WITHOUT_LIMITS
    empty = next((key for key in _NAMES if metadata.get(key) == ""), None)
    if empty is not None and reason.endswith("_NOT_FOUND"):
        return _EMPTY_NAME.format(empty)
    shown = {key: _shown(value) if key in _NAMES else value for key, value in metadata.items()}
    return template.format_map(_Known(shown))


def _shown(name: str) -> str:
    """The name, cut if no name is that long."""
    return name if len(name) <= _LONGEST_NAME else f"{name[:_KEPT]}… ({len(name)} characters)"


class SesamError(Exception):
    """A call had no result. `str()` of it is a sentence for people.

    Attributes:
        reason: a name out of `SENTENCES`; errors.proto says what the agent's mean.
        metadata: the input concerned.
        credential: secret; what an enrolment token had been exchanged for when a connect failed
            after that. The token cannot be used again, this can. Else None.
    """

    credential: str | None = None

    def __init__(self, reason: str, metadata: Mapping[str, str] | None = None) -> None:
        self.reason = reason
        self.metadata = dict(metadata or {})
        super().__init__(sentence(reason, self.metadata))


class Unreachable(SesamError):
    """There is no answer from the agent.

    Attributes:
        step: what failed: "name", "tcp", "tls", "answer" (a connection can be made, but the
            call was not answered); with the agent's Unix socket "socket" (nobody answers there) or
            "permission" (it is another user's).
    """

    def __init__(self, step: str, reason: str, metadata: Mapping[str, str]) -> None:
        super().__init__(reason, metadata)
        self.step = step

    @classmethod
    def at(cls, step: str, address: str, detail: str) -> "Unreachable":
        return cls(step, "UNREACHABLE", {"address": address, "detail": detail})


class FingerprintMissing(SesamError):
    """No fingerprint was given. `presented` is the one that the server showed."""

    def __init__(self, address: str, presented: str) -> None:
        super().__init__("FINGERPRINT_MISSING", {"address": address, "presented": presented})
        self.presented = presented


class FingerprintMismatch(SesamError):
    """The server's certificate is another one. Nothing was sent to it."""

    def __init__(self, address: str, expected: str, presented: str) -> None:
        super().__init__(
            "FINGERPRINT_MISMATCH",
            {"address": address, "expected": expected, "presented": presented},
        )
        self.expected = expected
        self.presented = presented


class StillRunning(SesamError):
    """The time to wait for a job is over; the job goes on. `state` is its last known state."""

    def __init__(self, job_id: str, state: str, seconds: float) -> None:
        super().__init__(
            "STILL_RUNNING", {"job": job_id, "state": state, "seconds": f"{seconds:g}"}
        )
        self.state = state


def refusal(error: grpc.RpcError) -> SesamError | None:
    """The agent's own reason out of a failed call; None if its status carries none."""
    if not isinstance(error, grpc.Call):
        return None
    try:
        status = rpc_status.from_call(error)
    except ValueError:  # details that contradict the status: not from our agent
        return None
    for detail in status.details if status is not None else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info) and info.domain == _DOMAIN:
            return SesamError(info.reason, info.metadata)
    return None
