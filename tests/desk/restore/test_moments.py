"""Finding a moment: the line of the savesets, its field, and periods."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QWheelEvent
from pytestqt.qtbot import QtBot

from sesam_master.core.finding import chain_roots
from sesam_master.core.records import BackupType
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.restore.page import FILES, FIND
from sesam_master.ui.theme import ThemeHolder
from tests.desk.restore.site import FILE, held, opened, search, settle
from tests.desk.results.memory import (
    NOW,
    MemoryGateway,
    pump,
    saveset,
)
from tests.fakes.finding import version


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
