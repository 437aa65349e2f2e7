"""What an immediate start asks of a location, without knowing how it gets there."""

from typing import Protocol

from sesam_master.core.acts import Made
from sesam_master.core.start import BackupOrder


class StartSource(Protocol):
    """Coroutines of the network thread; each has its own deadline and raises LocationError."""

    async def order_backup(self, order: BackupOrder, request_id: str) -> Made:
        """Starts a backup now or once at a later time, by role admin, operator or backup. If the
        answer is lost it is asked for again, and NO_ANSWER says that it may have happened: the same
        order under the same request id then does nothing twice. Reasons: INVALID_ARGUMENT,
        TASK_NOT_FOUND, GROUP_NOT_FOUND, DRIVE_NOT_FOUND, EVENT_NOT_FOUND, SHUTTING_DOWN."""
