"""Every reason of the contract has words, and no error is left without."""

import pytest

from sesam_api.v1 import errors_pb2
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import ConnectionTrouble
from sesam_master.core.registry import KeepingError
from sesam_master.ui.notices import REASONS, notice, trouble_text
from tests.fakes.fleet import NOW

CONTRACT = {
    name.removeprefix("ERROR_REASON_")
    for name in errors_pb2.ErrorReason.keys()  # noqa: SIM118 - an enum wrapper, no mapping
    if name != "ERROR_REASON_UNSPECIFIED"
}


def test_the_table_has_the_reasons_of_the_contract_and_no_others() -> None:
    assert set(REASONS) == CONTRACT


@pytest.mark.parametrize("reason", sorted(CONTRACT))
def test_a_reason_is_told_without_metadata_too(reason: str) -> None:
    told = notice(LocationError(Trouble.REJECTED, "a", reason), "start home", "Hamburg")

    assert told.what == "Cannot start home at Hamburg."
    assert told.why.endswith(".")
    assert told.to_do.endswith(".")
    assert "{" not in told.text


@pytest.mark.parametrize("trouble", Trouble)
def test_a_trouble_without_a_reason_is_told(trouble: Trouble) -> None:
    told = notice(LocationError(trouble, "a"), "start home", "Hamburg")

    assert told.why
    assert told.to_do


def test_a_reason_of_a_newer_agent_falls_back_to_the_kind_of_trouble() -> None:
    told = notice(LocationError(Trouble.REJECTED, "a", "SOMETHING_NEW"), "start home")

    assert "this desk knows" in told.why


def test_metadata_stands_in_the_sentence() -> None:
    error = LocationError(Trouble.REJECTED, "a", "TASK_IN_USE", {"task": "home", "job": "17"})

    assert notice(error, "delete home").why == "The task home has an open job (17)."


def test_an_empty_value_is_called_empty() -> None:
    about = {"field": "target", "value": "", "expected": "an absolute path"}
    told = notice(LocationError(Trouble.REJECTED, "a", "INVALID_ARGUMENT", about), "restore")

    assert told.text == "Cannot restore. target is empty. Expected: an absolute path."


def test_what_was_found_on_the_way_stands_in_the_sentence() -> None:
    error = LocationError(Trouble.UNREACHABLE, "", "", {"found": "Nothing listens there."})

    assert notice(error, "connect").why == "There is no connection to it: Nothing listens there."


def test_errors_of_the_desk_itself_are_told() -> None:
    assert notice(KeepingError("The disk is full."), "save").why == "The disk is full."
    assert "ZeroDivisionError" in notice(ZeroDivisionError(), "save").why


def test_a_changed_certificate_is_one_line_without_fingerprints() -> None:
    found = f"The server presents {'AB' * 32}, but {'CD' * 32} was accepted. Nothing was sent."
    told = trouble_text(ConnectionTrouble("fingerprint", found, NOW))

    assert "Nothing was sent" in told
    assert "ABAB" not in told
    assert trouble_text(ConnectionTrouble("tcp", "It refuses.", NOW)) == "It refuses."
