"""Four eyes: acts that wait until a second administrator approves them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from server_agent.domain.access import Caller
from server_agent.domain.access_errors import ApprovalDecided, ApproverNeeded

WAITS = timedelta(hours=24)
# Shorter than repeats are answered: behind that, a repeat of what was done would do it again.
REMEMBERED = timedelta(days=6)


class OtpGroup(StrEnum):
    """Acts that may need a one-time code."""

    DELETE = "delete"
    ACCESS = "access"
    LICENCE = "licence"
    STOP = "stop"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class AccessRules:
    """What a location asks beside a credential.

    Attributes:
        four_eyes: deletions, and who becomes an administrator, need a second administrator.
        otp: these acts need a one-time code.
    """

    four_eyes: bool = False
    otp: frozenset[OtpGroup] = frozenset()


class ApprovalState(StrEnum):
    """PENDING → APPROVED → DONE | FAILED, PENDING → REFUSED | EXPIRED."""

    PENDING = "pending"
    APPROVED = "approved"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Approval:
    """An act that was asked for.

    Attributes:
        id: that of the request.
        method: the call.
        message: what it asks for, as it came.
        digest: of who asked, and for what.
        subjects: what would be deleted or changed, for people; the first hundred.
        count: of all of them.
        requester_id: of the credential; empty for the agent's own user.
        decider: who approved or refused it; empty until then.
        failure: the reason why it could not be done; empty for none.
    """

    id: str
    method: str
    message: bytes
    digest: bytes
    subjects: tuple[str, ...]
    count: int
    requester: str
    requester_id: str
    address: str
    create_time: datetime
    expire_time: datetime
    state: ApprovalState = ApprovalState.PENDING
    decider: str = ""
    decide_time: datetime | None = None
    failure: str = ""

    def at(self, now: datetime) -> ApprovalState:
        """Its state: nobody has to enter that its time is over."""
        if self.state is ApprovalState.PENDING and now >= self.expire_time:
            return ApprovalState.EXPIRED
        return self.state


def check_decision(approval: Approval, decider: Caller, approves: bool, now: datetime) -> None:
    """Raises ApproverNeeded or ApprovalDecided. What was approved and not done, since the agent
    ended in between, may be approved again. Who asked may take it back."""
    state = approval.at(now)
    if state is not ApprovalState.PENDING and not (approves and state is ApprovalState.APPROVED):
        raise ApprovalDecided(approval=approval.id, state=state)
    is_own = (decider.credential_id or "") == approval.requester_id
    if approves and (is_own or decider.name == approval.requester):
        raise ApproverNeeded(approval=approval.id, holder=approval.requester)
