"""The page "Growth" of one location: how full its data stores were and will be, what its backups
stored, and how fast they were."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

import tzlocal
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSplitter, QVBoxLayout, QWidget

from sesam_master.core.gateway import FleetGateway
from sesam_master.core.history import Period
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.growth.contents import growth_content, rate_content, store_content
from sesam_master.ui.growth.presenter import GrowthPresenter
from sesam_master.ui.objects.location_page import LocationPage
from sesam_master.ui.plots.pane import PlotPane
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.segments import Segments

_STORED, _RATE = "Stored per sesam day", "Throughput of a backup"
_UNKNOWN = "Not known: the location was not reached."
_ASKED = "The location is asked."


class GrowthPage(LocationPage):
    """A tab for one location."""

    icon_name = "gauge"
    presenter: GrowthPresenter

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        source: FleetGateway,
        location_id: str,
        *,
        zone: tzinfo | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        zone = zone or tzlocal.get_localzone()
        presenter = GrowthPresenter(bridge, source, location_id, zone, clock)
        says = f"What {presenter.place.name} stores, and how full it is"
        super().__init__(holder, bridge, presenter, clock, "Growth", says)
        self._holder = holder
        self.periods = Segments(holder, [period.words for period in Period])
        self.periods.choose(self.presenter.period.words)
        self.stores: dict[str, PlotPane] = {}
        self.no_store = PlotPane(holder, "Data stores")
        self.growth = PlotPane(holder, _STORED)
        self.rate = PlotPane(holder, _RATE)
        self._store_column = QVBoxLayout()
        self._lay_out()
        words = {period.words: period for period in Period}
        self.periods.chosen.connect(lambda text: self.presenter.set_period(words[text]))
        self.presenter.changed.connect(self._show)
        self.presenter.refresh()

    # -- inside

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 6, 12, 6)
        bar.addWidget(self.periods)
        bar.addStretch(1)
        stores = QWidget()
        self._store_column.setContentsMargins(12, 4, 8, 8)
        self._store_column.setSpacing(12)
        self._store_column.addWidget(self.no_store)
        stores.setLayout(self._store_column)
        left = QScrollArea()
        left.setWidgetResizable(True)
        left.setFrameShape(QFrame.Shape.NoFrame)
        left.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        left.setWidget(stores)
        left.viewport().setAutoFillBackground(False)
        stores.setAutoFillBackground(False)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(12, 4, 8, 8)
        column.setSpacing(12)
        column.addWidget(self.growth, 1)
        column.addWidget(self.rate, 1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(left)
        splitter.addWidget(right)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([500, 500])
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        page.addWidget(self.head)
        page.addLayout(bar)
        page.addWidget(splitter, 1)

    def _show(self) -> None:
        presenter = self.presenter
        problem = presenter.problem.text if presenter.problem is not None else ""
        self.head.show_state(presenter.as_of, problem, is_asking=presenter.is_asking)
        self._show_stores()
        period, today = presenter.period, presenter.today
        waiting = _ASKED if presenter.is_asking else _UNKNOWN
        if presenter.growth is None:
            self.growth.show_problem(_STORED, waiting)
            self.rate.show_problem(_RATE, waiting)
        else:
            self.growth.show_content(growth_content(presenter.growth, period, today))
            self.rate.show_content(rate_content(presenter.growth, period, today))

    def _show_stores(self) -> None:
        presenter = self.presenter
        known = presenter.stores if presenter.samples is not None else None
        stores = {store.name: store for store in known or ()}
        for name in set(self.stores) - set(stores):
            pane = self.stores.pop(name)
            self._store_column.removeWidget(pane)
            pane.hide()
            pane.deleteLater()
        self.no_store.setVisible(not stores)
        if not stores:
            words = _ASKED if presenter.is_asking else _UNKNOWN
            self.no_store.show_problem("Data stores", words)
        for place, (name, store) in enumerate(stores.items()):
            if name not in self.stores:
                self.stores[name] = PlotPane(self._holder, name)
                self._store_column.insertWidget(place, self.stores[name], 1)
            content = store_content(
                *(store, presenter.samples_of(name), presenter.period),
                *(presenter.stores_as_of, presenter.place.zones.site),
            )
            self.stores[name].show_content(content)
