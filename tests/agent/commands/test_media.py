"""Commands for media, against a real agent over fakes."""

import contextlib
import io
import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from server_agent.adapters.loader.virtual import VirtualLoader
from server_agent.commands.sm_cmd import run
from sesam_api.client import Location, connect
from sesam_api.media_records import MediaChanged
from tests.agent.commands.conftest import Result, SmCmd
from tests.agent.service.rig import START
from tests.rpc.agent.conftest import identity, short_path
from tests.rpc.agent.rig import AgentRig

__all__ = ["identity", "short_path"]

DAY = timedelta(days=1)


@pytest.fixture
def real(short_path: Path, identity: object) -> Iterator[AgentRig]:
    with AgentRig(short_path, identity) as rig:  # type: ignore[arg-type]
        rig.add_task()
        yield rig


@pytest.fixture
def location(real: AgentRig) -> Iterator[Location]:
    with connect(unix=real.endpoint.socket) as location:
        yield location


@pytest.fixture
def sm_cmd(real: AgentRig, capfd: pytest.CaptureFixture[str]) -> SmCmd:
    @contextlib.contextmanager
    def connection(root: str | None) -> Iterator[Location]:
        with connect(unix=real.endpoint.socket) as location:
            yield location

    def call(*argv: str) -> Result:
        capfd.readouterr()
        status = run(list(argv), connection)
        out, err = capfd.readouterr()
        return Result(status, out, err)

    return call


def answer(result: Result) -> str:
    """The MSG of an action that went well."""
    assert result.status == 0, result.out
    return result.out.removeprefix('STATUS=SUCCESS MSG="').removesuffix('"\n')


def error(result: Result) -> str:
    assert (result.status, result.out.count("\n")) == (1, 1)
    assert result.out.startswith("STATUS=ERROR ")
    return result.out


def fields(result: Result) -> dict[str, str]:
    return {row[0]: row[1] for row in result.rows}


def test_stores_pools_and_media(sm_cmd: SmCmd) -> None:
    assert answer(sm_cmd("add", "store", "Second", "--path", "/mnt/two", "--mark", "80")) == (
        "Second"
    )
    added = sm_cmd("add", "pool", "WEEK", "--eol-days", "7", "--keep-newest", "2", "--weekly", "3")
    assert answer(added) == "WEEK"
    assert answer(sm_cmd("add", "drive", "D2", "--group", "Two", "--store", "Second")) == "D2"
    assert answer(sm_cmd("modify", "pool", "WEEK", "--drive-group", "Two")) == "WEEK"
    assert fields(sm_cmd("show", "pool", "WEEK"))["retention"] == (
        "eol_days=7 keep_newest=2 weekly=3 monthly=0 yearly=0"
    )
    saveset = answer(sm_cmd("backup", "docs", "-l", "F", "-m", "WEEK", "--wait"))
    assert fields(sm_cmd("show", "saveset", saveset))["label"] == "WEEK00001"
    header, *rows = sm_cmd("list", "media").rows
    assert header[:4] == ["label", "pool", "data_store", "savesets"]
    assert [row[:4] for row in rows] == [
        ["DISK00001", "DISK", "Store_1", "0"],
        ["WEEK00001", "WEEK", "Second", "1"],
    ]
    assert json.loads(sm_cmd("show", "medium", "WEEK00001", "--json").out)["savesets"] == 1
    assert [row[:2] for row in sm_cmd("list", "stores").rows[1:]] == [
        ["Second", "/mnt/two"],
        ["Store_1", "/store"],
    ]
    assert answer(sm_cmd("modify", "store", "Second", "--mark", "70")) == "Second"
    assert fields(sm_cmd("show", "store", "Second"))["high_water_mark"] == "70"
    assert answer(sm_cmd("modify", "medium", "WEEK00001", "--write-protected")) == "WEEK00001"
    assert fields(sm_cmd("show", "medium", "WEEK00001"))["write_protected"] == "True"
    assert "holds 1 saveset" in error(sm_cmd("remove", "medium", "WEEK00001"))
    assert "needed by" in error(sm_cmd("remove", "store", "Second"))
    assert "needed by" in error(sm_cmd("remove", "pool", "WEEK"))
    assert "nothing to change" in error(sm_cmd("modify", "pool", "WEEK", "--eol-days", "7"))
    assert "five digits" in error(sm_cmd("add", "pool", "WEEK00001"))
    assert 'no data store \\"x\\"' in error(sm_cmd("show", "store", "x"))
    assert 'no media pool \\"x\\"' in error(sm_cmd("backup", "docs", "-l", "F", "-m", "x"))
    assert "no medium WEEK0000 in" in error(sm_cmd("show", "medium", "WEEK0000"))


