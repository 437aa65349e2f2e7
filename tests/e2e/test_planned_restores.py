"""Restore events of a real agent: what each rule leaves of what is at the target by then."""

import os
from pathlib import Path

import pytest

from sesam_api.client import Location
from sesam_api.plan_records import Event
from tests.e2e.agent_process import SECONDS
from tests.e2e.test_restore_options import agent, location, make_task, place

__all__ = ["agent", "location", "place"]

FAR = 4_000_000_000  # seconds since 1970


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ("", {"old": "newer", "stays": "stays"}),
        ("never", {"old": "newer", "stays": "older"}),
        ("always", {"old": "old", "stays": "stays"}),
        (
            "rename",
            {"old": "newer", "old.restored": "old", "stays": "older", "stays.restored": "stays"},
        ),
    ],
)
def test_a_planned_restore_goes_by_its_rule(
    location: Location, place: Path, rule: str, left: dict[str, str]
) -> None:
    """Without one, what is newer at the target stays."""
    location.add_client("here")
    make_task(location, place / "source")
    target = place / "target"
    there = target / str(place / "source/letters").lstrip("/")
    there.mkdir(parents=True)
    (there / "old").write_text("newer")
    os.utime(there / "old", (FAR, FAR))
    (there / "stays").write_text("older")
    os.utime(there / "stays", (1, 1))
    how = {"overwrite": rule} if rule else {}
    back = Event("back", "", "restore", task="docs", target=os.fsencode(target), **how)  # type: ignore[arg-type]
    added = location.add_event(back)
    assert added.overwrite == (rule or "if_older")
    started = location.order_backup("FULL", task="docs", follow_up="back")
    assert location.wait(started.jobs[0], timeout=SECONDS).state == "ok"
    [job] = [job for job in location.jobs() if job.kind == "restore"]
    ended = location.wait(job, timeout=SECONDS)
    assert (ended.state, ended.overwrite) == ("ok", rule or "if_older")
    assert {path.name: path.read_text() for path in there.iterdir()} == left
