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
class Facts:
    """What the report is about.

    Attributes:
        chain: the saveset and all that it builds on, itself first; the places are theirs.
        made_at: wall clock time of the location.
    """

    location: Location
    saveset: Saveset
    chain: Sequence[SavesetRef]
    places: SelfBackupPlaces
    made_at: str


def restore_command(data: str) -> str:
    """Brings back what one saveset holds, to where it was."""
    return f"zstd -dc {shlex.quote(data)} | {_TAR}"


def commands(facts: Facts) -> list[str]:
    """In a shell, as the user who runs the agent, or as root; the oldest saveset first."""
    places = facts.places
    catalogue = shlex.quote(places.catalogue)
    wal, shm = shlex.quote(f"{places.catalogue}-wal"), shlex.quote(f"{places.catalogue}-shm")
    return [
        *(restore_command(data) for data in reversed(places.data)),
        f"rm -f {catalogue} {wal} {shm}",
        f"cp -p {shlex.quote(places.copy)} {catalogue}",
        f"sesam-agent --root {shlex.quote(places.root)} serve",
    ]


def report(facts: Facts) -> str:
    """For a person who has nothing but the data store and this. Lines of four blanks at their
    beginning are commands."""
    location, saveset, places = facts.location, facts.saveset, facts.places
    members = [f"{ref.name}, {place}" for ref, place in zip(facts.chain, places.data, strict=True)]
    *restores, remove, copy, serve = (f"    {command}" for command in commands(facts))
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
        "5. Start the agent. It names what lies on the medium and came after this backup:",
        serve,
        "",
        "Never run two agents of one location: the old machine must not come back.",
        "",
    ]
    return "\n".join(lines)
