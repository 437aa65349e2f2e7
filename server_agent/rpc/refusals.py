"""What the log says of calls that were refused.

Who has no credential can be refused as often as they like: of each address and reason that is told
at once the first time, and then once a minute with a count, so that a flood does not fill the disk.
"""

import asyncio
import logging

from server_agent.domain.access_errors import LockedOut, TooManyTries
from server_agent.domain.errors import DomainError, NoSpace, NotAuthenticated
from server_agent.rpc.roles import WITHOUT_CREDENTIAL

log = logging.getLogger(__name__)

MINUTE = 60.0
MOST_COUNTED = 4096  # addresses with their reasons that are counted apart

_OTHERS = "other addresses"


class Refusals:
    """Enters refusals in the log. Lives in the event loop.

    Args:
        seconds: between two lines about the same.
    """

    def __init__(self, seconds: float = MINUTE) -> None:
        self._seconds = seconds
        self._untold: dict[tuple[str, str], int] = {}

    def tell(self, name: str, peer: str, error: DomainError) -> None:
        """Of a call from the peer, an address with its port."""
        if isinstance(error, TooManyTries | LockedOut):
            return  # `Enrolments` and `LockOuts` say so once
        if isinstance(error, NotAuthenticated) or name in WITHOUT_CREDENTIAL:
            subject = (peer.rpartition(":")[0], error.reason)
            if subject not in self._untold and len(self._untold) >= MOST_COUNTED:
                subject = (_OTHERS, error.reason)
            if subject in self._untold:
                self._untold[subject] += 1
                return
            self._wait(subject)
        # Not the whole error of every kind: it may quote what somebody unknown has sent.
        told = error if isinstance(error, NoSpace) else error.reason
        log.info("%s from %s refused: %s", name, peer, told)

    def _wait(self, subject: tuple[str, str]) -> None:
        self._untold[subject] = 0
        asyncio.get_running_loop().call_later(self._seconds, self._sum_up, subject)

    def _sum_up(self, subject: tuple[str, str]) -> None:
        count = self._untold.pop(subject)
        if count:
            log.warning("%d more calls from %s refused: %s", count, *subject)
            self._wait(subject)
