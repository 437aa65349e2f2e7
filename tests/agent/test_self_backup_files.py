"""The files around a self-backup: the copy of the catalogue, and reports beside the data."""

import os
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.adapters.disaster_reports import NEWEST
from server_agent.adapters.protocol_files import ProtocolFiles
from server_agent.adapters.self_backup_files import SelfBackupFilesOf
from server_agent.adapters.setup import make_installation
from server_agent.adapters.tar.stores import remove_medium
from server_agent.adapters.trees import Trees
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.task_options import ExcludeKind
from server_agent.domain.topology import Client
from server_agent.installation import Installation
from server_agent.ports import EngineError, SavesetRef
from tests.fakes.records import JOB

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
DAY = date(2026, 3, 4)
OWN = SavesetRef("SF20260304130000000@9DdOQVSaem6", "DISK00001", DAY, None)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return make_installation(Trees.below(tmp_path / "a [root]"), "Alpha", "127.0.0.1", 0, NOW)


@pytest.fixture
def files(installation: Installation) -> SelfBackupFilesOf:
    return SelfBackupFilesOf(installation, ProtocolFiles(installation.lis, installation.prepost))


@pytest.fixture
def catalogue(installation: Installation) -> Iterator[SqlCatalogue]:
    with closing(SqlCatalogue(installation.catalogue_url)) as catalogue:
        yield catalogue


def job_in(state: JobState, day: date = DAY) -> Job:
    return replace(JOB, state=state, sesam_day=day)


def copy_of(installation: Installation) -> Path:
    return installation.db / "self-backup/sesam_db.sdb"


def test_the_copy_is_what_was_committed_with_all_jobs_ended(
    installation: Installation, files: SelfBackupFilesOf, catalogue: SqlCatalogue
) -> None:
    with catalogue.write() as tx:
        tx.put_client(Client("host"))
        states = (JobState.QUEUED, JobState.ACTIVE, JobState.OK)
        ids = [tx.add_job(job_in(state)).id for state in states]
    with catalogue.write() as tx:
        tx.put_client(Client("not committed"))
        files.copy_catalogue(NOW)  # a backup does not wait for a writer, and a writer not for it
    with closing(SqlCatalogue(f"sqlite:///{copy_of(installation)}")) as copy, copy.read() as view:
        assert [client.name for client in view.clients()] == ["host"]
        assert view.open_jobs() == []
        found = [view.job(job_id) for job_id in ids]
    assert [job.state for job in found if job is not None] == [
        JobState.CANCELLED,
        JobState.BROKEN,
        JobState.OK,
    ]
    with catalogue.read() as view:
        assert len(view.open_jobs()) == 2


def test_a_second_copy_replaces_the_first(
    installation: Installation, files: SelfBackupFilesOf, catalogue: SqlCatalogue
) -> None:
    files.copy_catalogue(NOW)
    with catalogue.write() as tx:
        tx.put_client(Client("host"))
    copy_of(installation).with_name("sesam_db.sdb.part").write_text("left behind by a crash")
    files.copy_catalogue(NOW)
    assert [file.name for file in copy_of(installation).parent.iterdir()] == ["sesam_db.sdb"]
    assert copy_of(installation).stat().st_mode & 0o777 == 0o600
    with closing(SqlCatalogue(f"sqlite:///{copy_of(installation)}")) as copy, copy.read() as view:
        assert [client.name for client in view.clients()] == ["host"]


def test_a_catalogue_that_cannot_be_copied(
    installation: Installation, files: SelfBackupFilesOf
) -> None:
    (installation.db / "sesam_db.sdb").write_bytes(b"no database" * 1000)
    with pytest.raises(OSError, match="the catalogue cannot be copied"):
        files.copy_catalogue(NOW)
    assert not copy_of(installation).exists()


def test_what_has_to_be_saved(installation: Installation, files: SelfBackupFilesOf) -> None:
    assert files.sources == (os.fsencode(installation.gv_rw),)
    assert files.is_saved_by([b"/nowhere", *files.sources])
    assert files.is_saved_by([b"/"])
    assert files.is_saved_by([os.fsencode(installation.var), os.fsencode(installation.anchor)])
    assert not files.is_saved_by([os.fsencode(installation.var)])
    assert not files.is_saved_by([os.fsencode(installation.db), b"/etc"])
    assert not files.is_saved_by([files.sources[0] + b"-other"])


