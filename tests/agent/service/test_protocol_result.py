"""The last line of a protocol: how the job ended, and what it moved."""

from datetime import UTC, datetime, timedelta

import pytest

from server_agent.domain.jobs import JobState, ProtocolLine
from server_agent.service.plan import Outcome, cancelled_by
from server_agent.service.protocol import JobProtocol
from tests.fakes.clock import FakeClock
from tests.fakes.protocols import MemoryProtocolWriter

WARNING = '"/srv/c" is empty: is it mounted?'


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (Outcome(JobState.OK, "RESULT", "", files=1, bytes_done=7), "OK: 1 file, 7 bytes, 2.0 s"),
        (
            Outcome(JobState.WARNING, "RESULT", WARNING, files=2, bytes_done=4),
            f"Warning: {WARNING} 2 files, 4 bytes, 2.0 s",
        ),
        (
            Outcome(JobState.WARNING, "RESULT", "2 of 5 files were not saved whole"),
            "Warning: 2 of 5 files were not saved whole: 0 files, 0 bytes, 2.0 s",
        ),
        (Outcome(JobState.ERROR, "X", "It failed. Try again."), "Error: It failed. Try again."),
        (cancelled_by("local"), "Cancelled by local"),
    ],
)
def test_the_last_line_reads_like_a_sentence(outcome: Outcome, text: str) -> None:
    lines: list[ProtocolLine] = []
    clock = FakeClock(datetime(2026, 3, 4, tzinfo=UTC))
    protocol = JobProtocol(MemoryProtocolWriter(lines), clock, moves_data=True)

    protocol.result(outcome, timedelta(seconds=2))

    assert [line.text for line in lines] == [text]
