"""Roles, and what an enrolment token or a credential is worth at a moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from server_agent.domain.errors import InvalidArgument, TokenExpired, TokenUsed


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


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: `name` is the holder of the credential, or "local" for the agent's own user."""

    name: str
    role: Role
    credential_id: str | None


@dataclass(frozen=True, slots=True)
class Token:
    """An enrolment token; the agent keeps only the digest of the secret."""

    digest: bytes
    role: Role
    create_time: datetime
    expire_time: datetime
    used_time: datetime | None
    used_by_request: str | None


@dataclass(frozen=True, slots=True)
class Credential:
    """What an enrolment token was exchanged for; only the digest of the secret is kept."""

    id: str
    digest: bytes
    holder: str
    role: Role
    create_time: datetime
    revoke_time: datetime | None
    last_used_time: datetime | None


def checked_token_life(life: timedelta) -> timedelta:
    """The time to live itself, or InvalidArgument."""
    if not SHORTEST_TOKEN_LIFE <= life <= LONGEST_TOKEN_LIFE:
        raise InvalidArgument(
            field="time_to_live", value=life, expected="between 1 minute and 7 days"
        )
    return life


def check_token(token: Token, now: datetime, request_id: str) -> None:
    """Raises TokenUsed or TokenExpired unless the token can be exchanged now.

    A repeat of the request that used it is let through: its answer may have been lost.
    """
    if token.used_time is not None:
        if token.used_by_request == request_id:
            return
        raise TokenUsed(used_time=token.used_time.isoformat(timespec="seconds"))
    if now >= token.expire_time:
        raise TokenExpired(expire_time=token.expire_time.isoformat(timespec="seconds"))
