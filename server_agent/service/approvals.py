"""The rules of access of a location, and acts that wait for a second administrator.

What is asked for is kept under the id of its request. When somebody else approves it, it is done as
that same request: once, and as the one who asked. Whoever asked gets the answer by asking again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from server_agent.domain.access import Caller
from server_agent.domain.access_errors import ApprovalDecided, ApprovalNeeded, ApprovalNotFound
from server_agent.domain.approvals import (
    REMEMBERED,
    WAITS,
    AccessRules,
    Approval,
    ApprovalState,
    check_decision,
)
from server_agent.domain.errors import RequestIdReused
from server_agent.domain.media import Retention
from server_agent.domain.quoting import printable
from server_agent.ports import Clock, Page
from server_agent.service.changes import Changes
from server_agent.service.requests import Request, first_answer, remember

MOST_SUBJECTS = 100  # that are kept for people


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call asks for: the message as it came, and what it is about."""

    message: bytes
    subjects: Sequence[str]
    address: str


class Approvals:
    """Any thread may call any method."""

    def __init__(self, changes: Changes, clock: Clock) -> None:
        self._changes = changes
        self._clock = clock
        with changes.read() as view:
            self._rules = view.access_rules()

    @property
    def rules(self) -> AccessRules:
        """As they are now. Does not block."""
        return self._rules

    def set_rules(self, request: Request, rules: AccessRules) -> AccessRules:
        """Returns them."""
        with self._changes.write() as tx:
            if first_answer(tx, request) is None:
                tx.put_access_rules(rules)
                remember(tx, request, "", self._clock.now())
            self._rules = tx.access_rules()
        return self._rules

    def check(self, request: Request, asked: Asked) -> None:
        """Keeps the act until it is approved. Returns if it was done, so that its answer is the
        first one again.

        Raises:
            ApprovalNeeded: it waits.
            ApprovalDecided: it was refused, its time is over, or it could not be done.
            RequestIdReused: the id was used for something else.
        """
        now = self._clock.now()
        with self._changes.write() as tx:
            tx.forget_approvals(now - REMEMBERED)
            known = tx.approval(request.id)
            if known is None:
                # What was done while nobody had to approve it is answered as it was.
                if first_answer(tx, request) is not None:
                    return
                known = _new(request, asked, now)
                tx.put_approval(known)
        if known.method != request.method or known.digest != request.digest:
            raise RequestIdReused(method=known.method)
        state = known.at(now)
        if state in (ApprovalState.PENDING, ApprovalState.APPROVED):
            raise ApprovalNeeded(
                approval=known.id, expire_time=known.expire_time.isoformat(timespec="seconds")
            )
        if state is not ApprovalState.DONE:
            raise ApprovalDecided(approval=known.id, state=state)

    def decide(self, request: Request, approval_id: str, approves: bool) -> Approval:
        """Approves or refuses; what is approved has then to be done, and `finish` be told.

        Raises:
            ApprovalNotFound, ApprovalDecided, ApproverNeeded.
        """
        now = self._clock.now()
        with self._changes.write() as tx:
            answered = first_answer(tx, request)
            approval = tx.approval(approval_id if answered is None else answered)
            if approval is None:
                raise ApprovalNotFound(approval=printable(approval_id))
            if answered is not None:
                return approval
            check_decision(approval, request.caller, approves, now)
            state = ApprovalState.APPROVED if approves else ApprovalState.REFUSED
            approval = replace(approval, state=state, decider=request.caller.name, decide_time=now)
            tx.put_approval(approval)
            remember(tx, request, approval.id, now)
        return approval

    def get(self, approval_id: str) -> Approval:
        """Raises ApprovalNotFound."""
        with self._changes.read() as view:
            approval = view.approval(approval_id)
        if approval is None:
            raise ApprovalNotFound(approval=printable(approval_id))
        return approval

    def finish(self, approval_id: str, failure: str) -> Approval:
        """What was approved is done, or could not be: then the reason why."""
        with self._changes.write() as tx:
            approval = tx.approval(approval_id)
            if approval is None:
                raise ApprovalNotFound(approval=approval_id)
            if approval.state is ApprovalState.APPROVED:
                state = ApprovalState.FAILED if failure else ApprovalState.DONE
                approval = replace(approval, state=state, failure=failure)
                tx.put_approval(approval)
        return approval

    def requester(self, approval: Approval, local: Caller) -> Caller | None:
        """Who asked, with what they may do now; None if their credential is not good any more."""
        if not approval.requester_id:
            return local
        with self._changes.read() as view:
            credential = view.credential_by_id(approval.requester_id)
        if credential is None or not credential.is_good(self._clock.now()):
            return None
        return Caller(credential.holder, credential.role, credential.id, credential.scope)

    def list(self, position: str | None, limit: int) -> Page[Approval]:
        """The newest first; those whose time is over are told as such."""
        now = self._clock.now()
        with self._changes.read() as view:
            page = view.approvals(position, limit)
        return Page(
            tuple(replace(each, state=each.at(now)) for each in page.items), page.next_position
        )

    def is_earlier(self, saveset: str, eol: date) -> bool:
        """Whether the saveset would be kept for a shorter time than it is."""
        with self._changes.read() as view:
            known = view.saveset(saveset)
        return known is not None and (known.eol is None or eol < known.eol)

    def keeps_less(self, pool: str, retention: Retention) -> bool:
        """Whether any rule of the pool would keep less than it does."""
        with self._changes.read() as view:
            known = view.pool(pool)
        if known is None:
            return False
        pairs = zip(_numbers(retention), _numbers(known.retention), strict=True)
        return any(new < old for new, old in pairs)


def _numbers(retention: Retention) -> tuple[int, ...]:
    return (
        retention.eol_days,
        retention.keep_newest,
        retention.weekly,
        retention.monthly,
        retention.yearly,
    )


def _new(request: Request, asked: Asked, now: datetime) -> Approval:
    return Approval(
        id=request.id,
        method=request.method,
        message=asked.message,
        digest=request.digest,
        subjects=tuple(printable(each) for each in asked.subjects[:MOST_SUBJECTS]),
        count=len(asked.subjects),
        requester=request.caller.name,
        requester_id=request.caller.credential_id or "",
        address=asked.address,
        create_time=now,
        expire_time=now + WAITS,
    )
