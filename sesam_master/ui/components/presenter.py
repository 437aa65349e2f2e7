"""The components of a location, as their page lists and changes them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any

from PySide6.QtCore import QObject

from sesam_master.core.components import (
    Component,
    Components,
    DataStore,
    Drive,
    Loader,
    MediaPool,
    Medium,
)
from sesam_master.core.components_source import ComponentsSource
from sesam_master.core.draft import Draft, Editable
from sesam_master.core.fleet import FleetChange
from sesam_master.core.records import Access, Client, Task
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.components.judging import MADE_BY_BACKUP, needs, objection
from sesam_master.ui.components.rows import ComponentKind, ComponentRow, ComponentRows
from sesam_master.ui.objects.kinds import Drafts, ObjectKind
from sesam_master.ui.objects.place import Place
from sesam_master.ui.objects.presenter import Calls, ObjectsPresenter


class ComponentsPresenter(ObjectsPresenter[Components, ComponentRow]):
    """Begins with the tasks."""

    kind: ObjectKind = ComponentKind.TASKS

    def __init__(
        self,
        bridge: Bridge,
        source: ComponentsSource,
        location_id: str,
        drafts: Drafts,
        mine: tzinfo,
        now: Callable[[], datetime],
        parent: QObject | None = None,
    ) -> None:
        calls = Calls(
            "the components",
            source.components,
            source.add_component,
            source.change_component,
            source.remove_component,
        )
        place = Place(bridge.fleet, location_id, mine)
        super().__init__(bridge, calls, ComponentRows(), place, drafts, now, parent)

    @property
    def new_refusal(self) -> str | None:
        is_media = self.kind is ComponentKind.MEDIA
        return self.place.hindrance or (MADE_BY_BACKUP if is_media else None)

    def fresh(self) -> Component:
        whole = self.whole
        match self.kind:
            case ComponentKind.CLIENTS:
                return Client("", Access.LOCAL, "")
            case ComponentKind.TASKS:
                return Task("", _first(whole.clients if whole else ()), (), (), "")
            case ComponentKind.STORES:
                return DataStore("", b"")
            case ComponentKind.LOADERS:
                return Loader("")
            case ComponentKind.DRIVES:
                known = whole.drives if whole is not None else ()
                store = _first(whole.stores if whole else ())
                group = known[0].group if known else ""
                return Drive("", 1, active=True, group=group, data_store=store)
            case _:
                known = whole.drives if whole is not None else ()
                return MediaPool("", known[0].group if known else "")

    def objection(self, draft: Draft[Any]) -> str | None:
        return objection(draft)

    def needs(self, item: Editable) -> str | None:
        assert isinstance(item, Client | Task | DataStore | Loader | Drive | MediaPool | Medium)
        return needs(item, self.whole) if self.whole is not None else None

    def completed(self, whole: Components) -> Components:
        """What the desk does not keep of a location that is dark stays as it was read, of then."""
        before = self.whole
        if whole.stores is not None or before is None or before.stores is None:
            return whole
        return replace(
            whole,
            stores=before.stores,
            pools=before.pools,
            media=before.media,
            loaders=before.loaders,
            as_of=min(before.as_of, whole.as_of),
        )

    def is_told(self, change: FleetChange) -> bool:
        here = self.place.location_id
        named = (*change.clients, *change.tasks)
        return here in change.media or any(location_id == here for location_id, _name in named)


def _first(items: tuple[Any, ...] | None) -> str:
    return items[0].name if items else ""