def test_a_saveset_is_verified(sm_cmd: SmCmd, real: AgentRig) -> None:
    saveset = answer(sm_cmd("backup", "docs", "-l", "F", "--wait"))
    job = answer(sm_cmd("verify", saveset, "--whole-chain", "--wait"))
    assert fields(sm_cmd("show", "job", job))["kind"] == "verify"
    assert fields(sm_cmd("show", "saveset", saveset))["verify_time"]
    real.engine.faults = {saveset: "frame 3 does not match its digest"}
    assert "frame 3 does not match" in error(sm_cmd("verify", saveset, "--wait"))
    assert fields(sm_cmd("show", "saveset", saveset))["state"] == "error"


def test_retention_is_told_and_an_eol_is_set(sm_cmd: SmCmd) -> None:
    old, new = (answer(sm_cmd("backup", "docs", "-l", "F", "--wait")) for _ in range(2))
    assert answer(sm_cmd("modify", "saveset", old, "--eol", "2026-03-05")) == old
    result = sm_cmd("retention", "--day", "2026-03-06")
    assert [row[0] for row in result.rows] == ["saveset", old]
    assert result.err == "1 saveset is deleted: 400 bytes\n"
    rows = json.loads(sm_cmd("retention", "--day", "2026-03-06", "--kept", "--json").out)
    assert [(row["saveset"], row["reason"]) for row in rows] == [(old, ""), (new, "eol")]
    assert sm_cmd("retention").err == "0 savesets are deleted: 0 bytes\n"
    assert "such as 2030-12-31" in error(sm_cmd("modify", "saveset", old, "--eol", ""))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_deletion_asks_or_needs_a_yes(sm_cmd: SmCmd, monkeypatch: pytest.MonkeyPatch) -> None:
    savesets = [answer(sm_cmd("backup", "docs", "-l", "F", "--wait")) for _ in range(3)]
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert "give --yes" in error(sm_cmd("delete", "saveset", savesets[0]))
    for said in ("", "\n", "n\n", "yess\n"):
        monkeypatch.setattr(sys, "stdin", Terminal(said))
        refused = sm_cmd("delete", "saveset", savesets[0])
        assert "Nothing was deleted." in error(refused)
        assert f"{savesets[0]}: FULL of docs, sesam day 2026-03-04, 400 bytes" in refused.err
    assert len(sm_cmd("list", "savesets").rows) == 4
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert answer(sm_cmd("delete", "saveset", savesets[0], savesets[0])) == savesets[0]
    answered = sm_cmd("delete", "saveset", *savesets[1:], "--yes")
    assert answer(answered) == ",".join(savesets[1:])
    assert len(sm_cmd("list", "savesets").rows) == 1
    assert "no saveset" in error(sm_cmd("delete", "saveset", savesets[0], "--yes"))


def test_every_type_of_backup(sm_cmd: SmCmd) -> None:
    for level, made in (("F", "FULL"), ("D", "DIFF"), ("I", "INC"), ("C", "COPY")):
        saveset = answer(sm_cmd("backup", "docs", "-l", level, "--wait"))
        assert fields(sm_cmd("show", "saveset", saveset))["type"] == made


def test_clients_by_ssh_and_locked(sm_cmd: SmCmd) -> None:
    key = "SHA256:" + "a" * 43
    assert "needs --key" in error(sm_cmd("add", "client", "far", "--ssh", "fs-01"))
    login = ("--ssh", "fs-01", "--key", "/k", "--host-key", key, "--port", "2222")
    assert answer(sm_cmd("add", "client", "far", *login, "--locked")) == "far"
    shown = fields(sm_cmd("show", "client", "far"))
    assert (shown["access"], shown["locked"]) == ("ssh", "True")
    assert shown["ssh"].startswith("host=fs-01 key_file=/k host_key=SHA256:")
    answer(sm_cmd("modify", "client", "far", "--no-locked", "--user", "backup", "--alive", "0"))
    shown = fields(sm_cmd("show", "client", "far"))
    assert shown["locked"] == "False"
    assert "port=2222 user=backup alive_seconds=0" in shown["ssh"]
    assert "nothing to change" in error(sm_cmd("modify", "client", "far"))
    assert "host" in error(sm_cmd("modify", "client", "far", "--ssh=-oProxyCommand=x"))
    answer(sm_cmd("modify", "client", "host", "--locked"))
    assert "is locked" in error(sm_cmd("backup", "docs", "-l", "F", "--wait"))


