"""A job that waits for a medium says so in lists and in its drawer."""

from dataclasses import replace

import pytest

from sesam_master.core.records import Waiting, WaitsFor
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.results.columns import message_text, state_text
from sesam_master.ui.results.progress import progress_text
from sesam_master.ui.results.rows import ResultRow
from tests.desk.results.memory import NOW, job

WANTED = Waiting(WaitsFor.MEDIUM, "USB00001", "Usb", NOW)


def row(state: JobState, waiting: Waiting | None) -> ResultRow:
    one = replace(job("Hamburg", 1, JobState.QUEUED), waiting=waiting)
    return ResultRow(one, "Hamburg", Connection.ON, state, None, None, None)


@pytest.mark.parametrize(
    ("state", "waiting", "said"),
    [
        (
            *(JobState.QUEUED, WANTED),
            ("Wants medium", "Put USB00001 into Usb", "Waits until USB00001 is put into Usb"),
        ),
        (JobState.QUEUED, None, ("Queued", "", "Waits for its turn")),
        (
            *(JobState.QUEUED, Waiting(WaitsFor.ANY_DRIVE, "")),
            ("Queued", "", "Waits for its turn"),
        ),
        (
            *(JobState.UNKNOWN, WANTED),
            (
                *("Unknown", "open when the location was last proved"),
                "Not known since the location is dark",
            ),
        ),
    ],
)
def test_what_is_said_of_it(
    state: JobState, waiting: Waiting | None, said: tuple[str, str, str]
) -> None:
    one = row(state, waiting)
    assert (state_text(one), message_text(one), progress_text(one)) == said
