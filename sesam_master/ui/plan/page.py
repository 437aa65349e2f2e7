"""The page "Scheduling" of one location: its schedules, events and task groups."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

import tzlocal

from sesam_master.core.gateway import FleetGateway
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.objects.kinds import Drafts
from sesam_master.ui.objects.page import ObjectsPage
from sesam_master.ui.plan.calendar_files import CalendarFiles
from sesam_master.ui.plan.editor import PlanEditor
from sesam_master.ui.plan.other_starts import OtherStarts
from sesam_master.ui.plan.presenter import PlanPresenter
from sesam_master.ui.plan.rows import PlanKind, columns
from sesam_master.ui.plan.sentences import empty_content, page_sentence
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.empty_state import EmptyContent


class PlanPage(ObjectsPage):
    """A tab for one location. `drafts` keeps what is not saved when the tab is closed."""

    icon_name = "calendar-clock"
    presenter: PlanPresenter
    editor: PlanEditor

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
        presenter = PlanPresenter(bridge, source, location_id, drafts, zone, clock)
        others = OtherStarts(bridge, source, location_id, clock, presenter)
        editor = PlanEditor(holder, presenter, others)
        lists = {kind: columns(kind) for kind in PlanKind}
        super().__init__(holder, bridge, "Scheduling", presenter, editor, lists)
        self.files = CalendarFiles(self, bridge, source, self.presenter)
        self.editor.schedule_form.import_wanted.connect(self.files.ask_import)
        self.editor.schedule_form.export_wanted.connect(self.files.ask_export)

    def sentence(self) -> str:
        place = self.presenter.place
        return page_sentence(place.name, self.presenter.plan, place.zones)

    def empty_content(self, text: str) -> EmptyContent:
        presenter = self.presenter
        return empty_content(
            *(presenter.kind, presenter.place.name, presenter.list_problem, presenter.plan, text)
        )
