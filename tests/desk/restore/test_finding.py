"""Finding a file or a moment, and the way from there into the tree."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QWheelEvent
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.finding import FileQuery, FoundFile, Unindexed, VersionHolder, chain_roots
from sesam_master.core.records import BackupType, EntryKind, Saveset
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.restore.page import FILES, FIND, RestorePage
from sesam_master.ui.restore.tree import ListingTree
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import (
    NOW,
    MemoryGateway,
    bring_up,
    entry,
    list_locations,
    pump,
    saveset,
    take_down,
)
from tests.fakes.finding import version

FILE = b"/srv/home/kallas/report.odt"


def held(name: str, task: str = "home", home: str | None = "") -> VersionHolder:
    return VersionHolder(name, task, NOW, name if home == "" else home)


def found(path: bytes, newest: Saveset, versions: int = 1) -> FoundFile:
    about = NOW, versions, newest.name, newest.task, newest.start_time
    return FoundFile("fs-01", path, EntryKind.FILE, 418_000, *about)


@pytest.fixture
def site(bridge: Bridge, gateway: MemoryGateway) -> MemoryGateway:
    """A task with many savesets, another one with few, and a file far down a long directory."""
    list_locations(bridge, "Hamburg")
    bring_up(bridge, "Hamburg")
    home = [saveset("Hamburg", n) for n in range(12, 0, -1)]
    other = [replace(saveset("Hamburg", n, "mail"), name=f"mail{n}") for n in (4, 3)]
    gateway.all_savesets["Hamburg"] = [*home, *other]
    gateway.listing = {
        b"": [entry(b"/srv/home", 2)],
        b"/srv/home": [entry(b"/srv/home/a", 1), entry(b"/srv/home/kallas", 900)],
        b"/srv/home/kallas": [entry(b"/srv/home/kallas/%03d" % n) for n in range(900)]
        + [entry(FILE)],
    }
    gateway.told = {FILE: entry(FILE)}
    new, old = home[0], home[-1]
    gateway.found = [found(FILE, new, 2)]
    gateway.through_time["fs-01", FILE] = [
        version(NOW, 418_000, held(new.name), held(home[1].name)),
        version(NOW - timedelta(days=9), 400_000, held(old.name)),
    ]
    return gateway


def opened(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot, task: str = ""
) -> RestorePage:
    page = RestorePage(holder, bridge, gateway, "Hamburg", task, None, clock=lambda: NOW)
    qtbot.addWidget(page)
    page.resize(1044, 650)
    page.show()
    pump()
    return page


def search(page: RestorePage, text: str) -> None:
    page.by_name.text.setText(text)
    page.by_name.search.click()
    pump()


def settle() -> None:
    for _ in range(6):
        pump()


def test_a_file_is_found_and_stands_ticked_in_the_tree_of_its_newest_saveset(
    holder: ThemeHolder, bridge: Bridge, site: MemoryGateway, qtbot: QtBot
) -> None:
    page = opened(holder, bridge, site, qtbot)
    assert (page.step, page.title) == (FIND, "Restore: Hamburg")
    assert not page.next.isEnabled()
    search(page, "report")
    page.by_name.view.select_key(("fs-01", FILE))
    page.next.click()
    settle()

    assert (page.step, page.title) == (FILES, "Restore: home, Hamburg")
    assert page.presenter.saveset == saveset("Hamburg", 12)
    assert page.listing.tree.paths() == (FILE,)
    assert page.choice().size_bytes == 418_000
    assert page.tree.currentIndex().data() == "report.odt"
    pages = [call for call in site.calls if call[0] == "entries" and call[3] == b"/srv/home/kallas"]
    assert len(pages) < 5  # it was asked for by name, not paged to


def test_an_older_version_brings_its_own_saveset_and_more_can_be_ticked(
    holder: ThemeHolder, bridge: Bridge, site: MemoryGateway, qtbot: QtBot
) -> None:
    page = opened(holder, bridge, site, qtbot)
    search(page, "*.ODT".lower())
    page.by_name.view.record_activated.emit(site.found[0])
    settle()
    old = site.through_time["fs-01", FILE][1]
    assert page.versions.take.text() == "In the tree"
    assert not page.versions.take.isEnabled()
    page.versions.view.selectRow(1)
    page.versions.take.click()
    settle()

    assert page.presenter.saveset == saveset("Hamburg", 1)
    assert page.listing.tree.paths() == (FILE,)
    assert page.versions.model.record(1) == old
    assert page.versions.take.text() == "In the tree"
    other = page.tree.model().index(1, 0)
    page.listing.toggle(page.listing.rows[other.row()])
    assert page.listing.tree.paths() == (b"/srv/home/a", FILE)


def test_a_file_of_another_task_changes_the_task(
    holder: ThemeHolder, bridge: Bridge, site: MemoryGateway, qtbot: QtBot
) -> None:
    site.through_time["fs-01", FILE] = [version(NOW, 418_000, held("mail3", "mail"))]
    page = opened(holder, bridge, site, qtbot, "home")
    site.found = [found(FILE, saveset("Hamburg", 3, "mail"))]
    page.steps.step_chosen.emit(FIND)
    search(page, "report")
    page.by_name.view.record_activated.emit(site.found[0])
    settle()

    assert page.presenter.task == page.by_task.task.currentText() == "mail"
    assert page.presenter.saveset is not None
    assert page.presenter.saveset.name == "mail3"
    assert page.listing.tree.paths() == (FILE,)


def test_a_file_without_data_and_one_that_is_gone_are_said_and_nothing_is_ticked(
    holder: ThemeHolder, bridge: Bridge, site: MemoryGateway, qtbot: QtBot
) -> None:
    site.through_time["fs-01", FILE] = [version(NOW, 418_000, held("x", home=None))]
    page = opened(holder, bridge, site, qtbot)
    search(page, "report")
    page.by_name.view.record_activated.emit(site.found[0])
    settle()
    assert page.step == FIND
    assert "No saveset has its data" in page.banner.accessibleName()

    site.through_time["fs-01", FILE] = [version(NOW, 418_000, held("gone"))]
    page.finder.file = None
    page.by_name.view.record_activated.emit(site.found[0])
    settle()
    assert "has no saveset gone" in page.banner.accessibleName()
    assert page.choice().is_empty


def test_a_path_that_the_listing_does_not_have_is_said(
    holder: ThemeHolder, bridge: Bridge, site: MemoryGateway, qtbot: QtBot
) -> None:
    site.told.clear()
    page = opened(holder, bridge, site, qtbot)
    search(page, "report")
    page.by_name.view.record_activated.emit(site.found[0])
    settle()

    assert page.choice().is_empty
    assert "has no" in page.banner.accessibleName()
    page.seeker.seek(b"/etc/passwd")
    settle()
    assert "has no /etc/passwd" in page.banner.accessibleName()


def test_the_search_says_its_conditions_and_what_was_not_looked_through(
    holder: ThemeHolder, bridge: Bridge, site: MemoryGateway, qtbot: QtBot
) -> None:
    bring_up(bridge, "Hamburg", [])
    page = opened(holder, bridge, site, qtbot)
    site.unindexed = Unindexed(2, "SF9", "It waits to be read.")
    page.by_name.period.first.setText("2026-11-01")
    search(page, "nothing")
    asked = [call[2] for call in site.calls if call[0] == "find_files"]
    assert asked == [FileQuery("nothing", first_sesam_day="2026-11-01")]
    content = page.by_name.empty.content
    assert content.headline == "No saveset has a file named “nothing”"
    assert content.reason.startswith("2 savesets are not looked through")
    assert "SF9: It waits to be read." in content.reason

    search(page, "report")
    assert page.by_name.note.text() == content.reason
    page.by_name.period.first.setText("2026-13-01")
    search(page, "other")
    assert len([call for call in site.calls if call[0] == "find_files"]) == 2
    assert "YYYY-MM-DD" in page.by_name.trouble.text()


def test_a_search_comes_in_pages_also_over_an_empty_one(
    holder: ThemeHolder, bridge: Bridge, site: MemoryGateway, qtbot: QtBot
) -> None:
    newest = saveset("Hamburg", 12)
    site.found = [found(b"/srv/%03d.odt" % n, newest) for n in range(700)]
    site.files_per_page = 300
    page = opened(holder, bridge, site, qtbot)
    search(page, "odt")
    assert page.by_name.model.rowCount() == 300
    page.by_name.view.scrollToBottom()
    qtbot.waitUntil(lambda: page.by_name.model.rowCount() == 600, timeout=4000)
    assert page.by_name.count.text.startswith("600+ files")
    site.files_per_page = 0
    page.finder.find(FileQuery("odt"))
    settle()
    assert page.by_name.empty.content.actions[0].key == "more"
    assert len([call for call in site.calls if call[0] == "find_files"]) < 30


def test_a_dark_location_and_a_lost_answer_are_said(
    holder: ThemeHolder, bridge: Bridge, site: MemoryGateway, qtbot: QtBot
) -> None:
    take_down(bridge, "Hamburg")
    page = opened(holder, bridge, site, qtbot)
    assert page.by_name.empty.content.reason.startswith("Hamburg is dark.")
    assert not page.by_name.search.isEnabled()
    page.by_name.text.setText("report")
    qtbot.keyClick(page.by_name.text, Qt.Key.Key_Return)
    assert not [call for call in site.calls if call[0] == "find_files"]

    bring_up(bridge, "Hamburg")
    site.dark = LocationError(Trouble.NO_ANSWER, "Hamburg")
    search(page, "report")
    assert page.by_name.empty.content.headline == "The search did not end"
    site.dark = None
    take_down(bridge, "Hamburg")
    bring_up(bridge, "Hamburg")
    pump()
    assert page.by_name.model.rowCount() == 1


def test_a_file_that_is_looked_at_in_the_tree_shows_its_versions(
    holder: ThemeHolder, bridge: Bridge, site: MemoryGateway, qtbot: QtBot
) -> None:
    site.listing[b"/srv/home"].append(entry(b"/srv/home/todo"))
    site.through_time["fs-01", b"/srv/home/todo"] = [version(NOW, 7, held("SI1"))]
    page = opened(holder, bridge, site, qtbot, "home")
    settle()
    page.tree.setCurrentIndex(page.listing.index(3, 0))
    qtbot.waitUntil(lambda: page.versions.model.rowCount() == 1, timeout=4000)
    assert page.versions.name.text == "todo"
    assert page.presenter.saveset == saveset("Hamburg", 12)


def test_a_moment_chooses_the_newest_usable_saveset_not_later(
    holder: ThemeHolder, bridge: Bridge, site: MemoryGateway, qtbot: QtBot
) -> None:
    damaged = replace(saveset("Hamburg", 4), state=JobState.ERROR, damage="Its data are gone.")
    site.all_savesets["Hamburg"][8] = damaged
    page = opened(holder, bridge, site, qtbot, "home")
    page.moments.asked.emit(damaged.start_time + timedelta(hours=1))
    settle()
    assert page.presenter.saveset == saveset("Hamburg", 3)
    assert page.moments.words.text.startswith("Wed 4 Nov 22:00 CET")

    page.moments.asked.emit(datetime(2020, 1, 1, tzinfo=UTC))
    settle()
    assert "is as old as Wed 1 Jan 01:00 CET" in page.banner.accessibleName()
    assert page.presenter.saveset == saveset("Hamburg", 3)


def test_the_field_is_in_the_sites_time_and_means_the_whole_minute(
    holder: ThemeHolder, bridge: Bridge, site: MemoryGateway, qtbot: QtBot
) -> None:
    page = opened(holder, bridge, site, qtbot, "home")
    newest = saveset("Hamburg", 12)
    assert page.moments.field.text() == "2026-11-13 22:00"
    assert page.moments.moment().astimezone(UTC) == newest.start_time + timedelta(
        seconds=59, microseconds=999_999
    )
    page.moments.field.setDateTime(page.moments.field.dateTime().addSecs(-60))
    page.moments.choose.click()
    settle()
    assert page.presenter.saveset == saveset("Hamburg", 11)


def test_the_line_is_gone_along_by_keys_and_a_damaged_one_cannot_be_chosen(
    holder: ThemeHolder, bridge: Bridge, site: MemoryGateway, qtbot: QtBot
) -> None:
    damaged = replace(saveset("Hamburg", 11), state=JobState.ERROR, damage="Its data are gone.")
    site.all_savesets["Hamburg"][1] = damaged
    site.page_size = 100
    page = opened(holder, bridge, site, qtbot, "home")
    line = page.moments.line
    qtbot.keyClick(line, Qt.Key.Key_Left)
    settle()
    assert page.presenter.saveset == saveset("Hamburg", 10)
    assert "is chosen; 12 savesets" in line.accessibleDescription()
    cell: QRect = line._cell(10).toRect()
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=cell.center())
    assert page.presenter.saveset == saveset("Hamburg", 10)
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=cell.center() + QPoint(cell.width(), 0))
    assert page.presenter.saveset == saveset("Hamburg", 12)
    qtbot.keyClick(line, Qt.Key.Key_Home)
    assert page.presenter.saveset == saveset("Hamburg", 1)
    line.resize(300, line.height())
    qtbot.keyClick(line, Qt.Key.Key_End)
    assert page.presenter.saveset == saveset("Hamburg", 12)
    seen = line._seen()
    assert seen.first + seen.count == 12


def test_what_a_person_types_and_looks_at_outlives_the_seconds(
    holder: ThemeHolder, bridge: Bridge, site: MemoryGateway, qtbot: QtBot
) -> None:
    site.page_size = 100
    page = opened(holder, bridge, site, qtbot, "home")
    line = page.moments.line
    line.resize(300, line.height())
    place = QPointF(5, line.height() / 2)
    turn = (place, line.mapToGlobal(place), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton)
    about = Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False
    line.wheelEvent(QWheelEvent(*turn, *about))
    seen = line._seen()
    assert seen.first + seen.count < 12
    typed = page.moments.field.dateTime().addDays(-3)
    page.moments.field.setDateTime(typed)
    bridge.aged.emit()
    pump()

    assert page.moments.field.dateTime() == typed
    assert line._seen() == seen
    line.show_savesets(page.presenter.savesets, has_more=True)
    assert line._seen().first + line._seen().count == seen.first + seen.count


def test_a_found_file_outside_of_the_period_is_shown_all_the_same(
    holder: ThemeHolder, bridge: Bridge, site: MemoryGateway, qtbot: QtBot
) -> None:
    site.page_size = 100
    page = opened(holder, bridge, site, qtbot, "home")
    page.by_task.period.first.setText("2026-11-12")
    settle()
    old = saveset("Hamburg", 1)
    site.through_time["fs-01", FILE] = [version(NOW, 5, held(old.name))]
    search(page, "report")
    page.by_name.view.record_activated.emit(site.found[0])
    settle()

    assert page.presenter.saveset == old
    assert page.listing.tree.paths() == (FILE,)
    assert page.by_task.period.days == ("", "")


def test_a_period_shows_its_savesets_only_and_reads_on_to_them(
    holder: ThemeHolder, bridge: Bridge, site: MemoryGateway, qtbot: QtBot
) -> None:
    page = opened(holder, bridge, site, qtbot, "home")
    page.steps.step_chosen.emit(FIND)
    page.by_task.period.last.setText("2026-11-04")
    settle()
    shown = [record.sesam_day for record in page.savesets.records]
    assert shown[:1] == ["2026-11-04"]
    page.by_task.period.first.setText("2026-11-03")
    settle()
    assert [one.sesam_day for one in page.savesets.records] == ["2026-11-04", "2026-11-03"]
    page.by_task.period.first.setText("2025-11-03")
    page.by_task.period.last.setText("2025-11-04")
    settle()
    assert page.by_task.empty.content.headline == "No savesets of home in this period"


def test_another_task_lists_its_own_savesets(
    holder: ThemeHolder, bridge: Bridge, site: MemoryGateway, qtbot: QtBot
) -> None:
    page = opened(holder, bridge, site, qtbot)
    assert page.by_task.empty.content.headline == "Choose a task"
    page.by_task.task_chosen.emit("mail")
    settle()
    assert [one.name for one in page.savesets.records] == ["mail4", "mail3"]
    assert page.moments.isVisible()
    page.next.click()
    assert page.step == FILES
    page.back.click()
    assert page.step == FIND
    assert page.by_task.isVisible()


def test_an_entry_that_came_early_is_not_there_twice() -> None:
    tree = ListingTree()
    tree.add(tree.top, [entry(b"/a", 3)], "", 1)
    above = tree.top.children[0]
    tree.add(above, [entry(b"/a/0")], "1", 3)
    early = tree.put(above, entry(b"/a/2"))
    tree.choose(early, True)
    tree.add(above, [entry(b"/a/1"), entry(b"/a/2")], "", 3)

    assert [node.path for node in above.children] == [b"/a/0", b"/a/2", b"/a/1"]
    assert [node.row for node in above.children] == [0, 1, 2]
    assert tree.paths() == (b"/a/2",)
    assert tree.choice().files == 1


def test_a_chain_is_framed_as_one() -> None:
    full = replace(saveset("a", 7), base=None)
    inc = replace(saveset("a", 8), base=full.name)
    last = replace(saveset("a", 9), base=inc.name)
    copy = replace(saveset("a", 10), type=BackupType.COPY, base=None)
    lost = replace(saveset("a", 11), base="gone")
    also = replace(saveset("a", 12), base=lost.name)
    roots = chain_roots([full, inc, last, copy, lost, also])

    assert [roots[one.name] for one in (full, inc, last)] == [full.name] * 3
    assert roots[copy.name] == copy.name
    assert roots[lost.name] == roots[also.name] == "gone"


def test_the_folder_of_a_found_file_has_room_beside_its_client(
    holder: ThemeHolder, bridge: Bridge, site: MemoryGateway, qtbot: QtBot
) -> None:
    page = opened(holder, bridge, site, qtbot)
    page.resize(1044, 700)  # beside the tree of a window of 1280 px
    page.by_name.text.setText("report")
    page.by_name.search.click()
    pump()
    header = page.by_name.view.horizontalHeader()
    widths = {
        column.key: header.sectionSize(at)
        for at, column in enumerate(page.by_name.model.columns)
        if not header.isSectionHidden(at)
    }
    assert widths["folder"] >= holder.fonts.px(120)
    assert widths["client"] >= holder.fonts.px(80)
