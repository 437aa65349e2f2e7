"""What is said of credentials, tokens, approvals and locks, and the columns of their table. No
widgets."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from sesam_master.core.access import (
    KINDS,
    AccessPicture,
    Approval,
    ApprovalState,
    Credential,
    LockOut,
    Scope,
    Token,
)
from sesam_master.core.states import JobState
from sesam_master.ui.formatting import MISSING, far_moment_text
from sesam_master.ui.widgets.column import CellKind, Column

SCOPE_SENTENCE = (
    "Limits hold for what is started, changed, deleted, restored and read out of backups. Lists "
    "and the calendar show the whole location to every credential."
)
_NO_LIMITS = "the whole location"
_APPROVALS = {
    ApprovalState.PENDING: ("Waits", JobState.QUEUED),
    ApprovalState.APPROVED: ("Being done", JobState.ACTIVE),
    ApprovalState.DONE: ("Done", JobState.OK),
    ApprovalState.FAILED: ("Failed", JobState.ERROR),
    ApprovalState.REFUSED: ("Refused", JobState.CANCELLED),
    ApprovalState.EXPIRED: ("Over", JobState.CANCELLED),
    ApprovalState.UNKNOWN: ("Not known", JobState.UNKNOWN),
}


_ACTS = {
    "CreateToken": "make an administrator",
    "DeleteDataStore": "delete a data store",
    "DeleteMediaPool": "delete a media pool",
    "DeleteMedium": "delete a medium",
    "DeleteSavesets": "delete savesets",
    "SetAccessRules": "change the rules",
    "UpdateMediaPool": "keep less",
    "UpdateSaveset": "keep a saveset less long",
}


class Kind(StrEnum):
    """The lists of the page, in their order."""

    CREDENTIALS = "Credentials"
    TOKENS = "Tokens"
    APPROVALS = "Approvals"
    LOCKS = "Locked out"


EMPTY = {
    Kind.CREDENTIALS: ("No credentials", "Nobody has exchanged a token yet."),
    Kind.TOKENS: ("No tokens", "New token makes one, for somebody who is to be let in."),
    Kind.APPROVALS: (
        "Nothing to approve",
        "Where four eyes are on, deletions wait here for a second administrator.",
    ),
    Kind.LOCKS: ("Nobody is locked out", "Who fails ten times within ten minutes is listed here."),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the page.

    Attributes:
        is_open: it can still be revoked or decided on.
        what: who it is for, or what is asked for.
        detail: more of it, for a tooltip.
    """

    kind: Kind
    id: str
    state: str
    sign: JobState | None
    is_open: bool
    what: str
    detail: str
    role: str
    limits: str
    made: datetime | None
    until: datetime | None
    used: datetime | None
    origin: str


def subject_text(place: str, four_eyes: bool | None) -> str:
    """What the page shows; `four_eyes` is None while that is not known."""
    said = "" if four_eyes is None else f"; four eyes are {'on' if four_eyes else 'off'}"
    return f"Who may do what at {place}{said}"


def rows_of(picture: AccessPicture, kind: Kind, now: datetime) -> list[Row]:
    """Those of one list."""
    match kind:
        case Kind.CREDENTIALS:
            return [_credential(each, now) for each in picture.credentials]
        case Kind.TOKENS:
            return [_token(each, now) for each in picture.tokens]
        case Kind.APPROVALS:
            return [_approval(each) for each in picture.approvals]
    return [_lock(each, picture) for each in picture.lock_outs]


def limits_text(scope: Scope) -> str:
    """clients web*, db1; pools DISK."""
    every = ((kind, getattr(scope, kind)) for kind in KINDS)
    return "; ".join(f"{kind} {', '.join(names)}" for kind, names in every if names) or _NO_LIMITS


