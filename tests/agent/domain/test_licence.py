"""What follows from a licence, by tables; and what a licence file may look like."""

import contextlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_agent.domain.licence import (
    GRACE,
    Fault,
    Found,
    Licence,
    LicenceFacts,
    LicenceState,
    SignatureState,
    Use,
    advanced,
    corrected,
    faults_of,
    judge,
    next_change,
    settled,
)
from server_agent.domain.licence_text import (
    LARGEST_FILE,
    LicenceText,
    LicenceUnreadable,
    licence_of,
    parsed,
    signed_form,
    written,
)
from tests.fakes.licence import FIELDS, SERVER, SIGNER

ZONE = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
FACTS = LicenceFacts(START, START)
LICENCE = licence_of(FIELDS)
LITTLE = Use(3, 10**12)
OVER = START + timedelta(days=40)  # the trial is
STATES = LicenceState


def found(licence: Licence | None = LICENCE, *faults: Fault) -> Found:
    return Found(licence, faults, "digest")


@pytest.mark.parametrize(
    ("after", "state", "left", "may"),
    [
        (timedelta(), STATES.TRIAL, 30, True),
        (DAY, STATES.TRIAL, 29, True),
        (23 * DAY - MINUTE, STATES.TRIAL, 8, True),
        (23 * DAY, STATES.ENDING, 7, True),
        (29 * DAY, STATES.ENDING, 1, True),
        (30 * DAY - MINUTE, STATES.ENDING, 1, True),
        (30 * DAY, STATES.EXPIRED, 0, False),
        (31 * DAY, STATES.EXPIRED, 0, False),
        (3000 * DAY, STATES.EXPIRED, 0, False),
    ],
)
def test_a_trial(after: timedelta, state: LicenceState, left: int, may: bool) -> None:
    verdict = judge(FACTS, None, LITTLE, START + after, ZONE)
    assert (verdict.state, verdict.days_left, verdict.may_back_up) == (state, left, may)
    assert verdict.is_trial
    assert verdict.end_time == START + 30 * DAY


@pytest.mark.parametrize(
    ("moment", "state", "left", "may"),
    [
        ("2026-12-01T12:00+01:00", STATES.VALID, 90, True),
        ("2027-02-21T23:59+01:00", STATES.VALID, 8, True),
        ("2027-02-22T00:00+01:00", STATES.ENDING, 7, True),
        # The last day counts whole, by the clock of the site.
        ("2027-02-28T23:59+01:00", STATES.ENDING, 1, True),
        ("2027-03-01T00:00+01:00", STATES.EXPIRED, 0, False),
    ],
)
def test_a_licence_with_an_end(moment: str, state: LicenceState, left: int, may: bool) -> None:
    now = datetime.fromisoformat(moment).astimezone(UTC)
    faults = faults_of(LICENCE, "k", SignatureState.GOOD, SERVER, now, ZONE)
    verdict = judge(FACTS, found(LICENCE, *faults), LITTLE, now, ZONE)
    assert (verdict.state, verdict.days_left, verdict.may_back_up) == (state, left, may)
    assert not verdict.is_trial


def test_one_without_an_end() -> None:
    verdict = judge(FACTS, found(replace(LICENCE, valid_until=None)), LITTLE, OVER, ZONE)
    assert (verdict.state, verdict.end_time, verdict.days_left) == (STATES.VALID, None, None)


@pytest.mark.parametrize(
    ("use", "is_over"),
    [
        (Use(25, 10 * 10**12), False),
        (Use(26, 0), True),
        (Use(1, 10 * 10**12 + 1), True),
    ],
)
def test_limits_are_said_and_stop_nothing(use: Use, is_over: bool) -> None:
    verdict = judge(FACTS, found(), use, OVER, ZONE)
    assert verdict.state is (STATES.OVER_LIMIT if is_over else STATES.VALID)
    assert verdict.may_back_up
    assert verdict.needs_somebody is is_over
    unlimited = replace(LICENCE, clients=None, volume_bytes=None)
    assert judge(FACTS, found(unlimited), use, OVER, ZONE).state is STATES.VALID


