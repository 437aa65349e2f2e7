"""Roles, what a caller is limited to, and what an enrolment token or a credential is worth at a
moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase

from server_agent.domain.access_errors import OutOfScope, TokenExpired, TokenRevoked, TokenUsed
from server_agent.domain.errors import InvalidArgument
from server_agent.domain.quoting import printable


class Role(StrEnum):
    ADMIN = "admin"
    OPERATOR = "operator"
    BACKUP = "backup"
    RESTORE = "restore"
    MONITOR = "monitor"


EVERY_ROLE = frozenset(Role)
DEFAULT_TOKEN_LIFE = timedelta(hours=1)
SHORTEST_TOKEN_LIFE = timedelta(minutes=1)
LONGEST_TOKEN_LIFE = timedelta(days=7)
SHORTEST_CREDENTIAL_LIFE = timedelta(minutes=1)
LONGEST_CREDENTIAL_LIFE = timedelta(days=3650)
MOST_USES = 1000  # credentials out of one token
MOST_PATTERNS = 100  # of one limit
LONGEST_PATTERN = 200  # characters
LONGEST_COMMENT = 200  # characters


class Limit(StrEnum):
    """What a scope can be limited by."""

    CLIENT = "client"
    TASK = "task"
    POOL = "pool"
    SCHEDULE = "schedule"


# The names of each kind that an act has to do with.
Touched = Mapping[Limit, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a caller may act on. Names or patterns (`*`, `?`, `[...]`), letter case matters; a limit
    without any is none.

    An act is admitted if for each limit it touches at least one such name, and every name of that
    kind which it touches is one of them. So an act on the location as a whole, which touches no
    client, is nothing for who is limited to some clients.
    """

    clients: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()
    schedules: tuple[str, ...] = ()

    @property
    def limits(self) -> Mapping[Limit, tuple[str, ...]]:
        """Those that there are."""
        every = {
            Limit.CLIENT: self.clients,
            Limit.TASK: self.tasks,
            Limit.POOL: self.pools,
            Limit.SCHEDULE: self.schedules,
        }
        return {limit: patterns for limit, patterns in every.items() if patterns}

    def check(self, touched: Touched, may_lack: bool = False) -> None:
        """Raises OutOfScope unless an act that touches that is admitted. `may_lack`: something
        that it names is not there, so that names may be missing."""
        for limit, patterns in self.limits.items():
            names = touched.get(limit, frozenset())
            outside = [name for name in sorted(names) if not _is_one_of(name, patterns)]
            if outside or not (names or may_lack):
                raise OutOfScope(
                    limit=limit,
                    name=printable(outside[0]) if outside else "",
                    allowed=", ".join(patterns),
                )


UNLIMITED = Scope()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: `name` is the holder of the credential, or "local" for the agent's own user."""

    name: str
    role: Role
    credential_id: str | None
    scope: Scope = UNLIMITED


@dataclass(frozen=True, slots=True)
class Terms:
    """What a token gives beside its role.

    Attributes:
        uses: how many credentials it can be exchanged for.
        credential_life: how long each of these is good; None: until it is revoked.
        comment: for whom it is, in words.
    """

    scope: Scope = UNLIMITED
    uses: int = 1
    credential_life: timedelta | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """An enrolment token; the agent keeps only the digest of the secret.

    Attributes:
        id: not secret.
        uses, used: how many credentials it can be exchanged for, and how many it was.
        used_time: the last time.
        made_by: name of the caller who made it; empty where that is not known.
    """

    id: str
    digest: bytes
    role: Role
    create_time: datetime
    expire_time: datetime
    used_time: datetime | None = None
    scope: Scope = UNLIMITED
    uses: int = 1
    used: int = 0
    credential_life: timedelta | None = None
    comment: str = ""
    made_by: str = ""
    revoke_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """What an enrolment token was exchanged for; only the digest of the secret is kept.

    Attributes:
        expire_time: None: it is good until it is revoked.
        last_address: where it was used from last, without the port; empty: not known.
    """

    id: str
    digest: bytes
    holder: str
    role: Role
    create_time: datetime
    revoke_time: datetime | None
    last_used_time: datetime | None
    scope: Scope = UNLIMITED
    expire_time: datetime | None = None
    last_address: str = ""

    def is_good(self, now: datetime) -> bool:
        """Neither revoked nor over."""
        return self.revoke_time is None and (self.expire_time is None or now < self.expire_time)


def checked_token_life(life: timedelta) -> timedelta:
    """The time to live itself, or InvalidArgument."""
    if not SHORTEST_TOKEN_LIFE <= life <= LONGEST_TOKEN_LIFE:
        raise InvalidArgument(
            field="time_to_live", value=life, expected="between 1 minute and 7 days"
        )
    return life


def checked_terms(terms: Terms) -> Terms:
    """The terms themselves, or InvalidArgument."""
    for limit, patterns in terms.scope.limits.items():
        _check_patterns(limit, patterns)
    if not 1 <= terms.uses <= MOST_USES:
        raise InvalidArgument(field="uses", value=terms.uses, expected=f"1 to {MOST_USES}")
    life = terms.credential_life
    if life is not None and not SHORTEST_CREDENTIAL_LIFE <= life <= LONGEST_CREDENTIAL_LIFE:
        raise InvalidArgument(
            field="credential_life", value=life, expected="between 1 minute and 3650 days"
        )
    if len(terms.comment) > LONGEST_COMMENT or not terms.comment.isprintable():
        raise InvalidArgument(
            field="comment",
            value=printable(terms.comment[:LONGEST_COMMENT]),
            expected=f"at most {LONGEST_COMMENT} printable characters",
        )
    return terms


def check_token(token: Token, now: datetime) -> None:
    """Raises TokenRevoked, TokenUsed or TokenExpired unless the token can be exchanged now."""
    if token.revoke_time is not None:
        raise TokenRevoked(revoke_time=token.revoke_time.isoformat(timespec="seconds"))
    if token.used >= token.uses:
        used_time = token.used_time or token.create_time
        raise TokenUsed(used_time=used_time.isoformat(timespec="seconds"))
    if now >= token.expire_time:
        raise TokenExpired(expire_time=token.expire_time.isoformat(timespec="seconds"))


def _is_one_of(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _check_patterns(limit: Limit, patterns: tuple[str, ...]) -> None:
    field = f"scope.{limit}s"
    if len(patterns) > MOST_PATTERNS:
        raise InvalidArgument(
            field=field, value=len(patterns), expected=f"at most {MOST_PATTERNS} names or patterns"
        )
    for pattern in patterns:
        if not pattern.strip() or not pattern.isprintable() or len(pattern) > LONGEST_PATTERN:
            raise InvalidArgument(
                field=field,
                value=printable(pattern[:LONGEST_PATTERN]),
                expected=f'names or patterns of 1 to {LONGEST_PATTERN} characters, such as "web*"',
            )
