"""Who may talk to a location, and what waits there for a second administrator."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sesam_master.core.records import Role

KINDS = ("clients", "tasks", "pools", "schedules")


@dataclass(frozen=True, slots=True)
class Scope:
    """Names or patterns; without any of a kind it is not limited by that."""

    clients: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()
    schedules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenOrder:
    """A token that is to be made. No credential_life: until it is revoked."""

    role: Role
    time_to_live: timedelta
    scope: Scope = Scope()
    uses: int = 1
    credential_life: timedelta | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class NewToken:
    """`token` is a secret, shown once."""

    token: str
    expire_time: datetime


@dataclass(frozen=True, slots=True)
class Token:
    id: str
    role: Role
    scope: Scope
    create_time: datetime
    expire_time: datetime
    uses: int
    used: int
    used_time: datetime | None
    revoke_time: datetime | None
    comment: str
    made_by: str


@dataclass(frozen=True, slots=True)
class Credential:
    """No expire_time: it is good until it is revoked."""

    id: str
    holder: str
    role: Role
    scope: Scope
    create_time: datetime
    expire_time: datetime | None
    revoke_time: datetime | None
    last_used_time: datetime | None
    last_address: str
    has_otp: bool


class ApprovalState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Approval:
    """`subjects` are the first of `subject_count` things that would be deleted or changed."""

    id: str
    method: str
    subjects: tuple[str, ...]
    subject_count: int
    requester: str
    requester_address: str
    create_time: datetime
    expire_time: datetime
    state: ApprovalState
    decider: str
    failure: str


@dataclass(frozen=True, slots=True)
class LockOut:
    address: str
    credential_id: str
    failures: int
    end_time: datetime


@dataclass(frozen=True, slots=True)
class AccessPicture:
    """All of it at one moment."""

    credentials: tuple[Credential, ...]
    tokens: tuple[Token, ...]
    approvals: tuple[Approval, ...]
    lock_outs: tuple[LockOut, ...]
    four_eyes: bool