@pytest.mark.parametrize(
    ("licence", "signature", "server", "fields"),
    [
        ({}, SignatureState.GOOD, {}, []),
        ({}, SignatureState.UNKNOWN_KEY, {}, ["key"]),
        ({}, SignatureState.WRONG, {}, ["signature"]),
        ({}, SignatureState.GOOD, {"name": "FS-01"}, []),
        ({}, SignatureState.GOOD, {"name": "fs-02"}, ["server_name"]),
        ({}, SignatureState.GOOD, {"addresses": ("192.0.2.11",)}, ["addresses"]),
        ({}, SignatureState.GOOD, {"addresses": ()}, ["addresses"]),
        ({}, SignatureState.GOOD, {"addresses": ("192.0.2.11", "192.0.2.10")}, []),
        ({"addresses": ()}, SignatureState.GOOD, {"addresses": ()}, []),
        ({"valid_from": date(2026, 4, 14)}, SignatureState.GOOD, {}, ["valid_from"]),
        ({"valid_from": date(2026, 4, 13)}, SignatureState.GOOD, {}, []),
        ({"valid_until": date(2026, 4, 12)}, SignatureState.GOOD, {}, ["valid_until"]),
        ({"valid_until": date(2026, 4, 13)}, SignatureState.GOOD, {}, []),
        (
            {"server_name": "other", "valid_until": date(2026, 4, 1)},
            SignatureState.WRONG,
            {},
            ["signature", "server_name", "valid_until"],
        ),
    ],
)
def test_each_fault_is_named(
    licence: dict[str, object], signature: SignatureState, server: dict[str, object], fields: object
) -> None:
    given, here = replace(LICENCE, **licence), replace(SERVER, **server)
    faults = faults_of(given, "k", signature, here, OVER, ZONE)
    assert [fault.field for fault in faults] == fields
    assert all(fault.licensed and fault.here for fault in faults)


def test_what_does_not_count_leaves_the_trial_as_it_is() -> None:
    bad = found(LICENCE, Fault("signature", "k", "wrong"))
    within = judge(FACTS, bad, LITTLE, START + DAY, ZONE)
    assert (within.state, within.may_back_up) == (STATES.TRIAL, True)
    assert within.faults == bad.faults
    assert within.needs_somebody
    behind = judge(FACTS, bad, LITTLE, OVER, ZONE)
    assert (behind.state, behind.may_back_up) == (STATES.INVALID, False)
    unreadable = judge(FACTS, found(None, Fault("file", "", "no")), LITTLE, OVER, ZONE)
    assert (unreadable.state, unreadable.may_back_up, unreadable.end_time) == (
        STATES.INVALID,
        False,
        None,
    )


def test_a_server_that_has_changed_goes_on_for_a_week() -> None:
    foreign = found(LICENCE, Fault("addresses", "192.0.2.10", "192.0.2.11"))
    facts = settled(settled(FACTS, found(), OVER), foreign, OVER)
    assert facts.foreign_since == OVER
    facts = settled(facts, foreign, OVER + DAY)  # not from each look on
    verdict = judge(facts, foreign, LITTLE, OVER + GRACE - MINUTE, ZONE)
    assert (verdict.state, verdict.may_back_up) == (STATES.INVALID, True)
    assert verdict.grace_end_time == OVER + GRACE
    assert not judge(facts, foreign, LITTLE, OVER + GRACE, ZONE).may_back_up
    # As it was: the week begins anew with the next change.
    assert settled(facts, found(), OVER + 2 * DAY).foreign_since is None


def test_no_such_week_for_a_licence_that_never_counted_here() -> None:
    foreign = found(LICENCE, Fault("server_name", "other", "fs-01"))
    facts = settled(settled(FACTS, found(), OVER), replace(foreign, digest="another"), OVER)
    verdict = judge(facts, replace(foreign, digest="another"), LITTLE, OVER, ZONE)
    assert (verdict.may_back_up, verdict.grace_end_time) == (False, None)


def test_a_key_that_cannot_be_read_stops_nothing_at_once() -> None:
    unread = found(None, Fault("file", "", "licence.keys: Input/output error"))
    facts = settled(settled(FACTS, found(), OVER), unread, OVER)
    assert judge(facts, unread, LITTLE, OVER + GRACE - MINUTE, ZONE).may_back_up
    facts = settled(facts, unread, OVER + DAY)
    assert not judge(facts, unread, LITTLE, OVER + GRACE, ZONE).may_back_up
    other = replace(unread, digest="of something else")
    assert not judge(facts, other, LITTLE, OVER, ZONE).may_back_up


def test_no_such_week_for_one_that_is_forged_as_well() -> None:
    faults = (Fault("server_name", "a", "b"), Fault("valid_until", "a", "b"))
    facts = settled(FACTS, found(), OVER)
    assert not judge(facts, found(LICENCE, *faults), LITTLE, OVER, ZONE).may_back_up


# --- the clock ------------------------------------------------------------------------------------


def test_a_clock_that_is_set_back_does_not_help() -> None:
    facts = advanced(FACTS, None, START + 31 * DAY)
    back = advanced(facts, START + 31 * DAY, START + DAY)
    assert back.at(START + DAY) == START + 31 * DAY
    assert back.is_set_back(START + DAY)
    assert not judge(back, None, LITTLE, back.at(START + DAY), ZONE).may_back_up