def test_trees_that_lie_apart_are_saved_all(tmp_path: Path) -> None:
    trees = Trees(tmp_path / "etc" / "s 2000.ini", tmp_path / "opt", tmp_path / "var")
    installation = make_installation(trees, "Alpha", "127.0.0.1", 0, NOW)
    files = SelfBackupFilesOf(installation, ProtocolFiles(installation.lis))
    assert files.sources == tuple(
        os.fsencode(path) for path in (trees.variable, trees.static, trees.anchor)
    )
    assert files.is_saved_by(files.sources)
    assert not files.is_saved_by(files.sources[:2])
    places = files.places([OWN], {OWN.label: os.fsencode(installation.store)})
    assert places.program == f"SESAM2000_INI='{trees.anchor}' sesam-agent"


def test_only_protocols_that_may_be_written_are_left_out(
    installation: Installation, files: SelfBackupFilesOf
) -> None:
    found = files.excludes(DAY, [job_in(JobState.ACTIVE, date(2026, 3, 2))])
    place = str(installation.gv_rw).replace("[", r"\[").replace("]", r"\]")
    assert set(found) == {
        f"{place}/var/{directory}/{day}/*.{suffix}"
        for directory in ("lis", "prepost")
        for day in ("20260302", "20260304")
        for suffix in ("not", "mig", "pre", "pos")
    }


def test_they_are_left_out_by_expressions_too(
    installation: Installation, files: SelfBackupFilesOf
) -> None:
    found = files.excludes(DAY, [], ExcludeKind.REGEX)
    protocol = f"{installation.gv_rw}/var/lis/20260304/1.not"
    for path, is_left_out in (
        (protocol, True),
        (f"{protocol}.gz", False),
        (f"/x{protocol}", False),
    ):
        assert any(re.search(each, path) for each in found) is is_left_out
    assert len(found) == 2 * 4


def test_a_report_lies_beside_its_data(
    installation: Installation, files: SelfBackupFilesOf
) -> None:
    medium = os.fsencode(installation.store)
    data = installation.store / OWN.name
    data.write_text("data")
    assert not files.has_report(OWN, medium)
    report = Path(files.write_report(OWN, medium, "how to\n"))
    assert files.has_report(OWN, medium)
    assert report == Path(f"{data}.disaster.txt")
    assert (installation.store / NEWEST).read_text() == report.read_text() == "how to\n"
    assert report.stat().st_mode & 0o777 == 0o600
    [place] = files.places([OWN], {OWN.label: medium}).data
    assert place == str(data)


def test_reports_of_savesets_that_are_gone_go_too(
    installation: Installation, files: SelfBackupFilesOf
) -> None:
    medium = os.fsencode(installation.store)
    newer = SavesetRef("SF20260305130000000@9DdOQVSaem6", "DISK00001", DAY, None)
    for saveset in (OWN, newer):
        (installation.store / saveset.name).write_text("data")
        files.write_report(saveset, medium, saveset.name)
    assert files.has_report(OWN, medium)
    (installation.store / OWN.name).unlink()
    files.write_report(newer, medium, "again")
    assert not files.has_report(OWN, medium)
    assert (installation.store / NEWEST).read_text() == "again"


def test_reports_keep_no_medium_from_being_removed(
    installation: Installation, files: SelfBackupFilesOf
) -> None:
    medium = os.fsencode(installation.store)
    data = installation.store / OWN.name
    data.write_text("data")
    files.write_report(OWN, medium, "how to")
    with pytest.raises(EngineError, match=f"still holds {OWN.name}"):
        remove_medium(installation.store, OWN.label, installation.location_id)
    assert files.has_report(OWN, medium)
    data.unlink()
    remove_medium(installation.store, OWN.label, installation.location_id)
    assert not installation.store.exists()


def test_a_medium_that_is_not_there(installation: Installation, files: SelfBackupFilesOf) -> None:
    medium = os.fsencode(installation.store)
    (installation.store / "sesam.label").unlink()
    installation.store.rmdir()
    with pytest.raises(OSError, match="No such file"):
        files.write_report(OWN, medium, "how to")