def test_options_of_tasks(sm_cmd: SmCmd, location: Location) -> None:
    before = location.task("docs").options
    answer(sm_cmd("modify", "task", "docs", "--comment", "c"))
    assert location.task("docs").options == before
    answer(
        sm_cmd(
            *("modify", "task", "docs", "--exclude-kind", "regex", "-x", r"\.o$"),
            *("--exclude-file", "/etc/\udcff", "--skip-nodump", "--one-file-system"),
            *("--accept-size-change", r"\.log$", "--accept-size-change", "a,b"),
            "--without-interfaces",
            "--skip-cache-directories",
            "--backup-even-if-pre-fails",
        )
    )
    options = location.task("docs").options
    assert (options.exclude_kind, options.exclude_file) == ("regex", b"/etc/\xff")
    assert options.accept_size_change == (r"\.log$", "a,b")
    assert options.skip_cache_directories
    assert options.skip_nodump
    assert options.one_file_system
    assert options.without_interfaces
    assert options.backup_even_if_pre_fails
    answer(
        sm_cmd(
            *("modify", "task", "docs", "-x", "", "--exclude-kind", "pattern"),
            *("--accept-size-change", "", "--exclude-file", "", "--no-skip-nodump"),
            *("--no-one-file-system", "--no-without-interfaces"),
            "--no-skip-cache-directories",
            "--no-backup-even-if-pre-fails",
        )
    )
    assert location.task("docs").options == before
    assert "a regular expression" in error(
        sm_cmd("modify", "task", "docs", "--exclude-kind", "regex", "-x", "(")
    )
    answer(sm_cmd("add", "task", "more", "-c", "host", "-s", "/m", "--one-file-system"))
    assert "one_file_system=True" in fields(sm_cmd("show", "task", "more"))["options"]


def test_an_event_that_verifies_and_one_with_a_pool(sm_cmd: SmCmd, location: Location) -> None:
    answer(sm_cmd("add", "event", "proof", "--verify", "docs", "--no-whole-chain"))
    answer(sm_cmd("add", "event", "save", "-t", "docs", "-l", "C", "-m", "DISK"))
    proof, save = location.event("proof"), location.event("save")
    assert (proof.kind, proof.task, proof.whole_chain) == ("verify", "docs", False)
    assert (save.type, save.pool) == ("COPY", "DISK")
    assert 'no media pool \\"x\\"' in error(sm_cmd("modify", "event", "save", "-m", "x"))


def test_a_script_that_watches_is_told(sm_cmd: SmCmd, location: Location) -> None:
    changes = location.watch(10.0)
    next(changes)
    answer(sm_cmd("add", "pool", "WEEK"))
    assert next(changes) == MediaChanged()


def test_a_verify_stands_in_the_calendar(sm_cmd: SmCmd, location: Location) -> None:
    saveset = answer(sm_cmd("backup", "docs", "-l", "F", "--wait"))
    job = answer(sm_cmd("verify", saveset, "--wait"))
    answer(
        sm_cmd(
            "add", "schedule", "weekly", "--weekly", "sun", "--at", "12:00", "--from", "2026-03-01"
        )
    )
    answer(sm_cmd("add", "event", "proof", "-S", "weekly", "--verify", "docs"))
    first = location.sesam_day()
    [done] = [
        each for each in location.calendar(START, START + DAY, kinds=["verify"]) if each.job_id
    ]
    assert (done.job_id, done.task, done.state) == (job, "docs", "ok")
    coming = list(location.calendar(START + DAY, START + 9 * DAY, kinds=["verify"]))
    assert [(each.event, each.state) for each in coming] == [("proof", "planned")]
    rows = location.calendar_sheet(first, first + 9 * DAY).rows
    [row] = [row for row in rows if row.kind == "verify"]
    assert (row.name, row.states[0], sum(row.planned)) == ("docs", "ok", 1)


