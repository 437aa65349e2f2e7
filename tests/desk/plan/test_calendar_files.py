"""Dates that come out of a calendar file, and a schedule that goes into one."""

from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import QDate

from sesam_master.core.plan import (
    Schedule,
)
from sesam_master.ui.plan.page import PlanPage
from sesam_master.ui.plan.rows import PlanKind
from tests.desk.plan.conftest import choose
from tests.desk.results.memory import pump
from tests.fakes.gateway import FakeGateway


def test_dates_come_out_of_a_calendar_file(
    page: PlanPage, gateway: FakeGateway, tmp_path: Path
) -> None:
    file = tmp_path / "days.ics"
    file.write_text("2025-01-01\n2027-12-24\n2027-05-01\n2099-01-01\n")
    choose(page, PlanKind.SCHEDULES, "weekly")
    page.files.take(file)
    pump()
    item = page.presenter.draft.item if page.presenter.draft else None
    assert isinstance(item, Schedule)
    assert item.dates == (date(2027, 5, 1), date(2027, 12, 24))
    assert page.editor.schedule_form.dates.isVisible()
    page.editor.save.click()
    pump()
    written = tmp_path / "out.ics"
    page.files.write(written)
    pump()
    assert written.read_text() == "2027-05-01\n2027-12-24"


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), (b"2025-01-01", "has no date from"), (b" " * 1048577, "larger")],
)
def test_a_file_without_dates_changes_nothing(
    page: PlanPage, tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "days.ics"
    if content is not None:
        file.write_bytes(content)
    choose(page, PlanKind.SCHEDULES, "weekly")
    page.files.take(file)
    pump()
    assert said in page.editor.problem.text()
    assert page.presenter.draft is not None
    assert not page.presenter.draft.is_dirty


def test_a_place_that_cannot_be_written_is_named(page: PlanPage, tmp_path: Path) -> None:
    choose(page, PlanKind.SCHEDULES, "weekly")
    page.files.write(tmp_path / "nowhere" / "out.ics")
    pump()
    assert "nowhere/out.ics cannot be written" in page.editor.problem.text()


def test_a_schedule_that_is_over_takes_no_dates(page: PlanPage, tmp_path: Path) -> None:
    file = tmp_path / "days.ics"
    file.write_text("2027-05-01")
    choose(page, PlanKind.SCHEDULES, "weekly")
    page.editor.schedule_form.last_on.setChecked(True)
    page.editor.schedule_form.last.setDate(QDate(2026, 2, 1))
    page.files.take(file)
    pump()
    assert "weekly is valid to 2026-02-01 only." in page.editor.problem.text()
