"""The windows that look at the client of a task: the source browser and the exclude tester."""

from dataclasses import replace
from datetime import UTC, datetime

from pytestqt.qtbot import QtBot

from sesam_master.core.client_files import (
    ClientPage,
    DirectorySize,
    LeftOut,
    LeftOutCause,
    Walk,
    WalkFailure,
    WalkWish,
    with_sources,
)
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.records import EntryKind, Role
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.components.exclude_tester import ExcludeTester
from sesam_master.ui.components.page import ComponentsPage
from sesam_master.ui.components.source_browser import SourceBrowser
from sesam_master.ui.components.walk_tables import NOTHING
from sesam_master.ui.restore.model import NOTE_ROLE
from sesam_master.ui.theme import ThemeHolder
from tests.desk.components.conftest import HERE, HOME, TASKS, choose
from tests.desk.results.memory import bring_up, job, pump
from tests.fakes.client_files import client_entry
from tests.fakes.gateway import FakeGateway, Parked

FILE = EntryKind.FILE


def excluded(number: int, pattern: str, hits: int, files: int, size: int) -> LeftOut:
    examples = (b"/home/x",) if hits else ()
    return LeftOut(number, LeftOutCause.EXCLUDE, pattern, hits, files, size, examples)


WALK = Walk(
    left_out=(
        excluded(0, "*.tmp", 3, 40, 5_000_000),
        excluded(1, "./cache", 0, 0, 0),
        LeftOut(2, LeftOutCause.SOCKETS, "", 2, 0, 0, (b"/home/s",)),
    ),
    kept_files=1234,
    kept_size=7_000_000_000,
    kept_directories=12,
    left_files=40,
    left_size=5_000_000,
    largest=(DirectorySize(b"/home/ann", 900, 6_000_000_000),),
    warnings=("“/home/old” is empty: is it mounted?",),
)


def browser_of(page: ComponentsPage, gateway: FakeGateway) -> SourceBrowser:
    """Of the task home, with a client that has two directories and a file."""
    choose(page, TASKS, "home")
    gateway.client_pages = {
        b"": [
            ClientPage(
                (
                    client_entry(b"/etc"),
                    client_entry(b"/srv", is_mount=True),
                    client_entry(b"/vmlinuz", FILE),
                ),
                "",
                3,
            )
        ],
        b"/etc": [ClientPage((), "", 0)],
        b"/srv": [
            ClientPage(
                (client_entry(b"/srv/data"), client_entry(b"/srv/shut", is_readable=False)), "", 2
            )
        ],
    }
    page.editor.task_form.browse.click()
    pump()
    browser = page.windows.browser
    assert browser is not None
    return browser


def notes(browser: SourceBrowser) -> dict[str, str]:
    model = browser.model
    indexes = [model.index(row, 0) for row in range(model.rowCount())]
    return {str(index.data()): str(index.data(NOTE_ROLE) or "") for index in indexes}


def node(browser: SourceBrowser, path: bytes):  # type: ignore[no-untyped-def]
    return next(each for each in browser.model.rows if each.path == path)


def test_the_root_of_the_client_is_shown(page: ComponentsPage, gateway: FakeGateway) -> None:
    browser = browser_of(page, gateway)
    assert notes(browser) == {"etc": "", "srv": "another file system", "vmlinuz": ""}
    assert gateway.calls[-1] == ("client_directory", HERE, "local", b"", "")


def test_directories_say_what_is_remarkable(page: ComponentsPage, gateway: FakeGateway) -> None:
    browser = browser_of(page, gateway)
    for path in (b"/etc", b"/srv"):
        browser.model.set_open(node(browser, path), True)
        pump()
    found = notes(browser)
    assert found["etc"] == "empty"
    assert found["shut"] == "the agent's account cannot read it"
    # How many entries a directory has is not known.
    assert browser.model.index(0, 3).data() == ""


def test_what_is_ticked_becomes_sources(page: ComponentsPage, gateway: FakeGateway) -> None:
    browser = browser_of(page, gateway)
    assert not browser.add.isEnabled()
    for path in (b"/etc", b"/vmlinuz"):
        browser.model.toggle(node(browser, path))
    assert browser.add.text() == "Add 2 sources"
    browser.add.click()
    pump()
    expected = ("/home", "/srv/data", "/etc", "/vmlinuz")
    assert page.editor.task_form.sources.lines() == expected
    assert page.presenter.draft is not None
    assert page.presenter.draft.item.sources == tuple(name.encode() for name in expected)  # type: ignore[union-attr]
    assert page.windows.browser is None


