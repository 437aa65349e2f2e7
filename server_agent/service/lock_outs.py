"""Who failed too often is not listened to for a while.

What fails is counted per address, and what a credential proved at an address before goes on there
whatever else fails at it. So nobody is locked out by what somebody does elsewhere.
"""

import hashlib
import logging
import math
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server_agent.domain.access_errors import LockedOut
from server_agent.ports import Clock

log = logging.getLogger(__name__)

TRIES = 10  # that may fail
WITHIN = timedelta(minutes=10)
FIRST_LOCK = timedelta(minutes=1)  # each one after it is twice as long
LONGEST_LOCK = timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(days=1)  # without a failure; then locks begin with the first again
MOST_KEPT = 4096  # subjects, and proofs


@dataclass(frozen=True, slots=True)
class Subject:
    """Who fails: an address with wrong credentials, or a credential with wrong one-time codes, at
    one address or, with an empty one, at those where it has given no right one yet."""

    address: str
    credential_id: str = ""


@dataclass(frozen=True, slots=True)
class LockOut:
    """Attributes:
    failures: that have led to it, over all.
    end_time: when it is listened to again.
    """

    subject: Subject
    failures: int
    end_time: datetime


@dataclass(slots=True)
class _Kept:
    recent: deque[datetime] = field(default_factory=deque)
    failures: int = 0
    locks: int = 0
    last_time: datetime | None = None
    end_time: datetime | None = None


class LockOuts:
    """Kept in memory only: a restart of the agent ends them. Any thread may call; none waits."""

    def __init__(self, clock: Clock, tries: int = TRIES) -> None:
        self._clock = clock
        self._tries = tries
        self._lock = threading.Lock()
        self._kept: OrderedDict[Subject, _Kept] = OrderedDict()
        self._proofs: OrderedDict[tuple[str, bytes], None] = OrderedDict()

    def check_credential(self, address: str, secret: str) -> None:
        """Raises LockedOut for an address, unless the credential was right there before."""
        if not self._has_proved(address, secret):
            self._check(Subject(address))

    def credential_failed(self, address: str) -> None:
        """The credential is none of this agent's."""
        self._failed(Subject(address))

    def credential_proved(self, address: str, secret: str) -> None:
        """The credential is right."""
        self._prove(address, secret)

    def check_code(self, address: str, credential_id: str) -> None:
        """Raises LockedOut for a credential that gave too many wrong codes."""
        self._check(self._of_code(address, credential_id))

    def code_failed(self, address: str, credential_id: str) -> None:
        """The one-time code was wrong."""
        self._failed(self._of_code(address, credential_id))

    def code_proved(self, address: str, credential_id: str) -> None:
        """The one-time code was right."""
        self._prove(address, f"code of {credential_id}")

    def current(self) -> list[LockOut]:
        """Those that last, the longest first."""
        now = self._clock.now()
        with self._lock:
            found = [
                LockOut(subject, kept.failures, kept.end_time)
                for subject, kept in self._kept.items()
                if kept.end_time is not None and now < kept.end_time
            ]
        return sorted(found, key=lambda each: each.end_time, reverse=True)

    def _of_code(self, address: str, credential_id: str) -> Subject:
        known = self._has_proved(address, f"code of {credential_id}")
        return Subject(address if known else "", credential_id)

    def _check(self, subject: Subject) -> None:
        now = self._clock.now()
        with self._lock:
            kept = self._kept.get(subject)
            if kept is None or kept.end_time is None or now >= kept.end_time:
                return
            # A clock that was set back would lock for hours.
            left = min(kept.end_time - now, LONGEST_LOCK)
        raise LockedOut(seconds=math.ceil(left.total_seconds()))

    def _failed(self, subject: Subject) -> None:
        now = self._clock.now()
        with self._lock:
            kept = self._kept.setdefault(subject, _Kept())
            self._kept.move_to_end(subject)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            if kept.last_time is not None and now - kept.last_time > FORGOTTEN_AFTER:
                kept.locks = kept.failures = 0
            kept.last_time = now
            kept.failures += 1
            kept.recent.append(now)
            while kept.recent and now - kept.recent[0] > WITHIN:
                kept.recent.popleft()
            if len(kept.recent) < self._tries:
                return
            lasts = min(FIRST_LOCK * 2 ** min(kept.locks, 10), LONGEST_LOCK)
            kept.locks += 1
            kept.end_time = now + lasts
            kept.recent.clear()
            failures = kept.failures
        who = subject.credential_id or subject.address
        log.warning("%s is locked out for %d s after %d failed tries", who, lasts.seconds, failures)

    def _has_proved(self, address: str, secret: str) -> bool:
        with self._lock:
            return (address, _digest(secret)) in self._proofs

    def _prove(self, address: str, secret: str) -> None:
        key = address, _digest(secret)
        with self._lock:
            self._proofs[key] = None
            self._proofs.move_to_end(key)
            if len(self._proofs) > MOST_KEPT:
                self._proofs.popitem(last=False)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
