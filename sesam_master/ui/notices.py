"""What a failure is called in words: what happened, why, what to do. The one table for it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import ConnectionTrouble
from sesam_master.core.registry import KeepingError
from sesam_master.ui.desk_reasons import DESK_REASONS


@dataclass(frozen=True, slots=True)
class Notice:
    """Three parts of an error for people; each is a sentence or empty."""

    what: str
    why: str
    to_do: str

    @property
    def text(self) -> str:
        """All of it in one line."""
        return " ".join(part for part in (self.what, self.why, self.to_do) if part)


# reason of errors.proto -> why, what to do; the names in braces are metadata of the reason.
REASONS: dict[str, tuple[str, str]] = {
    "INTERNAL": (
        "Its agent failed in a way that it did not foresee (incident {incident}).",
        "Look for the incident in the agent's log.",
    ),
    "INVALID_ARGUMENT": (
        "{field} cannot be “{value}”.",
        "Expected: {expected}.",
    ),
    "WRONG_LOCATION": (
        "Another location answers at this address: {here} instead of {asked}.",
        "Correct host and port under Remote server.",
    ),
    "REQUEST_ID_REQUIRED": (
        "The request carried no request id.",
        "Update this desk; its version does not fit the agent's.",
    ),
    "REQUEST_ID_REUSED": (
        "The request id was used before for {method}.",
        "Do it again; it gets a new request id.",
    ),
    "NOT_AUTHENTICATED": (
        "The agent does not know this desk's credential, or has revoked it.",
        "Ask its administrator for a token and add the location again.",
    ),
    "ROLE_REQUIRED": (
        "This desk has the role {role} there.",
        "Ask its administrator for one of: {allowed}.",
    ),
    "TOKEN_UNKNOWN": (
        "The token is not one of this agent's.",
        "Compare it with what sesam-agent token printed, on this server.",
    ),
    "TOKEN_USED": (
        "The token was exchanged before, at {used_time}. A token works once.",
        "Make a new one with sesam-agent token.",
    ),
    "TOKEN_EXPIRED": (
        "The token's time was over at {expire_time}.",
        "Make a new one with sesam-agent token.",
    ),
    "CLIENT_NOT_FOUND": (
        "There is no client {client}.",
        "Choose a client that is listed there.",
    ),
    "TASK_NOT_FOUND": (
        "There is no task {task}.",
        "Choose a task that is listed there.",
    ),
    "JOB_NOT_FOUND": (
        "There is no job {job}.",
        "Refresh the list with F5.",
    ),
    "SAVESET_NOT_FOUND": (
        "There is no saveset {saveset}; it may have been deleted since.",
        "Choose another saveset of the task.",
    ),
    "SAVESET_NEEDED": (
        "The saveset {saveset} is needed: {users}.",
        "Nothing was deleted. Delete what builds on it too, or wait for the job.",
    ),
    "CREDENTIAL_NOT_FOUND": (
        "There is no credential {credential}.",
        "Look at the list with sesam-agent credentials.",
    ),
    "PATH_NOT_FOUND": (
        "The listing of {saveset} has no {path}.",
        "Open the directory above it and choose from there.",
    ),
    "ALREADY_EXISTS": (
        "There is a {kind} {name} already.",
        "Choose another name.",
    ),
    "CLIENT_IN_USE": (
        "The client {client} still has tasks: {tasks}.",
        "Delete its tasks first.",
    ),
    "TASK_IN_USE": (
        "The task {task} has an open job ({job}).",
        "Wait for its end or cancel it.",
    ),
    "TASK_NEEDED": (
        "The task {task} is needed by {users}.",
        "Delete these first, or give them another task.",
    ),
    "LOG_NOT_FOUND": (
        "It has no log {log} of the sesam day {sesam_day}.",
        "It may be too old to be kept. Choose another day.",
    ),
    "SERVICE_NOT_FOUND": (
        "Its agent has no service {service}.",
        "It may be older than this program. Update the agent.",
    ),
    "PART_NOT_FOUND": (
        "Its agent has no part {part} that can begin again by itself.",
        "Choose one of: {expected}.",
    ),
    "OCCURRENCE_NOT_PLANNED": (
        "It is not planned any more: it has begun, was given up or taken back.",
        "Refresh the list with F5. What has begun is a job, which can be cancelled.",
    ),
    "SCHEDULE_NOT_FOUND": (
        "There is no schedule {schedule}.",
        "Choose a schedule that is listed there.",
    ),
    "EVENT_NOT_FOUND": (
        "There is no event {event}.",
        "Choose an event that is listed there.",
    ),
    "GROUP_NOT_FOUND": (
        "There is no task group {group}.",
        "Choose a task group that is listed there.",
    ),
    "DRIVE_NOT_FOUND": (
        "There is no drive {drive}.",
        "Choose a drive that is listed there.",
    ),
    "SCHEDULE_IN_USE": (
        "The schedule {schedule} is used by events: {events}.",
        "Delete these events first, or give them another schedule.",
    ),
    "EVENT_IN_USE": (
        "The event {event} is the follow-up of others: {events}.",
        "Give them another follow-up first.",
    ),
    "GROUP_IN_USE": (
        "The task group {group} is started by events: {events}.",
        "Delete these events first.",
    ),
    "STORE_NOT_FOUND": (
        "There is no data store {store}.",
        "Choose a data store that is listed there.",
    ),
    "POOL_NOT_FOUND": (
        "There is no media pool {pool}.",
        "Choose a media pool that is listed there.",
    ),
    "MEDIUM_NOT_FOUND": (
        "There is no medium {medium}.",
        "Refresh the list.",
    ),
    "STORE_IN_USE": (
        "The data store {store} is needed by {users}.",
        "Give the drives another data store, and delete its empty media first.",
    ),
    "POOL_IN_USE": (
        "The media pool {pool} is needed by {users}.",
        "Give what needs it another media pool first.",
    ),
    "MEDIUM_IN_USE": (
        "The medium {medium} holds {users}.",
        "Delete them first, or wait for their EOL.",
    ),
    "MEDIUM_NOT_WANTED": (
        "No job waits for the medium {medium}, or not any more.",
        "Nothing needs to be done.",
    ),
    "LOADER_NOT_FOUND": (
        "There is no loader {loader} in this location.",
        "It was removed, or has another name.",
    ),
    "LOADER_FAILED": (
        "The loader {loader} cannot be used ({detail}).",
        "Look after the device, then try again.",
    ),
    "MEDIUM_AWAY": (
        "The medium {medium} cannot be used yet ({detail}).",
        "Put it in; its jobs then go on by themselves.",
    ),
    "STORE_UNUSABLE": (
        "The data store {path} cannot be used ({detail}).",
        "Mount what belongs there or put the medium in; for a new one, choose another directory.",
    ),
    "CLIENT_LOCKED": (
        "The client {client} is locked.",
        "Unlock it first; until then it is not backed up.",
    ),
    "CLIENT_UNUSABLE": (
        "The client {client} cannot be used ({detail}).",
        "Put that right, then check it again.",
    ),
    "DRIVE_IN_USE": (
        "The drive {drive} is needed by {users}.",
        "Give what needs it another drive first, or wait for its end.",
    ),
    "NEWDAY_NEEDED": (
        "Without the {kind} {name} no sesam day would end.",
        "It can be moved to another time of day, but never be deleted or switched off.",
    ),
    "CHANGED_MEANWHILE": (
        "The {kind} {name} was changed since it was read.",
        "Look at it as it is now and decide again.",
    ),
    "JOB_ENDED": (
        "The job {job} has ended: {state}.",
        "There is nothing to cancel.",
    ),
    "PAGE_TOKEN_INVALID": (
        "The list has changed its order or filter.",
        "Refresh the list with F5.",
    ),
    "WATCH_OVERFLOW": (
        "The location changes faster than this desk reads.",
        "The desk connects again by itself.",
    ),
    "SAVESET_DAMAGED": (
        "The saveset {saveset} is damaged: {detail}.",
        "Choose another saveset and check the data store.",
    ),
    "LISTING_UNREADABLE": (
        "The listing of the saveset {saveset} cannot be read just now: {detail}. "
        "That proves no damage.",
        "Do it again later.",
    ),
    "SAVESET_UNREADABLE": (
        "The data of the saveset {saveset} cannot be read just now: {detail}.",
        "See to that, and do it again.",
    ),
    "LICENCE_NEEDED": (
        "No backup starts there: {detail}.",
        "Install a licence under Help, License Info. Restores go on.",
    ),
    "LICENCE_REFUSED": (
        "{detail}.",
        "Nothing was changed. Ask whoever sent the file for one that is for this server.",
    ),
    "NO_SPACE": (
        "The disk of its agent is full at {place}.",
        "Make room there; nothing that was backed up before is touched.",
    ),
    "TOO_MANY_TRIES": (
        "Too many wrong tokens came from this computer.",
        "Wait {seconds} s, and compare the token with what sesam-agent token printed.",
    ),
    "TOKEN_NOT_FOUND": (
        "It has no enrolment token {token}.",
        "Look at its tokens again.",
    ),
    "TOKEN_REVOKED": (
        "The token was revoked at {revoke_time}.",
        "Ask its administrator for another one.",
    ),
    "OUT_OF_SCOPE": (
        "The credential of this desk is limited to {limit}: {allowed}.",
        "Ask its administrator for a credential with wider limits.",
    ),
    "LOCKED_OUT": (
        "Too many tries failed.",
        "Wait {seconds} s, then try again.",
    ),
    "OTP_REQUIRED": (
        "It asks for a one-time code (enrolled: {enrolled}).",
        "Give it under Configuration, Access, and do it again. Who has no secret for codes asks "
        "its administrator for one.",
    ),
    "OTP_WRONG": (
        "The one-time code is not the right one, or was used before.",
        "Wait for the next one, give it under Configuration, Access, and do it again.",
    ),
    "APPROVAL_NEEDED": (
        "Another administrator has to approve it until {expire_time}.",
        "Nothing has happened yet; it is kept as {approval} on its access page.",
    ),
    "APPROVAL_NOT_FOUND": (
        "Nothing waits there under {approval}.",
        "Look at its approvals again.",
    ),
    "APPROVAL_DECIDED": (
        "The request {approval} is {state}.",
        "Look at its approvals again.",
    ),
    "APPROVER_NEEDED": (
        "{holder} asked for it, and may not decide on it.",
        "Have another administrator decide.",
    ),
    "SHUTTING_DOWN": (
        "Its agent is stopping and takes no new work.",
        "Do it again when the location is on.",
    ),
}

_TROUBLES: dict[Trouble, tuple[str, str]] = {
    Trouble.UNREACHABLE: (
        "There is no connection to it{finding}.",
        "Look at its connection under Remote server.",
    ),
    Trouble.NO_ANSWER: (
        "It did not answer in time; what was asked may have happened.",
        "Look at the results before doing it again.",
    ),
    Trouble.REFUSED: (
        "It does not accept this desk's credential for this.",
        "Ask its administrator for the right role.",
    ),
    Trouble.REJECTED: (
        "It cannot do this as it was asked and gave no reason that this desk knows.",
        "Compare the version of this desk with that of the agent.",
    ),
    Trouble.OFF: (
        "The location is switched off at this desk; nothing was sent.",
        "Switch it on under Remote server.",
    ),
    Trouble.OBSERVED: (
        "This desk only observes it{set_at}; nothing was sent.",
        "Whoever may change the switches of this desk ends that in its properties.",
    ),
    Trouble.INTERNAL: (
        "It answered something that this desk cannot read.",
        "Compare the version of this desk with that of the agent.",
    ),
}


# A quotation of nothing says nothing.
_EMPTY_VALUE = "{field} is empty."


class _Known(dict[str, str]):
    """Metadata that an older agent does not send is said to be missing, not left out."""

    def __missing__(self, key: str) -> str:
        return "(not said)"


def notice(error: Exception, doing: str, location: str = "") -> Notice:
    """The notice for a failure of `doing` ("start home"), at a location by its name."""
    place = f" at {location}" if location else ""
    what = f"Cannot {doing}{place}."
    if isinstance(error, KeepingError):
        return Notice(what, str(error), "")
    if not isinstance(error, LocationError):
        return Notice(
            what,
            f"This desk failed in a way that it did not foresee ({type(error).__name__}).",
            "The details are in the desk's log.",
        )
    words = REASONS.get(error.reason) or DESK_REASONS.get(error.reason)
    why, to_do = words or _TROUBLES[error.trouble]
    if error.reason == "INVALID_ARGUMENT" and error.metadata.get("value") == "":
        why = _EMPTY_VALUE
    values = _Known(error.metadata) | _finding(error.metadata)
    return Notice(what, why.format_map(_Known(values)), to_do.format_map(_Known(values)))


def trouble_text(trouble: ConnectionTrouble) -> str:
    """Why a location is dark, in one line. Two fingerprints are no line: the doctor shows them."""
    if trouble.step == "fingerprint":
        return (
            "its certificate is not the accepted one. Nothing was sent to it. "
            "Compare the fingerprints under Remote server."
        )
    return trouble.detail


def _finding(metadata: Mapping[str, str]) -> dict[str, str]:
    found, by = metadata.get("found", "").rstrip("."), metadata.get("by", "")
    return {"finding": f": {found}" if found else "", "set_at": f" (set at {by})" if by else ""}
