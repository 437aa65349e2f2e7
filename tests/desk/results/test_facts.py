"""What is said of one job, in its row and beside its protocol."""

from datetime import UTC

from sesam_master.core.records import JobKind
from sesam_master.core.states import JobState
from sesam_master.ui.formatting import UNKNOWN, size_text
from sesam_master.ui.results.facts import job_facts, main_facts
from sesam_master.ui.results.page import ResultsPage
from tests.desk.results.memory import job, progress


def test_a_restore_that_its_agent_did_not_survive_does_not_say_that_nothing_was_restored(
    page: ResultsPage,
) -> None:
    killed = job("Hamburg", 40, JobState.BROKEN, kind=JobKind.RESTORE, files=0, size_bytes=0)
    ended = job("Hamburg", 41, JobState.BROKEN, kind=JobKind.RESTORE, files=7, size_bytes=700)
    killed_row, ended_row = page.presenter.row(killed), page.presenter.row(ended)
    assert killed_row is not None
    assert ended_row is not None

    facts = dict(job_facts(killed_row, UTC))
    assert (facts["Files"], facts["Restored"]) == (UNKNOWN, UNKNOWN)
    assert not {"Read", "Stored", "Type"} & facts.keys()
    counted = dict(main_facts(ended_row, UTC))
    assert (counted["Files"], counted["Restored"]) == ("7", size_text(700))


def test_the_state_column_has_room_for_a_job_that_has_read_all(page: ResultsPage) -> None:
    done = job("Hamburg", 40, JobState.ACTIVE, progress=progress(1000, 1000))
    row = page.presenter.row(done)
    assert row is not None
    [state] = [column for column in page.model.columns if column.key == "state"]
    assert state.text(row) == "Running 100\N{NO-BREAK SPACE}%"
    assert state.text(row) in state.fits


def test_a_job_of_a_kind_that_only_a_newer_agent_knows_is_not_shown_as_a_backup(
    page: ResultsPage,
) -> None:
    row = page.presenter.row(job("Hamburg", 42, JobState.ERROR, kind=JobKind.UNKNOWN))
    assert row is not None
    facts = dict(job_facts(row, UTC))
    assert facts["Kind"] == "unknown to this desk; its agent is newer"
    assert not {"Files", "Read", "Stored", "Type"} & facts.keys()
    assert [offer.key for offer in page.offers(row)] == ["copy"]
