"""The pane in which one component is changed, with what is known of it."""

from dataclasses import replace

from PySide6.QtWidgets import QWidget

from sesam_master.core.components import (
    Component,
    Components,
    DataStore,
    Drive,
    Loader,
    MediaPool,
    Medium,
)
from sesam_master.core.draft import Editable
from sesam_master.core.records import Client, Task
from sesam_master.ui.components.client_form import ClientForm
from sesam_master.ui.components.facts import FactsPanel, facts_of
from sesam_master.ui.components.form import FieldsForm
from sesam_master.ui.components.judging import consequence, warnings
from sesam_master.ui.components.loader_form import LoaderForm
from sesam_master.ui.components.loader_panel import LoaderPanel
from sesam_master.ui.components.loader_work import LoaderWork
from sesam_master.ui.components.media_forms import DriveForm, MediumForm, PoolForm, StoreForm
from sesam_master.ui.components.presenter import ComponentsPresenter
from sesam_master.ui.components.rows import ComponentKind
from sesam_master.ui.components.task_form import TaskForm
from sesam_master.ui.components.versions import differences
from sesam_master.ui.formatting import full_moment_text
from sesam_master.ui.growth.store_history import StoreHistory
from sesam_master.ui.objects.editor import ObjectEditor
from sesam_master.ui.objects.kinds import ObjectKind
from sesam_master.ui.theme import ThemeHolder


class ComponentsEditor(ObjectEditor):
    """Beside a task stands how it is backed up, beside the others what is known of them."""

    _presenter: ComponentsPresenter

    def __init__(
        self,
        holder: ThemeHolder,
        presenter: ComponentsPresenter,
        history: StoreHistory,
        loaders: LoaderWork,
    ) -> None:
        client, task, medium = ClientForm(holder), TaskForm(holder), MediumForm(holder)
        store, drive, pool = StoreForm(holder), DriveForm(holder), PoolForm(holder)
        loader = LoaderForm(holder)
        forms = (client, task, store, loader, drive, pool, medium)
        facts, panel = FactsPanel(holder), LoaderPanel(holder)
        self._history = history
        self._loaders = loaders
        sides: dict[ObjectKind, QWidget] = {
            ComponentKind.TASKS: task.side,
            ComponentKind.LOADERS: panel,
        }
        kinds = list(ComponentKind)
        super().__init__(
            holder,
            presenter,
            dict(zip(kinds, forms, strict=True)),
            {kind: sides.get(kind, facts) for kind in kinds},
        )
        self.client_form, self.task_form, self.medium_form = client, task, medium
        self.store_form, self.drive_form, self.pool_form = store, drive, pool
        self.loader_form, self.loader_panel = loader, panel
        self.facts = facts
        self._marked: dict[ObjectKind, FieldsForm] = dict(zip(kinds, forms, strict=True))
        presenter.changed.connect(self._mark_refused)
        presenter.changed.connect(self.show_side)
        presenter.edited.connect(self.show_side)
        history.changed.connect(self.show_side)
        loaders.changed.connect(self.show_side)
        panel.look_asked.connect(lambda: loaders.look(self._name()))
        panel.load_asked.connect(lambda place, drive: loaders.load(self._name(), place, drive))
        panel.unload_asked.connect(lambda place: loaders.unload(self._name(), place))
        self.show_chosen()

    def set_choices(self) -> None:
        whole = self._presenter.whole
        if whole is None:
            return
        self.task_form.set_clients(client.name for client in whole.clients)
        self.drive_form.set_stores(store.name for store in whole.stores or ())
        groups = sorted({drive.group for drive in whole.drives})
        self.pool_form.set_groups(groups)
        self.pool_form.set_pools(pool.name for pool in whole.pools or ())

    def show_side(self) -> None:
        presenter = self._presenter
        draft, whole = presenter.draft, presenter.whole
        if draft is None or whole is None or isinstance(draft.item, Task):
            return
        base, item = draft.base, draft.item
        if isinstance(item, Loader):
            self._show_loader(base, whole)
            return
        zones = presenter.place.zones
        known = facts_of(base, whole, zones) if base is not None else []
        as_of = full_moment_text(whole.as_of, zones.site) if whole.is_kept else ""
        store = base if isinstance(base, DataStore) else None
        mark = item.high_water_mark if isinstance(item, DataStore) else 0
        self.facts.show_facts(known, store, mark, as_of=as_of)
        if store is not None:
            self._history.choose(store, whole.as_of)
            self._history.show_in(self.facts.plot, replace(store, high_water_mark=mark))

    def _show_loader(self, base: Editable | None, whole: Components) -> None:
        """What is in it now; it is looked into when it is looked at for the first time."""
        loader = base if isinstance(base, Loader) else None
        if loader is not None:
            self._loaders.look_once(loader)
        state = self._loaders.state(loader.name if loader is not None else "")
        zone = self._presenter.place.zones.site
        self.loader_panel.show_loader(loader, whole, state, self._loaders.hindrance, zone)

    def _name(self) -> str:
        """Of the object at the location; "" while there is none."""
        draft = self._presenter.draft
        return draft.base.name if draft is not None and draft.base is not None else ""

    def is_readable(self, kind: ObjectKind) -> bool:
        return kind is not ComponentKind.TASKS

    def judge(self, item: Editable) -> tuple[list[str], list[str]]:
        presenter = self._presenter
        draft, whole = presenter.draft, presenter.whole
        if draft is None or whole is None:
            return [], []
        return [], warnings(_component(item), draft.base, whole)

    def consequence(self, item: Editable) -> str:
        return consequence(_component(item))

    def differences(self, theirs: Editable, mine: Editable) -> list[tuple[str, str, str]]:
        return differences(_component(theirs), _component(mine))

    def _mark_refused(self) -> None:
        """The field that the location does not want as it is."""
        key = self._presenter.key
        if key is not None:
            self._marked[key[0]].mark_refused(self._presenter.refused_field)


def _component(item: Editable) -> Component:
    assert isinstance(item, Client | Task | DataStore | Loader | Drive | MediaPool | Medium)
    return item
