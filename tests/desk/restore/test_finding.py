"""Finding a file by its name, and the way from there into the tree."""

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.finding import FileQuery, Unindexed
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.restore.page import FILES, FIND
from sesam_master.ui.restore.tree import ListingTree
from sesam_master.ui.theme import ThemeHolder
from tests.desk.restore.site import FILE, found, held, opened, search, settle
from tests.desk.results.memory import (
    NOW,
    MemoryGateway,
    bring_up,
    entry,
    pump,
    saveset,
    take_down,
)
from tests.fakes.finding import version


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
