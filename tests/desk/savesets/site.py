"""A desk's savesets page over three locations, one of them dark, for its tests."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from pytestqt.qtbot import QtBot

from sesam_master.core.fleet import ObjectsChanged
from sesam_master.core.records import BackupType, Job, Role, Saveset
from sesam_master.core.sheet import Sheet, Span
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.savesets.page import SavesetsPage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import NOW, MemoryGateway, bring_up, job, list_locations, pump
from tests.desk.results.memory import saveset as plain_saveset

OPEN_DAY = date(2026, 11, 22)
ZONE = ZoneInfo("Europe/Berlin")


class SavesetGateway(MemoryGateway):
    """Says which sesam day is open."""

    async def sheet(self, location_id: str, first: date, last: date) -> Sheet:
        self._ask("sheet", location_id, first, last)
        return Sheet(location_id, Span(first, 1), (), OPEN_DAY, None, 0, NOW)


def saveset(location_id: str, number: int, task: str = "home", base: str | None = None) -> Saveset:
    """One a day, made by the job of that number; a full one, or an INC on its base."""
    kind = BackupType.FULL if base is None else BackupType.INC
    start = datetime(2026, 11, 1, 22, 0, tzinfo=UTC) + timedelta(days=number)
    return replace(
        plain_saveset(location_id, number, task),
        name=f"S{kind.value}{start:%Y%m%d}230000000@{task:0>5}{number:06}",
        type=kind,
        base=base,
        state=JobState.OK,
        start_time=start,
        end_time=start + timedelta(minutes=12, seconds=4),
        sesam_day=f"{(date(2026, 11, 1) + timedelta(days=number))}",
        eol=f"{date(2026, 11, 15) + timedelta(days=number)}",
        pool="DISK",
    )


def chain(location_id: str, first: int, length: int, task: str = "home") -> list[Saveset]:
    """A FULL and the INCs on it, each on the one before."""
    made = [saveset(location_id, first, task)]
    for number in range(first + 1, first + length):
        made.append(saveset(location_id, number, task, made[-1].name))
    return made


def open_page(
    holder: ThemeHolder,
    bridge: Bridge,
    gateway: MemoryGateway,
    qtbot: QtBot,
    asked: list[tuple[object, ...]],
    role: Role = Role.ADMIN,
) -> SavesetsPage:
    """Boulder and Hamburg are live."""
    list_locations(bridge, "Boulder", "Hamburg", "Sevilla")
    for name in ("Boulder", "Hamburg"):
        bring_up(bridge, name, [job(name, 5, task="home")], role)
    page = SavesetsPage(
        holder,
        bridge,
        gateway,
        lambda *call: asked.append(("restore", *call)),
        lambda *call: asked.append(("preview", *call)),
        zone=ZONE,
        clock=lambda: NOW,
    )
    qtbot.addWidget(page)
    page.resize(1040, 700)
    page.show()
    settle(qtbot, page)
    return page


def settle(qtbot: QtBot, page: SavesetsPage) -> None:
    """Until nothing is on its way; a page may ask for the next one when it is shown."""
    for _ in range(5):
        pump()
        qtbot.waitUntil(lambda: not page.presenter.is_behind, timeout=5000)


def report_end(bridge: Bridge, gateway: MemoryGateway, ended: Job) -> None:
    """The watch tells the end of a job that is no backup, and forgets it in the same breath."""
    others = [one for one in gateway.history.get(ended.location_id, []) if one.id != ended.id]
    gateway.history[ended.location_id] = [*others, ended]
    told = {ended.id: ended}
    bridge.deliver(ObjectsChanged(ended.location_id, NOW, jobs=told, removed_jobs=frozenset(told)))
    bridge.drain()


def names(page: SavesetsPage) -> list[str]:
    """The savesets in the table, top down."""
    return [row.saveset.name for row in page.model.records]


def choose(page: SavesetsPage, *savesets: Saveset) -> None:
    """Select the rows of these."""
    page.table.clearSelection()
    model = page.table.selectionModel()
    for one in savesets:
        place = page.model.row_of(one.key)
        assert place is not None
        flags = model.SelectionFlag.Select | model.SelectionFlag.Rows
        model.select(page.model.index(place, 0), flags)
    pump()