def test_a_directory_takes_the_sources_that_lie_in_it(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    browser = browser_of(page, gateway)
    browser.model.toggle(node(browser, b"/srv"))
    browser.add.click()
    pump()
    assert page.editor.task_form.sources.lines() == ("/home", "/srv")


def test_what_was_typed_and_means_nothing_stays(page: ComponentsPage, gateway: FakeGateway) -> None:
    browser = browser_of(page, gateway)
    page.editor.task_form.sources.setPlainText("/home\n/odd\\q")
    browser.model.toggle(node(browser, b"/etc"))
    browser.add.click()
    pump()
    assert page.editor.task_form.sources.lines() == ("/home", "/odd\\q", "/etc")


def test_a_client_that_is_away_is_asked_again(page: ComponentsPage, gateway: FakeGateway) -> None:
    facts = {"client": "local", "detail": "It cannot be reached."}
    gateway.failure = LocationError(Trouble.REFUSED, HERE, "CLIENT_UNUSABLE", facts)
    browser = browser_of(page, gateway)
    assert browser.banner.isVisible()
    assert "It cannot be reached" in browser.banner.accessibleName()
    gateway.failure = None
    browser.banner.triggered.emit()
    pump()
    assert set(notes(browser)) == {"etc", "srv", "vmlinuz"}
    assert not browser.banner.isVisible()


def test_a_directory_that_is_cut_says_so(page: ComponentsPage, gateway: FakeGateway) -> None:
    browser = browser_of(page, gateway)
    gateway.client_pages[b"/srv"] = [
        ClientPage((client_entry(b"/srv/a"), client_entry(b"/srv/b")), "", 200_000, True)
    ]
    browser.model.set_open(node(browser, b"/srv"), True)
    pump()
    assert "more than" in browser.banner.accessibleName()


def test_only_an_administrator_may_look(
    page: ComponentsPage, bridge: Bridge, gateway: FakeGateway
) -> None:
    choose(page, TASKS, "home")
    form = page.editor.task_form
    assert form.browse.isEnabled()
    bring_up(bridge, HERE, [job(HERE, 1)], role=Role.OPERATOR)
    pump()
    assert not form.browse.isEnabled()
    assert "role admin" in form.browse.toolTip()


def opened_tester(page: ComponentsPage) -> ExcludeTester:
    choose(page, TASKS, "home")
    page.editor.task_form.test.click()
    pump()
    tester = page.windows.tester
    assert tester is not None
    return tester


def test_the_walk_is_of_what_stands_in_the_form(page: ComponentsPage, gateway: FakeGateway) -> None:
    choose(page, TASKS, "home")
    page.editor.task_form.options.excludes.setPlainText("*.bak")
    opened_tester(page)
    asked = next(call for call in gateway.calls if call[0] == "test_excludes")
    assert asked[2] == WalkWish("local", HOME.sources, ("*.bak",), HOME.options, "home")


def test_an_exclude_that_hits_nothing_is_seen(page: ComponentsPage, gateway: FakeGateway) -> None:
    gateway.walk = WALK
    tester = opened_tester(page)
    model = tester.left_out
    rows = [[model.index(row, at).data() for at in range(4)] for row in range(model.rowCount())]
    assert rows[0] == ["*.tmp", "3", "40", "5.0\u00a0MB"]
    assert rows[1][:2] == ["./cache", NOTHING]
    assert rows[2] == ["Sockets: listed, not saved", "2", "–", "–"]
    assert tester.warnings.sentences == [
        "1 exclude hits nothing: ./cache.",
        "“/home/old” is empty: is it mounted?",
    ]
    assert tester.kept.accessibleName().startswith("A FULL would save: 7.0\u00a0GB")
    assert "compared with no saveset" in tester.changed.accessibleName()
    assert tester.largest.index(0, 2).data() == "/home/ann"
    assert not tester.is_running


def test_what_an_inc_would_save_is_told(page: ComponentsPage, gateway: FakeGateway) -> None:
    gateway.walk = replace(WALK, compared_with="SF1", changed_files=3, changed_size=2_000_000)
    tester = opened_tester(page)
    expected = "An INC would save: 2.0\u00a0MB, 3 files since SF1"
    assert tester.changed.accessibleName() == expected


def test_why_nothing_is_said_of_an_inc_is_told(page: ComponentsPage, gateway: FakeGateway) -> None:
    gateway.walk = replace(WALK, not_compared="what has changed is known by archive bits")
    assert "known by archive bits" in opened_tester(page).changed.accessibleName()


def test_a_walk_that_cannot_be_made_says_why(page: ComponentsPage, gateway: FakeGateway) -> None:
    gateway.walk = WalkFailure('source "/home" cannot be saved: No such file or directory')
    tester = opened_tester(page)
    assert tester.warnings.sentences == [
        'Source "/home" cannot be saved: No such file or directory.'
    ]
    assert tester.left_out.rowCount() == 0


def test_a_form_that_changes_makes_the_result_old(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    gateway.walk = WALK
    tester = opened_tester(page)
    page.editor.task_form.options.excludes.setPlainText("*.bak")
    assert "has changed" in tester.state.accessibleName()
    tester.test.click()
    pump()
    assert "has changed" not in tester.state.accessibleName()


def test_a_walk_is_cancelled(holder: ThemeHolder, gateway: FakeGateway, qtbot: QtBot) -> None:
    parked = Parked()
    bridge = Bridge(parked.submit)
    wish = WalkWish("local", (b"/home",), (), HOME.options)
    tester = ExcludeTester(holder, bridge, gateway, (HERE, HERE), wish)
    qtbot.addWidget(tester)
    assert tester.is_running
    assert tester.test.text() == "Cancel"
    tester.test.click()
    assert parked.cancelled == 1
    assert not tester.is_running
    bridge.close()


def test_closing_the_window_ends_the_walk(
    holder: ThemeHolder, gateway: FakeGateway, qtbot: QtBot
) -> None:
    parked = Parked()
    bridge = Bridge(parked.submit)
    wish = WalkWish("local", (b"/home",), (), HOME.options)
    tester = ExcludeTester(holder, bridge, gateway, (HERE, HERE), wish)
    tester.show()
    tester.close()
    qtbot.waitUntil(lambda: parked.cancelled == 1, timeout=10_000)
    bridge.close()


def test_sources_that_lie_in_others_are_left_out() -> None:
    assert with_sources((b"/a", b"/b/c"), (b"/b", b"/a/x", b"/d")) == (b"/a", b"/b", b"/d")
    assert with_sources((b"/ab",), (b"/a",)) == (b"/ab", b"/a")
    assert with_sources((b"/a",), (b"/",)) == (b"/",)


def test_what_was_opened_for_a_task_ends_with_it(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    browser_of(page, gateway)
    page.editor.task_form.test.click()
    pump()
    assert page.windows.tester is not None
    choose(page, TASKS, "odd")
    pump()
    assert page.windows.browser is None
    assert page.windows.tester is None
    assert page.editor.task_form.sources.lines() == (r"/srv/\xe4\xff", r"/srv/a\x0ab")


def test_the_browser_of_a_client_ends_when_another_is_chosen(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    choose(page, TASKS, "home")
    page.editor.duplicate.click()
    pump()
    gateway.client_pages = {b"": [ClientPage((client_entry(b"/etc"),), "", 1)]}
    page.editor.task_form.browse.click()
    pump()
    assert page.windows.browser is not None
    page.editor.task_form.name.setText("home-2")
    pump()
    assert page.windows.browser is not None
    client = page.editor.task_form.client
    client.setCurrentIndex(client.findText("web-01"))
    pump()
    assert page.windows.browser is None


def test_a_form_that_is_as_it_was_makes_the_result_good_again(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    choose(page, TASKS, "home")
    gateway.walk = WALK
    page.editor.task_form.test.click()
    pump()
    tester = page.windows.tester
    assert tester is not None
    said = tester.state.text
    excludes = page.editor.task_form.options.excludes
    before = excludes.toPlainText()
    excludes.setPlainText("*.bak")
    pump()
    assert tester.state.text != said
    excludes.setPlainText(before)
    pump()
    assert tester.state.text == said


def test_a_file_of_another_year_says_so(page: ComponentsPage, gateway: FakeGateway) -> None:
    browser = browser_of(page, gateway)
    entry = replace(
        client_entry(b"/etc/old", FILE), modify_time=datetime(2019, 5, 9, 12, 0, tzinfo=UTC)
    )
    gateway.client_pages[b"/etc"] = [ClientPage((entry,), "", 1)]
    browser.model.set_open(node(browser, b"/etc"), True)
    pump()
    texts = [str(browser.model.index(row, 2).data()) for row in range(browser.model.rowCount())]
    assert any("2019" in text for text in texts)
