"""The page "Components" of one location: what is backed up, and where savesets lie."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

import tzlocal

from sesam_master.core.gateway import FleetGateway
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.components.client_windows import ClientWindows
from sesam_master.ui.components.editor import ComponentsEditor
from sesam_master.ui.components.loader_work import LoaderWork
from sesam_master.ui.components.presenter import ComponentsPresenter
from sesam_master.ui.components.rows import COLUMNS, ComponentKind
from sesam_master.ui.components.sentences import empty_content, page_sentence
from sesam_master.ui.growth.store_history import StoreHistory
from sesam_master.ui.objects.kinds import Drafts
from sesam_master.ui.objects.page import ObjectsPage
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.empty_state import EmptyContent


class ComponentsPage(ObjectsPage):
    """A tab for one location. `drafts` keeps what is not saved when the tab is closed."""

    icon_name = "server"
    presenter: ComponentsPresenter
    editor: ComponentsEditor

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        source: FleetGateway,
        location_id: str,
        drafts: Drafts,
        *,
        zone: tzinfo | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        zone = zone or tzlocal.get_localzone()
        presenter = ComponentsPresenter(bridge, source, location_id, drafts, zone, clock)
        self._history = StoreHistory(bridge, source, presenter.place, clock)
        self._loaders = LoaderWork(bridge, source, presenter.place)
        editor = ComponentsEditor(holder, presenter, self._history, self._loaders)
        bridge.fleet_changed.connect(editor.show_side)
        super().__init__(holder, bridge, "Components", presenter, editor, COLUMNS)
        self.windows = ClientWindows(holder, bridge, source, presenter.place, editor.task_form)
        self.segments.choose(ComponentKind.TASKS.value)

    def sentence(self) -> str:
        return page_sentence(self.presenter.place.name, self.presenter.whole)

    def empty_content(self, text: str) -> EmptyContent:
        presenter = self.presenter
        return empty_content(
            *(presenter.kind, presenter.place.name, presenter.list_problem, presenter.whole, text)
        )
