"""The `SelfBackupFiles` port over an installation and its data store."""

import os
import shlex
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from server_agent.adapters import disaster_reports
from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.adapters.catalogue.opening import SQLITE_PREFIX, CatalogueError, database_file
from server_agent.adapters.durable import sync
from server_agent.adapters.protocol_files import SUFFIXES, ProtocolFiles
from server_agent.adapters.tar import private
from server_agent.adapters.tar.excludes import glob_literal, regex_literal
from server_agent.domain.jobs import Job, JobState, ProtocolPart
from server_agent.domain.task_options import ExcludeKind
from server_agent.ini_files import ANCHOR, ANCHOR_VARIABLE
from server_agent.installation import SYSTEM_ANCHOR, Installation
from server_agent.ports import CatalogueTransaction, CellKey, SavesetRef
from server_agent.ports.self_backup import SelfBackupPlaces

COPY_DIRECTORY = "self-backup"  # beside the catalogue
_PUT_BACK = "The location was put back from a self-backup that was made while this job was open"


class SelfBackupFilesOf:
    """The `SelfBackupFiles` port of one installation.

    Args:
        protocols: where the jobs write.
    """

    def __init__(self, installation: Installation, protocols: ProtocolFiles) -> None:
        self._installation = installation
        self._protocols = protocols
        self._copying = threading.Lock()
        self._catalogue = database_file(installation.catalogue_url)
        self._copy = self._catalogue.parent / COPY_DIRECTORY / self._catalogue.name

    @property
    def sources(self) -> tuple[bytes, ...]:
        installation = self._installation
        trees = [installation.gv_rw, installation.gv_ro, installation.anchor]
        kept = [
            path
            for number, path in enumerate(trees)
            if not any(path.is_relative_to(other) for other in trees[:number])
        ]
        return tuple(os.fsencode(path) for path in kept)

    def is_saved_by(self, sources: Iterable[bytes]) -> bool:
        held = [os.path.join(os.path.realpath(source), b"") for source in sources]
        needed = (self._copy.parent, self._installation.var, self._installation.anchor)
        paths = [os.path.realpath(os.fsencode(path)) + b"/" for path in needed]
        return all(any(path.startswith(source) for source in held) for path in paths)

    def copy_catalogue(self, now: datetime) -> None:
        with self._copying:
            self._replace_copy(now)

    def _replace_copy(self, now: datetime) -> None:
        self._copy.parent.mkdir(mode=0o700, exist_ok=True)
        part = self._copy.with_name(self._copy.name + ".part")
        for suffix in ("", "-wal", "-shm", "-journal"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)
        part.touch(mode=0o600)
        try:
            with (
                closing(sqlite3.connect(self._catalogue)) as source,
                closing(sqlite3.connect(part)) as target,
            ):
                source.backup(target)
            with closing(SqlCatalogue(f"{SQLITE_PREFIX}{part}")) as copy, copy.write() as tx:
                _end_open_jobs(tx, now)
        except (sqlite3.Error, CatalogueError) as error:
            raise OSError(f"the catalogue cannot be copied to {part}: {error}") from error
        sync(part)
        part.replace(self._copy)
        sync(self._copy.parent)

    def excludes(
        self, day: date, active: Sequence[Job], kind: ExcludeKind = ExcludeKind.PATTERN
    ) -> tuple[str, ...]:
        written = [self._protocols.file(job, part) for job in active for part in ProtocolPart]
        days = {file.parent for file in written}
        days |= {
            place / f"{day:%Y%m%d}"
            for place in (self._installation.lis, self._installation.prepost)
        }
        exclude = _pattern if kind is ExcludeKind.PATTERN else _expression
        return tuple(sorted(exclude(each, suffix) for each in days for suffix in SUFFIXES))

    def places(self, chain: Sequence[SavesetRef], media: Mapping[str, bytes]) -> SelfBackupPlaces:
        medium = media[chain[0].label]
        root = self._installation.gv_rw
        return SelfBackupPlaces(
            root=str(root),
            program=_program(self._installation),
            catalogue=str(self._catalogue),
            copy=str(self._copy),
            medium=os.fsdecode(medium),
            data=tuple(str(_data(each, media[each.label])) for each in chain),
            report=str(_report(_data(chain[0], medium))),
            is_on_same_disk=os.stat(medium).st_dev == os.stat(root).st_dev,
        )

    def write_report(self, saveset: SavesetRef, medium: bytes, text: str) -> str:
        data = _data(saveset, medium)
        report = _report(data)
        for file in (report, data.with_name(disaster_reports.NEWEST)):
            _write_whole(file, text)
        for old in data.parent.glob(f"S*{disaster_reports.SUFFIX}"):
            if not old.with_name(old.name.removesuffix(disaster_reports.SUFFIX)).exists():
                old.unlink(missing_ok=True)
        sync(data.parent)
        return str(report)

    def has_report(self, saveset: SavesetRef, medium: bytes) -> bool:
        data = _data(saveset, medium)
        return _report(data).is_file()


def _program(installation: Installation) -> str:
    anchor = installation.anchor
    if anchor == installation.gv_rw / ANCHOR:
        return f"sesam-agent --root {shlex.quote(str(installation.gv_rw))}"
    if anchor == SYSTEM_ANCHOR:
        return "sesam-agent"
    return f"{ANCHOR_VARIABLE}={shlex.quote(str(anchor))} sesam-agent"


def _data(saveset: SavesetRef, medium: bytes) -> Path:
    return Path(os.fsdecode(medium)) / saveset.name


def _report(data: Path) -> Path:
    return data.with_name(data.name + disaster_reports.SUFFIX)


def _end_open_jobs(tx: CatalogueTransaction, now: datetime) -> None:
    for job in tx.open_jobs():
        state = JobState.BROKEN if job.state is JobState.ACTIVE else JobState.CANCELLED
        ended = replace(job, state=state, saveset="", end_time=now, message=_PUT_BACK)
        tx.put_job(ended)
        tx.refresh_cells({CellKey.of_job(ended)}, now)


def _pattern(directory: Path, suffix: str) -> str:
    """A pattern of a task that means such protocols in this directory and no other."""
    return glob_literal(os.fsencode(directory)).decode("utf-8", "surrogateescape") + f"/*.{suffix}"


def _expression(directory: Path, suffix: str) -> str:
    """The same as an expression."""
    here = regex_literal(os.fsencode(directory)).decode("utf-8", "surrogateescape")
    return rf"^{here}/[^/]*\.{suffix}$"


def _write_whole(file: Path, text: str) -> None:
    part = file.with_name(file.name + ".new")
    part.unlink(missing_ok=True)
    with open(part, "xb", opener=private.opener) as stream:
        stream.write(text.encode("utf-8", "surrogateescape"))
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(file)
