"""Records of savesets, as in `records`: what was saved, and where it lies."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SavesetCopy:
    """A medium that a saveset lies on besides the one that it is read from.

    Attributes:
        eol: YYYY-MM-DD, the last sesam day on which it is kept there; "": its age does not end it.
        verify_time: when its data there were last compared with their digests, and found right.
        damage: why it cannot be read from there; empty when nothing is known to be wrong.
        make_time: when it was written there.
    """

    label: str
    pool: str
    data_store: str
    eol: str
    verify_time: datetime | None
    stored_size: int
    damage: str
    make_time: datetime


@dataclass(frozen=True, slots=True)
class Saveset:
    """One committed backup.

    Attributes:
        base: the saveset that it builds on; None for FULL and COPY.
        state: "ok", "warning" when files are missing in it, or "error" when `damage` is set.
        files, size, stored_size: its own entries, the bytes read for them and those on the medium.
        listed_files, listed_size: what a restore of it brings back, with its bases.
        label: of the medium that holds it.
        damage: why it cannot be restored whole; empty when nothing is known to be wrong.
        eol: YYYY-MM-DD, the last sesam day on which it is kept; "": its age does not end it.
        pool: the media pool of its medium.
        verify_time: when all of its data were last compared with their digests, and found right.
        copies: the other media that it lies on.
        proof_time: when samples of it were last restored and found right.
        encrypted: its data are, on their medium.
    """

    name: str
    task: str
    client: str
    type: str
    base: str | None
    state: str
    start_time: datetime
    end_time: datetime
    sesam_day: str
    sources: tuple[bytes, ...]
    files: int
    size: int
    stored_size: int
    skipped: int
    listed_files: int
    listed_size: int
    label: str
    job_id: str
    damage: str
    eol: str = ""
    pool: str = ""
    verify_time: datetime | None = None
    copies: tuple[SavesetCopy, ...] = ()
    proof_time: datetime | None = None
    encrypted: bool = False
