"""Lineages, tips and groups of savesets, and the words for every reason."""

from dataclasses import replace

import pytest

from sesam_api.v1 import events_pb2, jobs_pb2
from sesam_master.core.records import JobKind
from sesam_master.core.savesets import KeepReason, SavesetFate, builders, lineage, tips
from sesam_master.core.sheet import RowKind, title_of
from sesam_master.core.states import JobState
from sesam_master.remote.convert import KIND_NUMBERS
from sesam_master.remote.convert_calendar import KINDS as KINDS_OF_WIRE
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.now.words import KINDS
from sesam_master.ui.results.actions import RowVerbs, cancel_kind_reason, row_offers
from sesam_master.ui.results.facts import job_facts
from sesam_master.ui.results.rows import RateMeter, make_row
from sesam_master.ui.savesets.deleting import doomed
from sesam_master.ui.savesets.fates import reason_text
from sesam_master.ui.savesets.rows import listed_names
from tests.desk.results.memory import NOW, bring_up, job, list_locations
from tests.desk.savesets.site import ZONE, chain, saveset


def test_a_lineage_ends_at_a_base_that_is_not_there() -> None:
    whole = chain("Boulder", 1, 4)
    found = lineage(whole[2], whole[1:])
    assert [one.name for one in found.chain] == [one.name for one in whole[1:3]]
    assert found.missing_base == whole[0].name
    assert [one.name for one in found.builders] == [whole[3].name]


def test_builders_are_none_of_the_given_ones() -> None:
    whole = chain("Boulder", 1, 5)
    given = {whole[0].name, whole[1].name}
    assert [one.name for one in builders(given, whole)] == [one.name for one in whole[2:]]


def test_a_chain_is_verified_by_its_tip_and_a_gap_makes_two() -> None:
    whole = chain("Boulder", 1, 5)
    assert tips(whole) == [(whole[4], 4)]
    assert tips([whole[0], whole[2], whole[3]]) == [(whole[0], 0), (whole[3], 1)]
    other = chain("Hamburg", 1, 5)  # the same names at another location
    assert len(tips([whole[0], other[1]])) == 2


def test_what_builds_on_each_other_goes_together_and_nothing_else() -> None:
    one, other = chain("Boulder", 1, 3), chain("Boulder", 5, 2)
    single = saveset("Hamburg", 1)
    groups = doomed([other[1], *one, single, other[0]])
    found = {tuple(member.name for member in group.savesets) for group in groups}
    assert found == {
        tuple(member.name for member in one),
        tuple(member.name for member in other),
        (single.name,),
    }


@pytest.mark.parametrize("reason", list(KeepReason))
def test_every_reason_has_a_sentence(reason: KeepReason) -> None:
    fate = SavesetFate("SF1", "home", "DISK00001", "2026-11-22", "2026-12-04", 1, reason, "SI2")
    words = reason_text(fate)
    assert words.endswith(".")
    assert (reason is KeepReason.NEEDED) == ("SI2" in words)
    assert (reason is KeepReason.EOL) == ("Fri 4 Dec 2026" in words)


def test_a_verification_has_its_words_everywhere() -> None:
    assert KINDS[JobKind.VERIFY] == "Comparing with the digests"
    assert cancel_kind_reason(None, JobKind.VERIFY) == "The location is not listed any more."
    assert job("Boulder", 1, JobState.OK, kind=JobKind.VERIFY).kind is JobKind.VERIFY


def test_the_facts_of_a_verification_are_not_those_of_a_backup(bridge: Bridge) -> None:
    list_locations(bridge, "Boulder")
    verification = job("Boulder", 1, JobState.OK, kind=JobKind.VERIFY, size_bytes=5_000_000)
    bring_up(bridge, "Boulder", [verification])
    place = bridge.fleet.locations["Boulder"]
    row = make_row(verification, place, RateMeter(), NOW)
    facts = dict(job_facts(row, ZONE))
    assert facts["Kind"] == "Verify: compared with the digests"
    assert facts["Compared"] == "5.0\N{NO-BREAK SPACE}MB"
    assert "Stored" not in facts
    verbs = RowVerbs(*(lambda *_: None for _ in range(5)))  # type: ignore[arg-type]
    failed = replace(row, state=JobState.ERROR)
    assert [offer.key for offer in row_offers(failed, place, verbs)] == ["start", "restore", "copy"]


def test_a_verification_has_a_row_of_its_own_in_the_calendar() -> None:
    assert title_of(RowKind.VERIFY, "home") == "Verify home"
    assert KINDS_OF_WIRE[events_pb2.EVENT_KIND_VERIFY] is RowKind.VERIFY
    assert KIND_NUMBERS[JobKind.VERIFY] == jobs_pb2.JOB_KIND_VERIFY


def test_savesets_that_are_called_the_same_are_named_once() -> None:
    same = [replace(one, sesam_day="2026-11-22") for one in chain("Boulder", 1, 3)]
    words = "home, full of Sun 22 Nov; 2 × home, incremental of Sun 22 Nov"
    assert listed_names(same) == words
    many = [saveset("Boulder", number) for number in range(1, 6)]
    assert listed_names(many).endswith("full of Wed 4 Nov and 2 more")