def test_nor_one_that_is_set_back_every_day() -> None:
    """Ten days pass by ten minutes each, and the clock never shows more than two days."""
    facts, seen, shown = FACTS, START, START
    for step in range(10 * 24 * 6):
        shown += 10 * MINUTE
        if step % 144 == 143:
            shown = START + DAY
        facts = advanced(facts, seen, shown)
        seen = shown
    assert START + 9 * DAY < facts.at(shown) < START + 11 * DAY


def test_a_small_correction_is_no_matter() -> None:
    facts = advanced(FACTS, None, START + HOUR)
    assert not facts.is_set_back(START + HOUR - 5 * MINUTE)


@given(st.lists(st.integers(-(10**6), 10**6), max_size=40))
def test_the_time_that_counts_never_runs_backwards(steps: list[int]) -> None:
    facts, shown, seen = FACTS, START, START
    before = facts.at(shown)
    for seconds in steps:
        shown += timedelta(seconds=seconds)
        facts = advanced(facts, seen, shown)
        seen = shown
        assert facts.at(shown) >= before
        before = facts.at(shown)


def test_a_later_licence_mends_a_clock_that_was_ahead() -> None:
    ahead = replace(FACTS, highest_time=START + 9000 * DAY, newest_issued=LICENCE.issued)
    assert corrected(ahead, LICENCE, OVER) == ahead
    newer = replace(LICENCE, issued=OVER)
    assert corrected(ahead, newer, OVER + HOUR).highest_time == OVER + HOUR
    # It proves that it is at least that late.
    assert corrected(ahead, newer, START).highest_time == OVER


def test_when_it_becomes_another() -> None:
    verdict = judge(FACTS, None, LITTLE, START, ZONE)
    assert next_change(verdict, START) == START + 23 * DAY
    assert next_change(verdict, START + 25 * DAY) == START + 30 * DAY
    assert next_change(verdict, START + 30 * DAY) is None


# --- the file -------------------------------------------------------------------------------------


def test_what_is_written_is_read() -> None:
    text = LicenceText({**FIELDS, "customer": "Müller & Söhne = GmbH; # 1"}, "0" * 16, b"s" * 64)
    assert parsed(written(text).encode()) == text
    licence = text.licence()
    assert (licence.clients, licence.volume_bytes) == (25, 10 * 10**12)
    assert licence.valid_until == date(2027, 2, 28)
    assert licence.issued == datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_how_it_is_written_does_not_matter_what_it_says_does() -> None:
    plain = SIGNER.licence(customer="Hafen Logistik am Kai")
    folded = plain.replace(b"Logistik am Kai", b"Logistik\r\n  am   Kai").replace(b" = ", b" =  ")
    assert parsed(folded).signed == parsed(plain).signed
    more = plain.replace(b"[LICENCE]\n", b"[LICENCE]\nclients_extra = 1\n")
    assert parsed(more).signed != parsed(plain).signed
    assert parsed(more).licence() == parsed(plain).licence()
    assert signed_form({"a": "b", "c": "d"}) == signed_form({"c": "d", "a": "b"})
    assert signed_form({"a": "b\nc = d"}) != signed_form({"a": "b", "c": "d"})


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"number": ""}, "number"),
        ({"server_name": ""}, "server_name"),
        ({"issued": "yesterday"}, "issued"),
        ({"issued": "2026-03-01T12:00:00"}, "issued"),
        ({"valid_until": "2026-02-30"}, "valid_until"),
        ({"addresses": "192.0.2.300"}, "addresses"),
        ({"clients": "many"}, "clients"),
        ({"clients": "0"}, "clients"),
        ({"volume": "10"}, "volume"),
        ({"volume": "1e9 TB"}, "volume"),
        ({"customer": "x" * 501}, "customer"),
    ],
)
def test_a_line_that_says_nothing_is_named(changed: dict[str, str], named: str) -> None:
    with pytest.raises(LicenceUnreadable, match=named):
        parsed(SIGNER.licence(**changed)).licence()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"\x00" * 100,
        b"[LICENCE]\nnumber = 1\n",
        b"[LICENCE]\na = 1\na = 2\n[SIGNATURE]\nkey = 1\n",
        b"[LICENCE]\n[SIGNATURE]\nkey = 0123456789abcdef\nvalue = %%%\n",
        b"[LICENCE]\n[SIGNATURE]\nkey = not hexadecimal\nvalue = \n",
        b"[LICENCE\n",
        b"x" * (LARGEST_FILE + 1),
    ],
)
def test_what_is_no_licence(content: bytes) -> None:
    with pytest.raises(LicenceUnreadable):
        parsed(content)


@given(st.binary(max_size=300), st.integers(0, 500))
def test_no_bytes_surprise_it(noise: bytes, place: int) -> None:
    plain = SIGNER.licence()
    for content in (noise, plain[:place] + noise + plain[place:], plain[:place] + noise):
        with contextlib.suppress(LicenceUnreadable):
            parsed(content).licence()