def access_columns(site: tzinfo, now: datetime) -> tuple[Column[Row], ...]:
    """Times are those of the location."""
    year = now.astimezone(site).year

    def moment(of: datetime | None) -> str:
        return far_moment_text(of, site, year) if of is not None else MISSING

    return (
        Column(
            *("state", "State", 110, lambda one: one.state, CellKind.STATE),
            value=lambda one: one.sign,
            is_sortable=False,
        ),
        Column(
            *("what", "Who or what", 210, lambda one: one.what, CellKind.STRONG),
            tooltip=lambda one: one.detail,
            least=120,
            most=420,
            is_sortable=False,
        ),
        Column("role", "Role", 80, lambda one: one.role, CellKind.QUIET, is_sortable=False),
        Column(
            *("limits", "About", 170, lambda one: one.limits, CellKind.TEXT),
            tooltip=lambda one: one.limits,
            least=110,
            most=420,
            is_sortable=False,
        ),
        Column("made", "Made", 128, lambda one: moment(one.made), is_sortable=False),
        Column("until", "Until", 128, lambda one: moment(one.until), is_sortable=False),
        Column("used", "Last used", 128, lambda one: moment(one.used), yields=1, is_sortable=False),
        Column(
            *("origin", "From", 120, lambda one: one.origin, CellKind.QUIET),
            tooltip=lambda one: one.origin,
            yields=2,
            is_sortable=False,
        ),
    )


def _credential(one: Credential, now: datetime) -> Row:
    over = one.expire_time is not None and now >= one.expire_time
    state = "Revoked" if one.revoke_time is not None else "Over" if over else "In force"
    is_open = state == "In force"
    return Row(
        kind=Kind.CREDENTIALS,
        id=one.id,
        state=state,
        sign=JobState.OK if is_open else JobState.CANCELLED,
        is_open=is_open,
        what=one.holder,
        detail=f"{one.holder}, id {one.id}" + (", with one-time codes" if one.has_otp else ""),
        role=one.role,
        limits=limits_text(one.scope),
        made=one.create_time,
        until=one.revoke_time or one.expire_time,
        used=one.last_used_time,
        origin=one.last_address,
    )


def _token(one: Token, now: datetime) -> Row:
    state = "Open"
    if one.revoke_time is not None:
        state = "Revoked"
    elif one.used >= one.uses:
        state = "Used"
    elif now >= one.expire_time:
        state = "Over"
    what = one.comment or f"made by {one.made_by or 'somebody'}"
    return Row(
        kind=Kind.TOKENS,
        id=one.id,
        state=f"{state} {one.used}/{one.uses}" if one.uses > 1 else state,
        sign=JobState.QUEUED if state == "Open" else JobState.CANCELLED,
        is_open=state == "Open",
        what=what,
        detail=f"{what}; made by {one.made_by or 'somebody'}, id {one.id}",
        role=one.role,
        limits=limits_text(one.scope),
        made=one.create_time,
        until=one.revoke_time or one.expire_time,
        used=one.used_time,
        origin=one.made_by,
    )


def _approval(one: Approval) -> Row:
    state, sign = _APPROVALS[one.state]
    more = one.subject_count - len(one.subjects)
    what = _ACTS.get(one.method.rpartition("/")[2], one.method)
    subjects = ", ".join(one.subjects) + (f" and {more} more" if more > 0 else "")
    lines = [f"{one.requester} wants to {what}:", *one.subjects[:20]]
    if one.subject_count > len(one.subjects[:20]):
        lines.append(f"and {one.subject_count - len(one.subjects[:20])} more")
    if one.decider:
        lines.append(f"Decided by {one.decider}.")
    if one.failure:
        lines.append(f"It could not be done: {one.failure}.")
    return Row(
        kind=Kind.APPROVALS,
        id=one.id,
        state=state,
        sign=sign,
        is_open=one.state in (ApprovalState.PENDING, ApprovalState.APPROVED),
        what=f"{one.requester}: {what}",
        detail="\n".join(lines),
        role="",
        limits=subjects,
        made=one.create_time,
        until=one.expire_time,
        used=None,
        origin=one.requester_address,
    )


def _lock(one: LockOut, picture: AccessPicture) -> Row:
    holders = {each.id: each.holder for each in picture.credentials}
    who = holders.get(one.credential_id, one.credential_id)
    what = f"Codes of {who}" if one.credential_id else "Unknown credentials"
    return Row(
        kind=Kind.LOCKS,
        id=f"{one.address} {one.credential_id}",
        state="Locked",
        sign=JobState.WARNING,
        is_open=False,
        what=what,
        detail=f"{what}, {one.failures} failed tries",
        role="",
        limits=f"{one.failures} failed tries",
        made=None,
        until=one.end_time,
        used=None,
        origin=one.address,
    )
