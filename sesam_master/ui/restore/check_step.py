"""The step "Check" of a restore: what will be done, before it is."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from sesam_master.core.records import Overwrite
from sesam_master.core.restoring import ORIGINAL_PLACE, RestoreOrder
from sesam_master.ui.icons import icon
from sesam_master.ui.objects.fields import caption
from sesam_master.ui.restore.rules import NOTHING_ELSE, SENTENCES, TITLES, place_words
from sesam_master.ui.restore.tree import shown_name
from sesam_master.ui.results.facts import FactSheet
from sesam_master.ui.theme import ThemeHolder

SHOWN_PATHS = 12
_DRY_RUN_WORDS = (
    "Nothing is touched at the target: a job looks through it as the restore would, and its "
    "protocol lists what would be made, replaced, kept and renamed."
)
_REPLACES = "Files at the original place that were changed since are replaced too."


class CheckStep(QWidget):
    """`dry_run_wanted`: first see what would be done."""

    dry_run_wanted = Signal()

    def __init__(self, holder: ThemeHolder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        heading = QLabel("What will be done")
        heading.setProperty("role", "heading")
        self.facts = FactSheet()
        self.warning = QLabel()
        self.warning.setProperty("role", "error")
        self.warning.setWordWrap(True)
        self.dry_run = QPushButton(icon("eye", holder), "Dry run first")
        self.dry_run.clicked.connect(self.dry_run_wanted)
        inside = QWidget()
        inside.setProperty("surface", "base")
        inside.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(inside)
        column.setContentsMargins(20, 14, 20, 14)
        column.setSpacing(8)
        column.addWidget(heading)
        column.addWidget(self.facts)
        column.addWidget(self.warning)
        column.addWidget(caption(NOTHING_ELSE))
        column.addSpacing(8)
        column.addWidget(self.dry_run, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(caption(_DRY_RUN_WORDS))
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inside)
        scroll.viewport().setAutoFillBackground(False)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.addWidget(scroll)

    def show_order(self, order: RestoreOrder, client: str, what: str, moment: str) -> None:
        """What was chosen. `what`: how much; `moment`: of when; `client`: where the target is."""
        self.facts.set_facts(
            [
                ("What", f"{what}\n{path_lines(order.paths)}"),
                ("From", f"{moment}, saveset {order.saveset}"),
                ("Where to", place_words(order.target, client)),
                ("Existing files", f"{TITLES[order.overwrite]}: {SENTENCES[order.overwrite]}"),
                ("Interfaces", _interface_words(order)),
            ]
        )
        is_rough = order.target == ORIGINAL_PLACE and order.overwrite is Overwrite.ALWAYS
        self.warning.setText(_REPLACES if is_rough else "")
        self.warning.setVisible(is_rough)

    def show_refusal(self, reason: str | None) -> None:
        """Why nothing can be started now; None if it can."""
        self.dry_run.setEnabled(reason is None)
        self.dry_run.setToolTip(reason or "")


def path_lines(paths: Sequence[bytes]) -> str:
    """The first of them, a line each."""
    lines = [shown_name(path) for path in paths[:SHOWN_PATHS]]
    rest = len(paths) - SHOWN_PATHS
    return "\n".join([*lines, *([f"and {rest} more"] if rest > 0 else [])])


def _interface_words(order: RestoreOrder) -> str:
    if order.without_interfaces:
        return "sbc_pre and sbc_post are not run"
    return "sbc_pre and sbc_post run, if they are switched on"
