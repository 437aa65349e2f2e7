"""`sm_cmd migrate`, and events that migrate, against a real agent over fakes."""

import json
from datetime import timedelta

from sesam_api.client import Location
from tests.agent.commands.conftest import SmCmd
from tests.agent.commands.test_media import (
    answer,
    error,
    fields,
    identity,
    location,
    real,
    short_path,
    sm_cmd,
)
from tests.agent.service.rig import START
from tests.rpc.agent.rig import AgentRig

__all__ = ["identity", "location", "real", "short_path", "sm_cmd"]

DAY = timedelta(days=1)


def made(sm_cmd: SmCmd) -> tuple[str, str]:
    """A pool to copy to, and a FULL with an INC."""
    answer(sm_cmd("add", "pool", "TAPE", "--eol-days", "90"))
    full = answer(sm_cmd("backup", "docs", "-l", "F", "--wait"))
    return full, answer(sm_cmd("backup", "docs", "-l", "I", "--wait"))


def test_savesets_are_copied_and_moved(sm_cmd: SmCmd, location: Location) -> None:
    full, inc = made(sm_cmd)
    job = answer(sm_cmd("migrate", inc, "--to", "TAPE", "--wait"))
    shown = fields(sm_cmd("show", "job", job))
    assert (shown["kind"], shown["pool"], shown["label"]) == ("migration", "TAPE", "TAPE00001")
    assert shown["message"] == "2 savesets copied to TAPE00001"
    copies = fields(sm_cmd("show", "saveset", inc))["copies"]
    assert copies.startswith("label=TAPE00001 pool=TAPE data_store=Store_1 eol=2026-06-02")
    whole = json.loads(sm_cmd("show", "saveset", inc, "--json").out)
    assert [copy["label"] for copy in whole["copies"]] == ["TAPE00001"]
    rows = sm_cmd("retention", "--kept").rows
    assert [row[2] for row in rows[1:]] == ["DISK00001", "TAPE00001"] * 2
    answer(sm_cmd("migrate", "--from", "DISK", "--to", "TAPE", "--move", "--wait"))
    assert [(each.label, each.copies) for each in location.savesets()] == [("TAPE00001", ())] * 2
    assert {each.label: each.savesets for each in location.media()} == {
        "DISK00001": 0,
        "TAPE00001": 2,
    }
    assert "builds on it" in error(sm_cmd("delete", "saveset", full, "--yes"))


def test_what_retention_deletes_of_savesets_that_stay(sm_cmd: SmCmd) -> None:
    _, inc = made(sm_cmd)
    answer(sm_cmd("migrate", inc, "--to", "TAPE", "--wait"))
    answer(sm_cmd("modify", "pool", "DISK", "--keep-newest", "0"))
    result = sm_cmd("retention", "--day", "2026-04-06")
    assert [row[-1] for row in result.rows] == ["stays", "True", "True"]
    assert result.err == "0 savesets are deleted with 2 copies of others: 800 bytes\n"


def test_what_was_asked_for_wrongly(sm_cmd: SmCmd) -> None:
    _, inc = made(sm_cmd)
    both = "Give the names of savesets, or a pool with --from."
    assert both in error(sm_cmd("migrate", "--to", "TAPE"))
    assert both in error(sm_cmd("migrate", inc, "--from", "DISK", "--to", "TAPE"))
    assert "--to" in error(sm_cmd("migrate", inc))
    assert 'no media pool \\"x\\"' in error(sm_cmd("migrate", inc, "--to", "x"))
    assert "no saveset x" in error(sm_cmd("migrate", "x", "--to", "TAPE"))
    assert "another media pool" in error(sm_cmd("migrate", "--from", "TAPE", "--to", "TAPE"))
    assert 'no drive \\"x\\"' in error(sm_cmd("migrate", inc, "--to", "TAPE", "--drive", "x"))


def test_an_event_that_migrates(sm_cmd: SmCmd, location: Location, real: AgentRig) -> None:
    made(sm_cmd)
    assert "--pool POOL" in error(sm_cmd("add", "event", "nightly", "--migrate", "DISK"))
    daily = ("add", "schedule", "daily", "--daily", "--at", "12:00", "--from", "2026-03-01")
    answer(sm_cmd(*daily))
    answer(
        sm_cmd(
            *("add", "event", "nightly", "-S", "daily", "--migrate", "DISK"),
            *("--pool", "TAPE", "--move"),
        )
    )
    event = location.event("nightly")
    assert (event.kind, event.source_pool, event.pool, event.move) == (
        "migration",
        "DISK",
        "TAPE",
        True,
    )
    answer(sm_cmd("modify", "event", "nightly", "--no-move"))
    assert not location.event("nightly").move
    assert "needed by" in error(sm_cmd("remove", "pool", "TAPE"))
    coming = location.calendar(START + DAY, START + 3 * DAY, kinds=["migration"])
    assert [(each.event, each.state) for each in coming] == [("nightly", "planned")] * 2
    first = location.sesam_day()
    rows = location.calendar_sheet(first, first + 2 * DAY).rows
    assert [row.name for row in rows if row.kind == "migration"] == ["nightly"]
