"""Who may talk to a location: tokens, credentials, and what they are limited to."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Scope:
    """What a credential may act on: names or patterns (`*`, `?`, `[...]`; letter case matters).
    Without any of a kind it is not limited by that kind. It limits what is started, changed,
    deleted, restored and read out of backups; lists show the whole location."""

    clients: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()
    schedules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EnrolmentToken:
    """A token that can be exchanged until `expire_time` for a credential. `id` is not secret, and
    what `revoke_token` takes."""

    token: str
    expire_time: datetime
    id: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """An enrolment token that was made; never its secret.

    Attributes:
        uses, used: how many credentials it can be exchanged for, and how many it was.
        used_time: the last time; None: never.
        revoke_time: None unless it was revoked.
        credential_life: how long each credential is good; None: until it is revoked.
        made_by: holder of a credential, or "local".
    """

    id: str
    role: str
    scope: Scope
    create_time: datetime
    expire_time: datetime
    uses: int
    used: int
    used_time: datetime | None
    revoke_time: datetime | None
    credential_life: timedelta | None
    comment: str
    made_by: str


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential that was given to somebody; never its secret.

    Attributes:
        last_used_time: kept to the minute; None if it was never used.
        revoke_time: None while it is in force.
        expire_time: None: it is good until it is revoked.
        last_address: where it was used from last; empty: not known.
        has_otp: it has a secret for one-time codes.
    """

    id: str
    holder: str
    role: str
    create_time: datetime
    revoke_time: datetime | None
    last_used_time: datetime | None
    scope: Scope = Scope()
    expire_time: datetime | None = None
    last_address: str = ""
    has_otp: bool = False


@dataclass(frozen=True, slots=True)
class LockOut:
    """Who is not listened to just now. Without a credential (its id): wrong credentials came from
    the address; with one: wrong one-time codes, from the address or, without one, from wherever
    it has given no right one yet."""

    address: str
    credential: str
    failures: int
    end_time: datetime


@dataclass(frozen=True, slots=True)
class AccessRules:
    """What a location asks beside a credential.

    Attributes:
        four_eyes: deletions, and new tokens for administrators, need a second administrator.
        otp: acts that need a one-time code: "delete", "access", "licence", "settings", "stop",
            "restore".
    """

    four_eyes: bool = False
    otp: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Approval:
    """Something that was asked for and needs a second administrator.

    Attributes:
        method: such as "SavesetService/DeleteSavesets".
        subjects, subject_count: what would be deleted or changed: the first hundred, and all.
        state: "pending", "approved", "done", "failed", "refused" or "expired".
        decider: who approved or refused it; empty: nobody yet.
        failure: the reason why it could not be done; empty for none.
    """

    id: str
    method: str
    subjects: tuple[str, ...]
    subject_count: int
    requester: str
    requester_credential: str
    requester_address: str
    create_time: datetime
    expire_time: datetime
    state: str
    decider: str
    decide_time: datetime | None
    failure: str


@dataclass(frozen=True, slots=True)
class OtpSecret:
    """What an authenticator needs. Shown this one time only."""

    secret: str
    uri: str
