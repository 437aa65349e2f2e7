"""Numbers, times and ages as people read them."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from sesam_master.ui import formatting as f

NB = "\N{NO-BREAK SPACE}"
NARROW = "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (None, "–"),
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1 KB"),
        (2_449, "2 KB"),
        (418_000, "418 KB"),
        (999_499, "999 KB"),
        (999_500, "1.0 MB"),
        (22_400_000, "22.4 MB"),
        (4_700_000_000, "4.7 GB"),
        (46_200_000_000, "46.2 GB"),
        (99_949_000_000, "99.9 GB"),
        (99_960_000_000, "100 GB"),
        (612_000_000_000, "612 GB"),
        (1_180_000_000_000, "1.2 TB"),
        (5 * 10**18, "5.0 EB"),
        (12 * 10**21, "12000 EB"),
    ],
)
def test_size(size: int | None, text: str) -> None:
    assert f.size_text(size) == text.replace(" ", NB)


def test_decimal_sign_follows_the_language() -> None:
    assert f.size_text(46_200_000_000, point=",") == f"46,2{NB}GB"


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (None, "–"),
        (0, "0 B/s"),
        (4_600_000, "5 MB/s"),
        (81e6, "81 MB/s"),
        (1.25e9, "1.2 GB/s"),
    ],
)
def test_rate(rate: float | None, text: str) -> None:
    assert f.rate_text(rate) == text.replace(" ", NB)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "–"),
        (0, "0"),
        (9_999, f"9{NARROW}999"),
        (10_000, f"10.0{NB}k"),
        (41_207, f"41.2{NB}k"),
        (999_600, f"1.0{NB}M"),
        (4_200_000, f"4.2{NB}M"),
    ],
)
def test_count_is_shortened_from_ten_thousand(count: int | None, text: str) -> None:
    assert f.count_text(count) == text


def test_number_in_full() -> None:
    assert f.number_text(1_234_567) == f"1{NARROW}234{NARROW}567"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0, "0:00"),
        (32.9, "0:32"),
        (180, "3:00"),
        (3_599, "59:59"),
        (7_802, "2:10:02"),
        (90_000, "25:00:00"),
        (-1, "clock?"),
    ],
)
def test_duration(seconds: float | None, text: str) -> None:
    assert f.duration_text(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0, "0 s"),
        (0.4, "0 s"),
        (2, "2 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (899, "14 min"),
        (3_600, "1 h"),
        (86_399, "23 h"),
        (86_400, "1 d"),
        (12 * 86_400 + 5, "12 d"),
        (-0.001, "clock?"),
    ],
)
def test_age_has_one_unit_and_is_rounded_down(seconds: float | None, text: str) -> None:
    assert f.age_text(seconds) == text.replace(" ", NB)


def test_age_of_an_instant() -> None:
    now = datetime(2026, 11, 23, 8, 41, tzinfo=UTC)
    assert f.age_between(now - timedelta(minutes=14, seconds=59), now) == f"14{NB}min"
    assert f.age_between(now + timedelta(seconds=1), now) == "clock?"
    assert f.age_between(None, now) == "–"


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(None, "–"), (0, "0 %"), (0.35, "35 %"), (0.29, "29 %"), (0.9999, "99 %"), (1, "100 %")],
)
def test_percent_says_all_only_for_all(fraction: float | None, text: str) -> None:
    assert f.percent_text(fraction) == text.replace(" ", NB)


def test_days_and_instants() -> None:
    cet = timezone(timedelta(hours=1), "CET")
    moment = datetime(2026, 11, 22, 23, 31, 4, tzinfo=UTC)
    assert f.day_text(date(2026, 11, 22)) == "Sun 22 Nov"
    assert f.day_text(None) == "–"
    assert f.time_text(moment, cet) == "00:31"
    assert f.time_text(moment, UTC, with_seconds=True) == "23:31:04"
    assert f.moment_text(moment, cet) == "Mon 23 Nov 00:31"
    assert f.far_moment_text(moment, cet, 2026) == "Mon 23 Nov 00:31"
    assert f.far_moment_text(moment, cet, 2025) == "23 Nov 2026 00:31"
    assert f.far_moment_text(None, cet, 2026) == "–"
    assert f.full_moment_text(moment, cet) == "Mon 23 Nov 2026 00:31:04 CET"
    assert (
        f.time_text(None, UTC) == f.moment_text(None, UTC) == f.full_moment_text(None, UTC) == "–"
    )
