"""What the screens ask of a location's logs, without knowing how it gets there."""

from collections.abc import Callable
from typing import Protocol

from sesam_master.core.logs import Followed, FoundPage, Log, LogPage, LogQuery


class LogsSource(Protocol):
    """Coroutines of the network thread; each has its own deadline and raises LocationError."""

    async def logs(self, location_id: str) -> tuple[Log, ...]:
        """Those that are there and that the role of the desk may read, the newest day first."""

    async def read_log(
        self, location_id: str, query: LogQuery, sesam_day: str, position: int, *, backward: bool
    ) -> LogPage:
        """Lines from a position on, or before it; with 0 the first, or the last ones. A filter may
        find none in what was looked at. Reasons: LOG_NOT_FOUND."""

    async def search_logs(self, location_id: str, query: LogQuery, page_token: str) -> FoundPage:
        """Lines of all days. It may find none in what was looked at."""

    async def follow_log(
        self,
        location_id: str,
        query: LogQuery,
        after: tuple[str, int] | None,
        told: Callable[[Followed], None],
    ) -> None:
        """Each line that comes, also of the days that begin, until it is cancelled; it may end by
        itself, and is to be asked again then.

        Args:
            after: day and position behind which it goes on; None: the last lines come first.
            told: called on the network thread; at least every 15 seconds, else it has ended.
        """
