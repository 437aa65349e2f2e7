"""Imports what draws plots beside the window: it takes some frames, and only few look at plots."""

import importlib
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sesam_master.ui.plots.chart import Chart

_MODULE = "sesam_master.ui.plots.chart"


def loaded_chart() -> "type[Chart] | None":
    """The class that draws; None while it is not imported."""
    # It is the last that its module defines: once it is there, so is all that it needs.
    return getattr(sys.modules.get(_MODULE), "Chart", None)


def load_chart() -> threading.Thread:
    """Imports it; whoever does so at the same time waits for the same import."""
    thread = threading.Thread(
        target=importlib.import_module, args=(_MODULE,), name="plots", daemon=True
    )
    thread.start()
    return thread