def test_how_the_location_has_grown_is_listed(sm_cmd: SmCmd, real: AgentRig) -> None:
    real.backed_up()
    rows = sm_cmd("history", "growth", "--task", "docs").rows
    assert rows[0] == ["sesam_day", "backups", "files", "saved_size", "stored_size", "duration"]
    assert rows[1][:2] == [START.date().isoformat(), "1"]
    assert sm_cmd("history", "growth", "--to", "2026-03-03").rows == [rows[0]]
    samples = json.loads(sm_cmd("history", "stores", "Store_1", "--json").out)
    assert {sample["data_store"] for sample in samples} <= {"Store_1"}
    assert sm_cmd("history", "stores", "none").rows == [
        ["data_store", "sesam_day", "time", "capacity", "free", "stored_size"]
    ]


def test_a_medium_that_has_to_be_put_in(sm_cmd: SmCmd, real: AgentRig, location: Location) -> None:
    answer(sm_cmd("add", "store", "Usb", "--path", "/mnt/usb", "--removable"))
    answer(sm_cmd("add", "drive", "Usb", "--group", "Usb", "--store", "Usb"))
    answer(sm_cmd("add", "pool", "USB", "--drive-group", "Usb"))
    assert fields(sm_cmd("show", "store", "Usb"))["removable"] == "True"
    assert len(sm_cmd("requests").rows) == 1
    real.engine.away.add(b"/mnt/usb")
    jobs = []
    for wanted in ("loaded", "refused"):
        jobs.append(answer(sm_cmd("backup", "docs", "-l", "F", "-m", "USB")))
        assert next(job.waiting for job in location.watch_job(jobs[-1]) if job.waiting) == (
            "medium USB00001 in Usb"
        )
        [row] = json.loads(sm_cmd("requests", "--json").out)
        assert (row["label"], row["job_ids"], row["is_new"]) == ("USB00001", [jobs[-1]], True)
        if wanted == "loaded":
            assert "not in its place" in error(sm_cmd("answer", "USB00001", "loaded"))
            answer(sm_cmd("cancel", jobs[-1]))
        else:
            assert answer(sm_cmd("answer", "USB00001", "refused")) == f"job {jobs[-1]} has ended"
    assert "No job waits" in error(sm_cmd("answer", "USB00001", "new"))
    assert sm_cmd("answer", "USB00001", "perhaps").status == 1


def test_loaders(sm_cmd: SmCmd, tmp_path: Path) -> None:
    VirtualLoader.made(tmp_path, slots=1, drives=1)
    place = str(tmp_path / "drives/0")
    answer(sm_cmd("add", "store", "Box_0", "--path", place, "--removable"))
    added = ("add", "loader", "Box", "--kind", "virtual", "--device", str(tmp_path))
    assert "removable data store" in error(sm_cmd(*added, "--store", "Store_1"))
    assert answer(sm_cmd(*added, "--store", "Box_0", "--comment", "cellar")) == "Box"
    [row] = json.loads(sm_cmd("list", "loaders", "--json").out)
    assert (row["kind"], row["device"], row["data_stores"]) == ("virtual", str(tmp_path), ["Box_0"])
    assert fields(sm_cmd("show", "loader", "Box"))["comment"] == "cellar"
    assert sm_cmd("loader", "Box", "adjust").rows[1:] == [
        ["drive", "0", "False", "", ""],
        ["slot", "1", "False", "", ""],
    ]
    assert "slot 1 is empty" in error(sm_cmd("loader", "Box", "load", "1"))
    assert "drive 0 is empty" in error(sm_cmd("loader", "Box", "unload"))
    assert answer(sm_cmd("modify", "loader", "Box", "--comment", "attic")) == "Box"
    assert fields(sm_cmd("show", "loader", "Box"))["comment"] == "attic"
    assert "nothing to change" in error(sm_cmd("modify", "loader", "Box"))
    refused = error(sm_cmd("modify", "loader", "Box", "--tape", "/dev/nst0"))
    assert "drives of a virtual loader are directories" in refused
    refused = error(sm_cmd("modify", "loader", "Box", "--kind", "mtx", "--tape", "nst0"))
    assert "such as /dev/nst0" in refused
    (tmp_path / "drives/0").rmdir()
    assert "no virtual loader" in error(sm_cmd("loader", "Box", "adjust"))
    assert answer(sm_cmd("remove", "loader", "Box")) == "Box"
    assert "There is no loader" in error(sm_cmd("show", "loader", "Box"))
