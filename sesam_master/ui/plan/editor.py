"""The pane in which one object of a plan is changed, with what it leads to."""

from sesam_master.core.draft import Editable
from sesam_master.core.plan import Event, Schedule, TaskGroup
from sesam_master.core.plan_clashes import RunTimes, clash_of, drafted_events
from sesam_master.ui.objects.editor import ObjectEditor
from sesam_master.ui.objects.kinds import ObjectKind
from sesam_master.ui.plan.event_form import EventForm
from sesam_master.ui.plan.group_form import GroupForm
from sesam_master.ui.plan.other_starts import OtherStarts
from sesam_master.ui.plan.presenter import PlanPresenter
from sesam_master.ui.plan.rows import PlanKind
from sesam_master.ui.plan.schedule_form import ScheduleForm
from sesam_master.ui.plan.starts_table import StartsTable
from sesam_master.ui.plan.versions import differences
from sesam_master.ui.plan.warnings import (
    clash_warning,
    delete_consequence,
    event_warnings,
    group_warnings,
    schedule_warnings,
)
from sesam_master.ui.theme import ThemeHolder


class PlanEditor(ObjectEditor):
    """Beside a schedule or event stand its coming starts, beside a task group its tasks."""

    _presenter: PlanPresenter

    def __init__(self, holder: ThemeHolder, presenter: PlanPresenter, others: OtherStarts) -> None:
        forms = ScheduleForm(holder), EventForm(holder), GroupForm(holder)
        starts = StartsTable(holder)
        sides = (starts, starts, forms[2].side)
        super().__init__(
            holder,
            presenter,
            dict(zip(PlanKind, forms, strict=True)),
            dict(zip(PlanKind, sides, strict=True)),
        )
        self._others = others
        self.schedule_form, self.event_form, self.group_form = forms
        self.starts = starts
        presenter.starts.changed.connect(self.show_side)
        others.changed.connect(self.show_warnings)
        self.show_chosen()

    def set_choices(self) -> None:
        if self._presenter.plan is not None:
            self.event_form.set_choices(self._presenter.plan, self._presenter.place.tasks)
            self.group_form.set_choices(self._presenter.plan, self._presenter.place.tasks)

    def show_side(self) -> None:
        """The coming starts of the schedule, or of that of the event."""
        presenter = self._presenter
        preview, problem = presenter.starts.preview, presenter.starts.problem
        self.starts.show_preview(
            preview, presenter.place.zones, presenter.today.year, self._why_none()
        )
        if presenter.starts.is_old:
            self.starts.mark_old()
        self._want_others()
        if problem is not None or preview is not None:
            self.follow()
        else:
            self.show_warnings()

    def is_readable(self, kind: ObjectKind) -> bool:
        return kind is not PlanKind.GROUPS

    def judge(self, item: Editable) -> tuple[list[str], list[str]]:
        presenter = self._presenter
        plan, preview, zone = presenter.plan, presenter.starts.preview, presenter.place.zones.site
        problem = presenter.starts.problem
        errors, warnings = [], []
        match item:
            case Schedule():
                warnings = schedule_warnings(item, preview, zone) if preview is not None else []
                errors = [f"{problem.why} {problem.to_do}"] if problem is not None else []
            case Event() if plan is not None:
                warnings = event_warnings(item, plan, presenter.place.tasks)
            case TaskGroup() if plan is not None:
                warnings = group_warnings(item, plan, presenter.place.tasks)
            case _:
                pass
        return errors, warnings + self._clash_warnings()

    def consequence(self, item: Editable) -> str:
        assert isinstance(item, Schedule | Event | TaskGroup)
        assert self._presenter.plan is not None
        return delete_consequence(item, self._presenter.plan, self._presenter.place.zones.site)

    def differences(self, theirs: Editable, mine: Editable) -> list[tuple[str, str, str]]:
        assert isinstance(theirs, Schedule | Event | TaskGroup)
        assert isinstance(mine, Schedule | Event | TaskGroup)
        return differences(theirs, mine)

    def _want_others(self) -> None:
        """What else starts the tasks, where that may clash."""
        draft, plan = self._presenter.draft, self._presenter.plan
        preview = self._presenter.starts.preview
        if draft is None or plan is None or preview is None or plan.is_kept:
            return
        if drafted_events(draft.item, draft.base, plan):
            self._others.want(plan, [start.moment for start in preview.starts])

    def _clash_warnings(self) -> list[str]:
        presenter, starts = self._presenter, self._others.starts
        draft, plan, preview = presenter.draft, presenter.plan, presenter.starts.preview
        if draft is None or plan is None or preview is None or presenter.starts.is_old:
            return []
        if not drafted_events(draft.item, draft.base, plan):
            return []
        if starts is None:
            why = self._others.unknown
            return [f"It is not known whether other events clash with it. {why}"] if why else []
        state, moments = presenter.place.state, [start.moment for start in preview.starts]
        run_times = RunTimes(state.picture if state is not None else None)
        clash = clash_of(draft.item, draft.base, plan, moments, starts, run_times)
        return [clash_warning(clash, presenter.place.zones.site)] if clash is not None else []

    def _why_none(self) -> str:
        presenter = self._presenter
        if presenter.place.darkness is not None:
            return f"Unknown. {presenter.place.darkness}"
        if presenter.starts.unknown:
            return f"Unknown. {presenter.starts.unknown}"
        if presenter.starts.problem is not None:
            return "None as long as the schedule cannot be like this."
        item = presenter.draft.item if presenter.draft is not None else None
        if isinstance(item, Event) and not item.schedule:
            return "Not planned by itself: it starts when the event before it has ended."
        return "There is no start any more." if presenter.starts.preview is not None else ""
