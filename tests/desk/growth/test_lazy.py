"""What draws plots is not imported before there is one: the desk starts as quickly as without."""

import subprocess
import sys

ASK = "import sys, sesam_master.ui.desk; sys.exit(bool({'pyqtgraph', 'numpy'} & set(sys.modules)))"


def test_the_desk_starts_without_what_draws_plots() -> None:
    done = subprocess.run([sys.executable, "-c", ASK], check=False, timeout=60)
    assert done.returncode == 0


WAIT = """
import sys, time
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication
from sesam_master.ui.plots.content import PlotContent, Point
from sesam_master.ui.plots.pane import PlotPane
from sesam_master.ui.theme import ThemeHolder, ThemeMode

app = QApplication([])
pane = PlotPane(ThemeHolder(app, ThemeMode.LIGHT))
pane.show_content(PlotContent("a", "b", "c", (Point(1.0, 2.0, "w"),), 0.0, 2.0, str))
assert pane.chart is None
assert pane.summary.text() == "b"
deadline = time.monotonic() + 50
while pane.chart is None and time.monotonic() < deadline:
    QCoreApplication.processEvents()
sys.exit(pane.chart is None)
"""


def test_the_first_plot_is_drawn_when_what_draws_has_come() -> None:
    """The window does not wait for it."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", WAIT], check=False, timeout=60)
    assert done.returncode == 0
