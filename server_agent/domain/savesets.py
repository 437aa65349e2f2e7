"""Backup types, saveset names, and which saveset another builds on."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class BackupType(StrEnum):
    """The manual's four types; the value is the letter in names and on the command line."""

    FULL = "F"
    DIFF = "D"
    INC = "I"
    COPY = "C"


NAME_PATTERN = re.compile(r"^S[FDIC]\d{17}@[A-Za-z0-9]{11}\Z")


def saveset_name(backup_type: BackupType, local_time: datetime, suffix: str) -> str:
    """S, the type's letter, 17 digits of local time in milliseconds, "@" and 11 characters.

    Args:
        backup_type: the type that is really made.
        local_time: wall clock time of the location.
        suffix: 11 letters or digits, drawn at random by the caller; they make the name unique.

    Raises:
        ValueError: the suffix is not 11 letters or digits.
    """
    stamp = local_time.strftime("%Y%m%d%H%M%S") + f"{local_time.microsecond // 1000:03d}"
    name = f"S{backup_type.value}{stamp}@{suffix}"
    if not NAME_PATTERN.match(name):
        raise ValueError(f"suffix {suffix!r} is not 11 letters or digits")
    return name


class SavesetState(StrEnum):
    """A saveset that exists is whole (OK) or lacks files that its protocol names (WARNING)."""

    OK = "ok"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Saveset:
    """One committed backup.

    Attributes:
        files, bytes_read, stored_bytes: its own data.
        listed_files, listed_bytes: what a restore of it brings back, with its bases.
        missing: at the last look its files were not all there; they may be again.
        lacks_listing: it is the listing that was not there, and not what is on the medium.
        damage: what a read of its files proved to be wrong, for good; empty for nothing.
        eol: the last sesam day on which it is kept; None: its age does not end it.
        verify_time: when all of its own data were last read and found right.
        made_time: when it was copied to its medium; None: it was made there.
        proof_time: when samples of it were last restored and found right.
        encrypted: its data are, on their medium.
        key_id: the key of its pool that they are encrypted with; empty: with none of the agent's.
    """

    name: str
    task: str
    client: str
    type: BackupType
    base: str | None
    state: SavesetState
    start_time: datetime
    end_time: datetime
    sesam_day: date
    sources: tuple[bytes, ...]
    files: int
    bytes_read: int
    stored_bytes: int
    skipped: int
    listed_files: int
    listed_bytes: int
    label: str
    job_id: str
    missing: bool = False
    lacks_listing: bool = False
    damage: str = ""
    eol: date | None = None
    verify_time: datetime | None = None
    made_time: datetime | None = None
    proof_time: datetime | None = None
    encrypted: bool = False
    key_id: str = ""

    @property
    def fault(self) -> str:
        """Why its own files cannot be restored; empty when nothing is known to be wrong."""
        if self.damage:
            return self.damage
        if self.missing and self.lacks_listing:
            return "Its listing is not among the agent's own files. Put it back from a copy"
        if self.missing:
            return f"Its files are not all there in the data store {self.label}; is it mounted?"
        return ""


def choose_base(
    backup_type: BackupType, sources: tuple[bytes, ...], newest_first: Iterable[Saveset]
) -> Saveset | None:
    """The saveset that a new one of this type builds on; None: make a FULL.

    INC builds on the newest FULL, DIFF or INC of the task, DIFF on the newest FULL; FULL and COPY
    on nothing. A COPY is never a base, and neither is one of other sources: what was added to the
    task since then would be missed.
    """
    if backup_type in (BackupType.FULL, BackupType.COPY):
        return None
    usable = {BackupType.FULL}
    if backup_type is BackupType.INC:
        usable |= {BackupType.DIFF, BackupType.INC}
    for saveset in newest_first:
        if saveset.type in usable:
            return saveset if saveset.sources == sources else None
    return None


def chain_of(name: str, bases: Mapping[str, str | None]) -> tuple[str, ...]:
    """The saveset and all it builds on, itself first.

    Args:
        bases: the base of each known saveset.

    Raises:
        KeyError: a member of the chain is not known.
    """
    chain = [name]
    base = bases[name]
    while base is not None:
        chain.append(base)
        base = bases[base]
    return tuple(chain)
