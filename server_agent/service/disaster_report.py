"""The report by which a lost location is put back by hand from its self-backup."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from server_agent.domain.interfaces import joined
from server_agent.domain.savesets import Saveset
from server_agent.ports import SavesetRef
from server_agent.ports.self_backup import SelfBackupPlaces
from server_agent.service.location import Location

_TAR = (
    "tar --extract --file=- --directory=/ --preserve-permissions --numeric-owner --acls --xattrs "
    "--xattrs-include='*'"
)
_SAME_DISK = "Beware:         both lie on one file system; keep a copy of the data store elsewhere"


@dataclass(frozen=True, slots=True)
class KeyFact:
    """A key that savesets of the location are encrypted with.

    Attributes:
        escrow: wrapped with a passphrase; empty if it was never exported.
    """

    id: str
    pool: str
    escrow: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the report is about.

    Attributes:
        chain: the saveset and all that it builds on, itself first; the places are theirs.
        made_at: wall clock time of the location.
        keys: all that are known.
    """

    location: Location
    saveset: Saveset
    chain: Sequence[SavesetRef]
    places: SelfBackupPlaces
    made_at: str
    keys: Sequence[KeyFact] = ()


def restore_command(data: str, key_id: str = "", report: str = "") -> str:
    """Brings back what one saveset holds, to where it was.

    Args:
        key_id: of the key that it is encrypted with, which is taken out of the report.
    """
    if key_id:
        opened = f"sesam-agent cat {shlex.quote(data)} --key {shlex.quote(report)}"
        return f"{opened} | zstd -dc | {_TAR}"
    return f"zstd -dc {shlex.quote(data)} | {_TAR}"


def commands(facts: Facts) -> list[str]:
    """In a shell, as the user who runs the agent, or as root; the oldest saveset first."""
    places = facts.places
    catalogue = shlex.quote(places.catalogue)
    wal, shm = shlex.quote(f"{places.catalogue}-wal"), shlex.quote(f"{places.catalogue}-shm")
    report_file = shlex.quote(places.report)
    key_id = facts.saveset.key_id  # of a chain all have the same
    imports = [f"{places.program} key import {report_file}"]
    return [
        *(restore_command(data, key_id, places.report) for data in reversed(places.data)),
        f"rm -f {catalogue} {wal} {shm}",
        f"cp -p {shlex.quote(places.copy)} {catalogue}",
        *(imports if any(key.escrow for key in facts.keys) else []),
        f"{places.program} serve",
    ]


def report(facts: Facts) -> str:
    """For a person who has nothing but the data store and this. Lines of four blanks at their
    beginning are commands."""
    location, saveset, places = facts.location, facts.saveset, facts.places
    members = [f"{ref.name}, {place}" for ref, place in zip(facts.chain, places.data, strict=True)]
    every = [f"    {command}" for command in commands(facts)]
    restores, others = every[: len(places.data)], every[len(places.data) :]
    remove, copy, *imports, serve = others
    lines = [
        f"How to put the location {location.name} back from its self-backup",
        "",
        f"Made at:        {facts.made_at}",
        f"Location:       {location.name}, {location.id}",
        f"Machine:        {location.host}",
        f"Program:        Sesam Master {location.version}",
        f"Task:           {saveset.task} of client {saveset.client}, job {saveset.job_id}",
        f"Saveset:        {saveset.name} ({saveset.type.name}), sesam day {saveset.sesam_day}",
        f"Label:          {saveset.label}",
        f"Medium:         {places.medium}",
        f"Size:           {saveset.listed_files} files, {saveset.listed_bytes} bytes; "
        f"{saveset.stored_bytes} bytes on the medium",
        f"Sources:        {joined(saveset.sources)}",
        f"Installation:   {places.root}",
        *([_SAME_DISK] if places.is_on_same_disk else []),
        "Chain, newest first:",
        *(f"    # {member}" for member in members),
        "",
        "1. Take a machine with GNU tar and zstd, and install the program named above.",
        f"2. Mount the data store so that this directory is {places.medium}",
        "3. Bring the files back. This replaces what is there:",
        *restores,
        "4. Put the copy of the catalogue into its place:",
        remove,
        copy,
        *(["   Put back the keys. It asks for the passphrase:"] if imports else []),
        *imports,
        "5. Start the agent. It names what lies on the medium and came after this backup:",
        serve,
        "",
        "Never run two agents of one location: the old machine must not come back.",
        "",
        *_about_keys(facts),
    ]
    return "\n".join(lines)


def _about_keys(facts: Facts) -> list[str]:
    """What encrypted savesets need."""
    if not facts.keys:
        return []
    lines = [
        "Keys of encrypted media pools. Each was wrapped with a passphrase when it was exported;",
        "without that passphrase, or the key itself, nothing reads what is encrypted with it.",
        "",
    ]
    for key in facts.keys:
        lines.append(f"Key {key.id} of the pool {key.pool}:")
        lines += key.escrow.splitlines() or [
            "It was never exported: this report cannot bring it back."
        ]
        lines.append("")
    return lines
