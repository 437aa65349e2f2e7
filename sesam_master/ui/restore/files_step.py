"""The step in which files are chosen: the tree, and beside it what is known of the file at hand."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget

from sesam_master.ui.restore.preview import PreviewPane
from sesam_master.ui.theme import ThemeHolder

SIDE_WIDTH = 430
_TREE_WIDTH = 900
_UNLIMITED = (1 << 24) - 1  # QWIDGETSIZE_MAX


def files_step(
    holder: ThemeHolder, tree: QWidget, versions: QWidget, preview: PreviewPane
) -> QSplitter:
    """A preview that is closed is only its button."""
    side = QSplitter(Qt.Orientation.Vertical)
    side.addWidget(versions)
    side.addWidget(preview)
    side.setStretchFactor(0, 1)
    closed = preview.sizeHint().height()

    def fit(is_open: bool) -> None:
        preview.setMaximumHeight(_UNLIMITED if is_open else closed)
        height = side.height()
        below = height * 3 // 5 if is_open else closed
        side.setSizes([height - below, below])

    preview.toggle.toggled.connect(fit)
    fit(False)
    files = QSplitter(Qt.Orientation.Horizontal)
    files.addWidget(tree)
    files.addWidget(side)
    files.setSizes([_TREE_WIDTH, holder.fonts.px(SIDE_WIDTH)])
    files.setStretchFactor(0, 1)
    for splitter in (side, files):
        splitter.setChildrenCollapsible(False)
    return files
