"""What people are told of a licence, and what they send."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server_agent.domain.licence import Fault, LicenceState, Use, Verdict
from server_agent.domain.licence_text import licence_of
from server_agent.service.licence_texts import (
    fault_text,
    notice_text,
    request_of,
    volume_text,
    why_no_backup,
)
from server_agent.service.location import Location
from server_agent.service.watched import LicenceReport
from tests.fakes.licence import FIELDS, SERVER

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
END = NOW + timedelta(days=5)
HERE = Location("0-1-2", "Alpha", "fs-01", "1.0", "UTC", NOW)
FOREIGN = Fault("server_name", "fs-02", "fs-01")
STATES = LicenceState


def report(verdict: Verdict, with_licence: bool = True) -> LicenceReport:
    licence = licence_of(FIELDS) if with_licence else None
    return LicenceReport(verdict, licence, SERVER, Use(26, 11 * 10**12), NOW)


@pytest.mark.parametrize(
    ("verdict", "headline"),
    [
        (
            Verdict(STATES.ENDING, True, True, END, 1),
            "Licence: the trial ends in 1 day, on 2026-03-09 12:00. From then on no backup starts.",
        ),
        (
            Verdict(STATES.ENDING, False, True, END, 5),
            "Licence: the licence ends in 5 days, on 2026-03-09 12:00.",
        ),
        (
            Verdict(STATES.OVER_LIMIT, False, True, None, None),
            "Licence: more is used than it allows: 26 clients of 25, 11 TB of 10 TB front side. "
            "Nothing stops",
        ),
        (
            Verdict(STATES.EXPIRED, False, False, END, 0),
            "Licence: no backup starts, since the licence ended on 2026-03-09 12:00. Install",
        ),
        (
            Verdict(STATES.INVALID, False, False, END, 5, (FOREIGN,)),
            "Licence: no backup starts, since the licence does not count here. It is for the "
            "server fs-02, and this one is fs-01. Install",
        ),
        (
            Verdict(STATES.INVALID, False, True, END, 5, (FOREIGN,), END),
            "Licence: it does not count here. It is for the server fs-02, and this one is fs-01. "
            "Until 2026-03-09 12:00 backups go on.",
        ),
        (
            Verdict(STATES.TRIAL, True, True, END, 5, (FOREIGN,)),
            "Licence: the licence that is there does not count. It is for the server fs-02, and "
            "this one is fs-01. The trial goes on until 2026-03-09 12:00",
        ),
        (
            Verdict(STATES.EXPIRED, True, False, END, 0, (FOREIGN,)),
            "Licence: no backup starts, since the trial ended on 2026-03-09 12:00, and the licence "
            "that is there does not count. It is for the server fs-02",
        ),
    ],
)
def test_the_headline_says_what_is_so_and_what_follows(verdict: Verdict, headline: str) -> None:
    first, *rest = notice_text(report(verdict), UTC).splitlines()
    assert first.startswith(headline)
    assert rest[0] == "Server name: fs-01"


@pytest.mark.parametrize(
    "field",
    ["file", "key", "signature", "server_name", "addresses", "valid_from", "valid_until"],
)
def test_every_fault_is_a_sentence(field: str) -> None:
    text = fault_text(Fault(field, "licensed", "here"))
    assert text[0].isupper()
    assert not text.endswith(".")


def test_a_request_for_change_names_the_old_and_the_new() -> None:
    verdict = Verdict(STATES.INVALID, False, True, END, 5, (FOREIGN,), END)
    asked = request_of(report(verdict), HERE, "")
    assert asked.is_change
    assert asked.subject == "Request for change: licence 2026-0007, fs-01"
    assert "Server name: fs-02 becomes fs-01" in asked.text
    assert "Customer number: 4711" in asked.text


def test_an_order_behind_a_licence_that_has_ended_names_it() -> None:
    verdict = Verdict(STATES.EXPIRED, False, False, END, 0)
    asked = request_of(report(verdict), HERE, "")
    assert not asked.is_change
    assert "Number: 2026-0007" in asked.text
    trial = request_of(report(replace(verdict, is_trial=True), with_licence=False), HERE, "L 1")
    assert "None: this is a trial" in trial.text
    assert "Delivery note: L 1" in trial.text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (398_369, "398 kB"),
        (9_100_000_000_000, "9.1 TB"),
        (12_340_000_000_000, "12.3 TB"),
        (5 * 10**18, "5000 PB"),
    ],
)
def test_volumes(size: int, text: str) -> None:
    assert volume_text(size) == text


def test_an_end_that_nobody_knows() -> None:
    assert "a day unknown" in why_no_backup(Verdict(STATES.EXPIRED, True, False, None, 0), UTC)
