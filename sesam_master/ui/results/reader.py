"""Reads the protocol of one job, page after page, and reads on while the job runs."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from sesam_master.core.gateway import FleetGateway, ProtocolPage, ProtocolPart
from sesam_master.core.records import Job
from sesam_master.ui.bridge import Bridge

FOLLOW_MS = 1000
STEP_LINES = 20_000  # so many are read by themselves; more when a person asks for them


class ProtocolReader(QObject):
    """Hands over lines in order. `took` gets the new lines, `failed` why there are none."""

    def __init__(
        self,
        bridge: Bridge,
        gateway: FleetGateway,
        took: Callable[[ProtocolPage], None],
        failed: Callable[[Exception], None],
        parent: QObject,
        part: ProtocolPart = ProtocolPart.MAIN,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._gateway = gateway
        self._part = part
        self._took = took
        self._failed = failed
        self._key: tuple[str, str] | None = None
        self._lines = 0
        self.total = 0  # lines at the location when they were last asked for
        self._limit = STEP_LINES
        self._has_more = False
        self._is_asking = False
        self._is_behind = False
        self._cancel: Callable[[], None] = lambda: None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(FOLLOW_MS)
        self._pause.timeout.connect(self._ask)

    @property
    def is_cut(self) -> bool:
        """The protocol goes on after the last line that was handed over, and nobody reads it."""
        return self._has_more and self._lines >= self._limit

    def open(self, job: Job) -> None:
        """Begin with the first line of this job."""
        self.close()
        self._key = job.key
        self._ask()

    def more(self) -> None:
        """Read on behind the limit."""
        self._limit += STEP_LINES
        self._ask()

    def close(self) -> None:
        """Nothing is handed over any more."""
        self._cancel()
        self._pause.stop()
        self._key = None
        self._lines = 0
        self._limit = STEP_LINES
        self._has_more = False
        self._is_asking = False
        self._is_behind = False

    def follow(self) -> None:
        """The job has changed: look for new lines, at most once a second."""
        self._is_behind = True
        if self._key is not None and not self._is_asking and not self._pause.isActive():
            self._pause.start()

    def _ask(self) -> None:
        if self._key is None or self._is_asking or self._lines >= self._limit:
            return
        self._is_asking, self._is_behind = True, False
        location_id, job_id = self._key
        page = self._gateway.protocol(location_id, job_id, self._lines, self._part)
        self._cancel = self._bridge.ask(page, self, self._take, self._fail)

    def _take(self, page: ProtocolPage) -> None:
        self._is_asking = False
        self._lines += len(page.lines)
        self._has_more = page.more
        self.total = page.total
        self._took(page)
        if page.more and page.lines:
            self._ask()
        elif self._is_behind:
            self._pause.start()

    def _fail(self, error: Exception) -> None:
        self._is_asking = False
        self._failed(error)
