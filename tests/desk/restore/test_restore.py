"""Choosing of a listing, paging it, and the way to a restore that ran."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import Trouble
from sesam_master.core.fleet import ObjectsChanged
from sesam_master.core.records import Job, Level, ProtocolLine
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.restore.model import NOTE_ROLE
from sesam_master.ui.restore.page import CHECK, FILES, RUN, TARGET, RestorePage
from sesam_master.ui.restore.presenter import target_trouble
from sesam_master.ui.restore.tree import ListingTree, Node, shown_name
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import (
    NOW,
    MemoryGateway,
    bring_up,
    entry,
    list_locations,
    pump,
    report,
    saveset,
    take_down,
)

TICK = Qt.ItemDataRole.CheckStateRole


def _tick(page: RestorePage, *rows: int) -> None:
    node = page.listing.tree.top
    for row in rows:
        node = node.children[row]
        if row is not rows[-1]:
            page.listing.set_open(node, True)
    assert page.listing.setData(page.listing.index_of(node), Qt.CheckState.Checked, TICK)


def test_the_tree_is_a_right_model_while_it_fills(page: RestorePage) -> None:
    mode = QAbstractItemModelTester.FailureReportingMode.Fatal
    tester = QAbstractItemModelTester(page.listing, mode)
    source, etc = page.listing.tree.top.children
    for node in (etc, source):
        page.listing.set_open(node, True)
        pump()
    for _ in range(2):
        page.listing.load(source)
        pump()
    assert [page.listing.rows.index(node) for node in (source, etc)] == [0, 11]
    _tick(page, 0, 3)
    page.listing.set_open(source, False)
    page.listing.set_open(source, True)
    assert [node.name for node in page.listing.rows[1:4]] == [b"0", b"1", b"2"]
    page.listing.reload()
    pump()
    assert tester.model() is page.listing
    assert page.choice().words == "Nothing chosen"


def test_the_newest_saveset_is_chosen_and_its_sources_are_there(page: RestorePage) -> None:
    assert page.presenter.saveset == saveset("Hamburg", 9)
    assert page.step == FILES
    assert [page.listing.index(row, 0).data() for row in range(2)] == ["srv", "etc"]
    assert not page.next.isEnabled()


@pytest.mark.parametrize("text_px", [None, 20.0])
def test_the_two_tables_stand_on_one_line(
    page: RestorePage, holder: ThemeHolder, text_px: float | None
) -> None:
    holder.set_text_px(text_px)
    pump()
    heights = {view.horizontalHeader().height() for view in (page.tree, page.saveset_view)}
    assert len(heights) == 1


def test_a_long_directory_comes_in_pages_and_a_single_folder_is_joined(page: RestorePage) -> None:
    source = page.listing.tree.top.children[0]
    page.listing.set_open(source, True)
    pump()
    index = page.listing.index_of(source)
    assert index.data() == "srv / home"
    assert index.data(NOTE_ROLE) == "4 of 10"
    page.listing.load(source)
    pump()
    page.listing.load(source)
    pump()
    assert [child.path for child in source.children] == [b"/srv/home/%d" % n for n in range(10)]
    assert source.is_complete
    assert index.data(NOTE_ROLE) == ""


def test_a_chosen_directory_chooses_what_comes_later_and_partly_is_a_third_state(
    page: RestorePage,
) -> None:
    source = page.listing.tree.top.children[0]
    page.listing.set_open(source, True)
    pump()
    _tick(page, 0)
    page.listing.load(source)
    pump()
    assert all(child.is_chosen for child in source.children)
    assert page.listing.tree.paths() == (b"/srv/home",)
    page.listing.setData(page.listing.index_of(source.children[2]), 0, TICK)
    assert page.listing.index_of(source).data(TICK) == Qt.CheckState.PartiallyChecked
    assert b"/srv/home/2" not in page.listing.tree.paths()
    page.listing.setData(page.listing.index_of(source), 0, TICK)
    assert page.choice().is_empty


def test_ticking_all_that_is_here_of_a_long_directory_is_not_the_whole_directory(
    page: RestorePage,
) -> None:
    source = page.listing.tree.top.children[0]
    page.listing.set_open(source, True)
    pump()
    for row in range(4):
        _tick(page, 0, row)
    assert source.is_chosen is None
    assert page.choice().words == "4 files"
    assert page.choice().size_bytes == 400


def test_another_moment_goes_on_with_the_file_that_is_looked_at(page: RestorePage) -> None:
    source = page.listing.tree.top.children[0]
    page.listing.set_open(source, True)
    pump()
    page.tree.setCurrentIndex(page.listing.index_of(source.children[2]))
    page.saveset_view.select_key(saveset("Hamburg", 7).key)
    pump()
    assert page.presenter.saveset == saveset("Hamburg", 7)
    node = page.listing.rows[page.tree.currentIndex().row()]
    assert node.path == b"/srv/home/2"
    assert page.choice().is_empty  # it is looked at, and not chosen


def test_odd_names_are_escaped_and_restored_as_they_are(
    page: RestorePage, gateway: MemoryGateway
) -> None:
    etc = page.listing.tree.top.children[1]
    page.listing.set_open(etc, True)
    pump()
    names = [page.listing.index_of(child).data() for child in etc.children]
    assert names == ["line\\nbreak", "caf\\xe9"]
    _tick(page, 1, 0)
    page.next.click()
    pump()
    page.last.target.directory.setText("/srv/back")
    page.next.click()
    page.next.click()
    pump()
    call = next(call for call in gateway.calls if call[0] == "start_restore")
    assert (call[2].paths, call[2].target) == ((b"/etc/line\nbreak",), b"/srv/back")


@pytest.mark.parametrize(
    ("text", "part"),
    [("srv/x", "not an absolute path"), ("", "Name the directory"), ("/a/../b", "“..”")],
)
def test_a_target_that_cannot_be_is_named(text: str, part: str) -> None:
    assert part in (target_trouble(text) or "")
    assert target_trouble("/srv/restore") is None


def test_a_restore_is_followed_to_its_end(
    page: RestorePage, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    lines = [ProtocolLine(NOW, Level.INFO, "TASK", "begun")]
    gateway.protocols["Hamburg", "901"] = lines
    _tick(page, 1)
    page.next.click()
    pump()
    assert page.step == TARGET
    assert not page.next.isEnabled()
    page.last.target.directory.setText("/srv/back")
    page.next.click()
    page.next.click()
    pump()
    assert page.step == RUN
    running = replace(gateway.history["Hamburg"][-1], state=JobState.ACTIVE, start_time=NOW)
    report(bridge, running)
    pump()
    assert page.last.run.state.text == "Running"
    ended = replace(running, state=JobState.OK, end_time=NOW, message="2 files restored")
    gateway.history["Hamburg"][-1] = ended
    lines.append(ProtocolLine(NOW, Level.INFO, "RESULT", "2 files restored"))
    report(bridge, ended)
    pump()
    assert page.last.run.state.text == "OK: 2 files restored"
    assert page.last.run.cancel.isHidden()
    qtbot.waitUntil(lambda: page.last.run.protocol.lines.lines == tuple(lines), timeout=4000)


def test_a_failure_and_a_dark_location_are_said(
    page: RestorePage, bridge: Bridge, gateway: MemoryGateway
) -> None:
    _tick(page, 1)
    page.next.click()
    pump()
    page.last.target.directory.setText("/srv/back")
    gateway.troubles["Hamburg"] = Trouble.REFUSED
    page.next.click()
    page.next.click()
    pump()
    assert page.step == CHECK
    assert not page.banner.isHidden()
    assert page.next.isEnabled()
    take_down(bridge, "Hamburg")
    assert not page.next.isEnabled()
    assert page.next.toolTip() == "Hamburg is dark; nothing can be sent to it."


@given(st.binary(min_size=1, max_size=30))
def test_every_name_is_shown_in_one_printable_line(name: bytes) -> None:
    shown = shown_name(name)
    assert shown
    assert shown.isprintable()


@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), max_size=20))
def test_ticks_of_a_tree_always_agree(ticks: list[tuple[int, bool]]) -> None:
    tree = ListingTree()
    tree.add(tree.top, [entry(b"/a", 2), entry(b"/b", 2)], "", 2)
    nodes: list[Node] = list(tree.top.children)
    for above in tree.top.children:
        paths = [above.path + b"/x", above.path + b"/y"]
        nodes += tree.add(above, [entry(path) for path in paths], "", 2)
    for place, is_on in ticks:
        tree.choose(nodes[place % len(nodes)], is_on)
    for above in tree.top.children:
        below = [child.is_chosen for child in above.children]
        assert above.is_chosen == (below[0] if below[0] == below[1] else None)
    paths, choice = tree.paths(), tree.choice()
    assert choice.files + choice.folders == len(paths)
    assert choice.size_bytes in (None, 418_000 * len(paths))
    assert not any(p != q and q.startswith(p + b"/") for p in paths for q in paths)


def _start(page: RestorePage) -> None:
    _tick(page, 1)
    page.next.click()
    pump()
    page.last.target.directory.setText("/srv/back")
    page.next.click()
    page.next.click()
    pump()


def _end(bridge: Bridge, job: Job) -> None:
    """A restore ends: its last value, and it is watched no more."""
    last = ObjectsChanged("Hamburg", NOW, jobs={job.id: job}, removed_jobs=frozenset({job.id}))
    bridge.deliver(last)
    bridge.drain()


def test_the_end_is_asked_for_and_not_looked_for_in_the_history(
    page: RestorePage, bridge: Bridge, gateway: MemoryGateway
) -> None:
    _start(page)
    mine = gateway.history["Hamburg"][-1]
    report(bridge, replace(mine, state=JobState.ACTIVE, start_time=NOW))
    pump()
    ended = replace(mine, state=JobState.WARNING, end_time=NOW, files=41, skipped=2)
    newer = [replace(ended, id=str(n), state=JobState.OK) for n in range(1000, 1020)]
    later = [replace(job, create_time=NOW + timedelta(hours=1)) for job in newer]
    gateway.history["Hamburg"][-1:] = [ended, *later]

    _end(bridge, ended)
    pump()

    assert page.last.run.state.text.startswith("Warning: 41 files restored")
    assert "2 of 43 files not restored" in page.last.run.state.text
    assert not [call for call in gateway.calls if call[0] == "jobs"]


def test_a_restore_that_the_history_does_not_know_is_said(
    page: RestorePage, bridge: Bridge, gateway: MemoryGateway
) -> None:
    _start(page)
    mine = gateway.history["Hamburg"].pop()
    _end(bridge, replace(mine, state=JobState.OK, end_time=NOW))
    pump()

    assert not page.banner.isHidden()
    assert "There is no job 901" in page.banner.accessibleName()


def test_a_damaged_saveset_is_said_when_it_is_chosen(
    page: RestorePage, gateway: MemoryGateway
) -> None:
    damaged = replace(
        saveset("Hamburg", 8), state=JobState.ERROR, damage="Its data file is not there."
    )
    page.savesets.replace_all([saveset("Hamburg", 9), damaged], False)

    page.saveset_view.select_key(damaged.key)
    assert not page.banner.isHidden()
    assert (
        f"{damaged.name} cannot be restored whole: Its data file is not there. Choose"
        in page.banner.accessibleName()
    )

    page.saveset_view.select_key(saveset("Hamburg", 9).key)
    assert page.banner.isHidden()


def test_a_page_that_was_opened_in_the_dark_fills_when_the_location_is_back(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    list_locations(bridge, "Hamburg")
    bring_up(bridge, "Hamburg")
    take_down(bridge, "Hamburg")
    gateway.all_savesets["Hamburg"] = [saveset("Hamburg", 9)]
    gateway.listing = {b"": [entry(b"/srv", 1)], b"/srv": [entry(b"/srv/a")]}
    gateway.troubles["Hamburg"] = Trouble.UNREACHABLE
    page = RestorePage(holder, bridge, gateway, "Hamburg", "home", None, clock=lambda: NOW)
    qtbot.addWidget(page)
    page.show()
    pump()
    assert page.empty.isVisible()
    assert not page.next.isVisible()

    gateway.troubles.clear()
    bring_up(bridge, "Hamburg")
    pump()

    assert not page.empty.isVisible()
    assert page.banner.isHidden()
    assert page.listing.index(0, 0).data() == "srv"


def test_nothing_is_asked_below_a_file(page: RestorePage, gateway: MemoryGateway) -> None:
    source, etc = page.listing.tree.top.children
    page.listing.set_open(etc, True)
    pump()
    asked = len(gateway.calls)

    page.listing.set_open(source, True)
    for file in etc.children:
        page.listing.set_open(file, True)
        page.listing.load(file)
    pump()

    assert [call[3] for call in gateway.calls[asked:] if call[0] == "entries"] == [
        b"/srv",
        b"/srv/home",
    ]


@pytest.mark.parametrize("state", [JobState.OK, JobState.WARNING, JobState.ERROR])
@pytest.mark.parametrize("message", ["", "2 of 3 files were not restored whole", "The disk is old"])
def test_what_was_not_restored_is_said_once_with_its_number(
    page: RestorePage, bridge: Bridge, gateway: MemoryGateway, state: JobState, message: str
) -> None:
    _start(page)
    mine = gateway.history["Hamburg"][-1]
    ended = replace(mine, state=state, end_time=NOW, files=1, skipped=2, message=message)
    report(bridge, ended)
    pump()

    assert page.step == RUN
    assert page.last.run.state.text.count("2 of 3 ") == 1
    assert message in page.last.run.state.text


@pytest.mark.parametrize(
    ("files", "said"),
    [(1, "1 file had been restored before"), (3, "3 files had been restored before")],
)
def test_what_a_cancelled_restore_brought_back_is_said_once(
    page: RestorePage, bridge: Bridge, gateway: MemoryGateway, files: int, said: str
) -> None:
    _start(page)
    mine = gateway.history["Hamburg"][-1]
    message = f"Cancelled by ann; {said}"
    ended = replace(
        mine, state=JobState.CANCELLED, end_time=NOW, files=files, skipped=0, message=message
    )
    report(bridge, ended)
    pump()

    text = page.last.run.state.text
    assert text.count(f"{files} file") == 1
    assert text.endswith("Cancelled by ann")
