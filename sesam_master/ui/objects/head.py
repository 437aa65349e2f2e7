"""The head of a page that shows what one location was asked for: whether it is reached, how old the
answer is, and why there is none."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtWidgets import QVBoxLayout, QWidget

from sesam_master.core.coverage import Coverage
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import age_between, moment_text
from sesam_master.ui.objects.place import Place
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.banner import Banner
from sesam_master.ui.widgets.page_header import PageHeader
from sesam_master.ui.widgets.thin_progress import ThinProgress


class LocationHead(QWidget):
    """Title, progress and banner. `sentence` says what the page shows."""

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        place: Place,
        now: Callable[[], datetime],
        title: str,
        sentence: str,
    ) -> None:
        super().__init__()
        self._place = place
        self._now = now
        self._sentence = sentence
        self._as_of: datetime | None = None
        self.header = PageHeader(holder, title, Coverage(0, 1))
        self.progress = ThinProgress(holder)
        self.banner = Banner(holder, "")
        self.banner.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.header, self.progress, self.banner):
            column.addWidget(widget)
        bridge.aged.connect(self._show_age)

    def set_subject(self, sentence: str) -> None:
        """Another sentence of what the page shows; `show_state` shows it."""
        self._sentence = sentence

    def show_state(self, as_of: datetime | None, problem: str, *, is_asking: bool) -> None:
        """What is shown is of then, None for nothing; `problem` is why nothing newer came."""
        self._as_of = as_of
        if is_asking:
            self.progress.start()
        else:
            self.progress.stop()
        trouble = self._place.darkness or problem
        kept = ""
        if as_of is not None:
            kept = f" Shown is what was known {moment_text(as_of, self._place.zones.mine)}."
        self.banner.setVisible(bool(trouble))
        self.banner.set_text(f"{trouble}{kept}")
        self._show_age()

    def _show_age(self) -> None:
        place, state = self._place, self._place.state
        is_live = state is not None and state.is_live
        word = "live" if is_live else "not reached"
        self.header.set_coverage(Coverage(1 if is_live else 0, 1), f"{place.name} {word}", "")
        age = "not read yet"
        if self._as_of is not None:
            age = f"read {age_between(self._as_of, self._now())} ago"
        self.header.set_sentence(f"{self._sentence}; {age}.")
