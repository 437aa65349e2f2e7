"""Two versions side by side never read the same where they differ."""

from dataclasses import replace
from datetime import date

import pytest

from sesam_master.core.plan import Event, Planned, RestoreAction
from sesam_master.core.records import Overwrite
from sesam_master.ui.plan.versions import differences
from tests.fakes.plan import nightly

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)
RESTORE = Event("r", "nightly", RestoreAction("home", b"/tmp", (b"/a", b"/b")))


@pytest.mark.parametrize(
    ("theirs", "mine", "lines"),
    [
        (
            nightly(rule="", dates=(MAY,)),
            nightly(rule="", dates=(JUNE,)),
            [("When", "Once, on 1 May 2026 at 20:00", "Once, on 1 Jun 2026 at 20:00")],
        ),
        (
            nightly(rule="", dates=(MAY, JULY)),
            nightly(rule="", dates=(MAY, JUNE, JULY)),
            [
                (
                    "When",
                    "On 2 dates from 1 May 2026 to 1 Jul 2026 at 20:00",
                    "On 3 dates from 1 May 2026 to 1 Jul 2026 at 20:00",
                ),
                ("Dates", "no other", "1 Jun 2026"),
            ],
        ),
        (nightly(dates=(MAY,)), nightly(dates=(JUNE,)), [("Dates", "1 May 2026", "1 Jun 2026")]),
        (
            RESTORE,
            replace(
                RESTORE,
                action=RestoreAction("home", b"/tmp", (b"/a", b"/c"), Overwrite.NEVER),
            ),
            [
                (
                    "Does",
                    "Restore home to /tmp paths /a, /b existing files: if older",
                    "Restore home to /tmp paths /a, /c existing files: never",
                )
            ],
        ),
    ],
)
def test_what_differs_is_named(
    theirs: Planned, mine: Planned, lines: list[tuple[str, str, str]]
) -> None:
    assert differences(theirs, mine) == lines
