"""What somebody without a credential can make the agent do: little, and not often.

A wrong token costs no look into the catalogue and never a write. To one address that tries many it
is not even said any more that they are wrong. A good token is exchanged whatever else comes from
its address.
"""

import asyncio
import logging
from collections import OrderedDict, deque

from server_agent.domain.access_errors import (
    TokenExpired,
    TokenRevoked,
    TokenUnknown,
    TokenUsed,
    TooManyTries,
)
from server_agent.domain.errors import InvalidArgument
from server_agent.rpc.workers import Workers
from server_agent.service.access import Access, Enrolled, check_holder
from server_agent.service.requests import Request

log = logging.getLogger(__name__)

MOST_FAILED = 20  # of one address in a minute
MINUTE = 60.0
MOST_WAITING = 64  # exchanges; each takes some milliseconds
MOST_ADDRESSES = 4096  # that are remembered


class Enrolments:
    """Exchanges tokens, one at a time. Lives in the event loop."""

    def __init__(self, access: Access, workers: Workers) -> None:
        self._access = access
        self._workers = workers
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    async def exchange(self, address: str, request: Request, token: str, holder: str) -> Enrolled:
        """What `Access.enrol` answers, or TooManyTries."""
        try:
            self._check(token, holder)
            return await self._in_turn(request, token, holder)
        except (InvalidArgument, TokenUnknown, TokenUsed, TokenExpired, TokenRevoked):
            self._count_failed(address)
            raise

    def _check(self, token: str, holder: str) -> None:
        check_holder(holder)
        if not self._access.knows_token(token):
            raise TokenUnknown
        if self._waiting >= MOST_WAITING:
            raise TooManyTries(seconds=1)

    async def _in_turn(self, request: Request, token: str, holder: str) -> Enrolled:
        self._waiting += 1
        try:
            async with self._turn:
                # It looks before it writes, so that a used token does not keep the writer busy.
                return await self._workers.read(self._access.enrol, request, token, holder)
        finally:
            self._waiting -= 1

    def _count_failed(self, address: str) -> None:
        """Raises TooManyTries in place of the reason for an address that failed too often."""
        now = asyncio.get_running_loop().time()
        failed = self._failed.setdefault(address, deque(maxlen=MOST_FAILED))
        self._failed.move_to_end(address)
        if len(self._failed) > MOST_ADDRESSES:
            self._failed.popitem(last=False)
        over = failed[0] + MINUTE - now if len(failed) == MOST_FAILED else 0.0
        if over > 0:
            raise TooManyTries(seconds=int(over) + 1)
        failed.append(now)
        if len(failed) == MOST_FAILED and now - failed[0] < MINUTE:
            log.warning("%d wrong enrolment tokens within a minute from %s", MOST_FAILED, address)
