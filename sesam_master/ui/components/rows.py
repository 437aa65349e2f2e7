"""The rows and columns of the lists of components."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from PySide6.QtCore import Qt

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
from sesam_master.core.path_text import path_text
from sesam_master.core.records import Client, Task
from sesam_master.core.states import JobState
from sesam_master.ui.components.words import (
    access_words,
    excludes_words,
    fill_words,
    forecast_words,
    full_day_text,
    is_full_soon,
    loader_kind_words,
    proof_words,
    retention_words,
    sources_words,
)
from sesam_master.ui.formatting import MISSING, UNKNOWN, number_text, percent_text, size_text
from sesam_master.ui.objects.kinds import NEW, Key, ObjectKind, ObjectRow
from sesam_master.ui.objects.listing import ObjectRows
from sesam_master.ui.objects.place import Zones
from sesam_master.ui.widgets.column import Align, CellKind, Column


class ComponentKind(ObjectKind):
    """The lists of components."""

    CLIENTS = "Clients", "client", "clients"
    TASKS = "Tasks", "task", "tasks"
    STORES = "Data stores", "data store", "stores"
    LOADERS = "Loaders", "loader", "loaders"
    DRIVES = "Drives", "drive", "drives"
    POOLS = "Media pools", "media pool", "pools"
    MEDIA = "Media", "medium", "media"


@dataclass(frozen=True, slots=True)
class ComponentRow(ObjectRow):
    """`users`: how many need it: tasks of a client, media of a data store or a pool. `today`: the
    day at the location when it was read."""

    item: Component
    users: int
    today: date

    @property
    def searched(self) -> str:
        match self.item:
            case Client() as client:
                return f"{client.name} {access_words(client)} {client.comment}"
            case Task() as task:
                excludes = " ".join(task.excludes)
                texts = (task.name, task.client, sources_words(task), excludes, task.comment)
                return " ".join(texts)
            case DataStore() as store:
                return f"{store.name} {path_text(store.path)} {store.fault} {store.comment}"
            case Loader() as loader:
                device, tapes = path_text(loader.device), " ".join(loader.tape_devices)
                stores = " ".join(loader.data_stores)
                return f"{loader.name} {loader.kind} {device} {stores} {tapes} {loader.comment}"
            case Drive() as drive:
                return f"{drive.name} {drive.group} {drive.data_store} {drive.comment}"
            case MediaPool() as pool:
                kept = retention_words(pool.retention)
                return f"{pool.name} {pool.drive_group} {kept} {pool.comment}"
            case Medium() as medium:
                return f"{medium.label} {medium.data_store} {medium.eol} {medium.comment}"


class ComponentRows(ObjectRows[Components, ComponentRow]):
    """With how many need each."""

    def __init__(self) -> None:
        super().__init__()
        self._users: Counter[Key] = Counter()

    def begin(self, whole: Components) -> None:
        self._users = Counter((ComponentKind.CLIENTS, task.client) for task in whole.tasks)
        for medium in whole.media or ():
            self._users[ComponentKind.STORES, medium.data_store] += 1
            self._users[ComponentKind.POOLS, medium.pool] += 1

    def row(
        self, key: Key, item: Editable, mark: str, whole: Components, zones: Zones
    ) -> ComponentRow:
        assert isinstance(item, Client | Task | DataStore | Loader | Drive | MediaPool | Medium)
        today = whole.as_of.astimezone(zones.site).date()
        return ComponentRow(key, item, mark, whole.is_kept, self._users[key], today)


def _store_state(row: ComponentRow) -> tuple[JobState, str]:
    store: Any = row.item
    if row.key[1].startswith(NEW):
        return JobState.NOT_PLANNED, "Not saved"
    if row.is_stale:
        return JobState.UNKNOWN, "Unknown"
    if store.fault:
        # Jobs wait until its medium is put in; one that stays in its place is broken.
        return (JobState.BLOCKED, "Away") if store.removable else (JobState.ERROR, "Fault")
    if store.is_above_mark:
        return JobState.WARNING, "Above mark"
    return JobState.OK, "Ready"


def _size(size_bytes: int | None) -> str:
    return UNKNOWN if size_bytes is None else size_text(size_bytes)


def _text(key: str, title: str, width: int, text: Callable[[Any], str], **more: Any) -> Column[Any]:
    return Column(key, title, width, lambda row: text(row.item), tooltip=_tip(text), **more)


def _tip(text: Callable[[Any], str]) -> Callable[[ComponentRow], str]:
    return lambda row: text(row.item)


def _number(
    key: str, title: str, width: int, number: Callable[[Any], int | None], **more: Any
) -> Column[Any]:
    words: Callable[[int | None], str] = more.pop("words", number_text)
    return Column(
        key,
        title,
        width,
        lambda row: words(number(row.item)),
        CellKind.NUMBER,
        align=Align.RIGHT,
        sort=lambda row: number(row.item),
        descending_first=True,
        **more,
    )


def _users(title: str, yields: int) -> Column[Any]:
    return Column(
        "users",
        title,
        56,
        lambda row: number_text(row.users),
        CellKind.NUMBER,
        align=Align.RIGHT,
        sort=lambda row: row.users,
        descending_first=True,
        yields=yields,
    )


_NAME: Column[Any] = Column(
    "name",
    "Name",
    140,
    lambda row: row.name,
    CellKind.STRONG,
    sort=lambda row: (row.key[1].startswith(NEW), row.item.name.casefold()),
    tooltip=lambda row: row.name,
    least=90,
    most=300,
)
_COMMENT = _text(
    "comment", "Comment", 120, lambda item: item.comment, kind=CellKind.QUIET, least=60, most=500,
    yields=1,
)  # fmt: skip
_STATE: Column[Any] = Column(
    "state",
    "State",
    104,
    lambda row: _store_state(row)[1],
    CellKind.STATE,
    value=lambda row: _store_state(row)[0],
    fits=("Above mark",),
    tooltip=lambda row: row.item.fault or _store_state(row)[1],
)
_MIDDLE = Qt.TextElideMode.ElideMiddle
COLUMNS: dict[ObjectKind, tuple[Column[Any], ...]] = {
    ComponentKind.CLIENTS: (
        _NAME,
        _text("access", "Access", 180, access_words, least=80, most=320),
        _users("Tasks", 2),
        _text(
            "locked",
            "Locked",
            64,
            lambda client: "locked" if client.locked else "",
            kind=CellKind.QUIET,
            fits=("locked",),
        ),
        _COMMENT,
    ),
    ComponentKind.TASKS: (
        _NAME,
        _text("client", "Client", 110, lambda task: task.client, least=70, most=200),
        _text("sources", "Sources", 240, sources_words, kind=CellKind.MONO, least=110, most=900),
        _text(
            "excludes",
            "Left out",
            92,
            lambda task: excludes_words(task) or MISSING,
            kind=CellKind.QUIET,
            least=60,
            most=220,
            yields=2,
        ),
        Column(
            "proved",
            "Proved",
            76,
            lambda row: proof_words(row.item, row.today),
            CellKind.QUIET,
            sort=lambda row: row.item.last_proof_time,
            tooltip=lambda row: f"Restore proved: {proof_words(row.item, row.today)}",
            fits=("999 d ago",),
            descending_first=True,
            yields=3,
        ),
        _COMMENT,
    ),
    ComponentKind.STORES: (
        _STATE,
        _NAME,
        _text(
            "path",
            "Path",
            230,
            lambda store: path_text(store.path),
            kind=CellKind.MONO,
            elide=_MIDDLE,
            least=150,
            most=500,
        ),
        Column(
            "fill",
            "Full",
            110,
            lambda row: "" if row.item.fill is None else percent_text(row.item.fill),
            CellKind.PROGRESS,
            value=lambda row: row.item.fill,
            sort=lambda row: row.item.fill,
            descending_first=True,
            tooltip=lambda row: fill_words(row.item),
        ),
        _number("mark", "Mark", 52, lambda store: store.high_water_mark,
                words=lambda number: percent_text((number or 0) / 100)),
        Column(
            "full_by",
            "Full by",
            124,
            lambda row: full_day_text(row.item) or MISSING,
            CellKind.STATE,
            value=lambda row: JobState.WARNING if is_full_soon(row.item, row.today) else None,
            sort=lambda row: row.item.full_day or None,
            tooltip=lambda row: forecast_words(row.item),
            fits=("31 Jan 2027",),
        ),
        _number("free", "Free", 70, lambda store: store.free_bytes, words=_size, yields=2),
        _number("stored", "Savesets", 74, lambda store: store.stored_bytes, words=size_text),
        _users("Media", 3),
        _COMMENT,
    ),
    ComponentKind.LOADERS: (
        _NAME,
        _text("kind", "Made of", 112, loader_kind_words, kind=CellKind.QUIET,
              fits=("changer (mtx)",)),
        _text("device", "Device", 220, lambda loader: path_text(loader.device), least=110,
              most=500),
        _number("drives", "Drives", 56, lambda loader: len(loader.data_stores)),
        _text("stores", "Data stores of its drives", 190,
              lambda loader: ", ".join(loader.data_stores), least=90, most=400),
        _text("tapes", "Tape devices", 140,
              lambda loader: ", ".join(loader.tape_devices) or MISSING, least=70, most=300,
              yields=2),
        _COMMENT,
    ),
    ComponentKind.DRIVES: (
        _NAME,
        _text(
            "active",
            "Active",
            60,
            lambda drive: "yes" if drive.active else "off",
            kind=CellKind.QUIET,
        ),
        _number("streams", "Streams", 62, lambda drive: drive.streams),
        _text("group", "Drive group", 120, lambda drive: drive.group, least=70, most=240),
        _text("store", "Data store", 120, lambda drive: drive.data_store, least=70, most=240),
        _COMMENT,
    ),
    ComponentKind.POOLS: (
        _NAME,
        _text("group", "Drive group", 110, lambda pool: pool.drive_group, least=70, most=240),
        _text(
            "kept",
            "Keeps savesets for",
            300,
            lambda pool: retention_words(pool.retention),
            least=140,
            most=600,
        ),
        _users("Media", 2),
        _COMMENT,
    ),
    ComponentKind.MEDIA: (
        Column(
            "name",
            "Label",
            130,
            lambda row: row.name,
            CellKind.STRONG,
            sort=lambda row: row.item.label.casefold(),
            tooltip=lambda row: row.name,
            least=100,
            most=300,
        ),
        _text("pool", "Media pool", 100, lambda medium: medium.pool, least=70, most=240, yields=3),
        _text("store", "Data store", 100, lambda medium: medium.data_store, least=70, most=240),
        _number("savesets", "Savesets", 70, lambda medium: medium.savesets),
        _number("stored", "Size", 70, lambda medium: medium.stored_bytes, words=size_text),
        _text("newest", "Newest day", 92, lambda m: m.newest_sesam_day or MISSING,
              kind=CellKind.NUMBER, fits=("2026-11-22",), yields=2, descending_first=True),
        _text("eol", "EOL", 92, lambda m: m.eol or MISSING, kind=CellKind.NUMBER,
              fits=("2026-11-22",)),
        _text(
            "protected",
            "Protection",
            104,
            lambda medium: "write protected" if medium.write_protected else "",
            kind=CellKind.QUIET,
            fits=("write protected",),
        ),
        _COMMENT,
    ),
}  # fmt: skip
