"""What the page says of running and waiting work, in words. Pure text, no Qt."""

from collections.abc import Mapping
from datetime import datetime, tzinfo

from sesam_master.core.now import OpenJob
from sesam_master.core.now_estimate import Doubt, Left
from sesam_master.core.records import Job, JobKind, Phase, WaitsFor
from sesam_master.core.states import WORDS, JobState
from sesam_master.core.wanted_media import WANTS_MEDIUM, waits_for_medium
from sesam_master.ui.formatting import (
    MISSING,
    UNIT_SPACE,
    UNKNOWN,
    age_text,
    percent_text,
    rate_text,
    size_text,
    time_text,
)

PHASES = {
    Phase.SCAN: "Counting",
    Phase.TRANSFER: "Reading files",
    Phase.COMMIT: "Entering the saveset",
    Phase.UNKNOWN: "At work",
}
KINDS = {
    JobKind.RESTORE: "Restoring files",
    JobKind.COMMAND: "Command",
    JobKind.NEWDAY: "Ends the sesam day",
    JobKind.VERIFY: "Comparing with the digests",
    JobKind.MIGRATION: "Copying savesets",
    JobKind.RESTORE_PROOF: "Proving a restore",
    JobKind.UNKNOWN: "Of a kind that this desk does not know",
}
_NOT_ESTIMATED = {JobKind.COMMAND: "", JobKind.UNKNOWN: "unknown kind"}
_NO_LEFT = {
    Doubt.ASKING: ("", ""),
    Doubt.NO_ANSWER: ("no estimate", "did not answer"),
    Doubt.FIRST_RUN: ("no estimate", "first run"),
    Doubt.UNLIKE: ("no estimate", "unlike before"),
    Doubt.LONGER: ("no estimate", "longer than usual"),
    Doubt.NOT_COUNTED: ("no estimate", "no sizes"),
}


def span_text(seconds: float | None) -> str:
    """A span to be read at a glance: 45 s, 58 min, 1 h 52 min, 2 d 3 h; rounded down."""
    if seconds is None:
        return UNKNOWN
    if seconds < 60:
        return age_text(max(0.0, seconds))
    minutes = int(seconds // 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    space = UNIT_SPACE
    if days:
        return f"{days}{space}d {hours}{space}h"
    if hours:
        return f"{hours}{space}h {minutes:02}{space}min"
    return f"{minutes}{space}min"


def phase_text(job: OpenJob, now: datetime, zone: tzinfo) -> str:
    """What it is doing; of a dark location since when nobody knows."""
    if not job.is_live:
        if job.proof_time is None:
            return "never seen"
        ago = age_text(max(0.0, (now - job.proof_time).total_seconds()))
        return f"as of {time_text(job.proof_time, zone)}, {ago} ago"
    if job.job.message:  # it has ended, and that cannot be entered
        return job.job.message
    progress = job.job.progress
    if job.job.dry_run:
        return "Dry run of a restore"
    if job.job.kind is not JobKind.BACKUP:
        return KINDS[job.job.kind]
    return PHASES[progress.phase if progress is not None else Phase.UNKNOWN]


def amount_text(job: OpenJob) -> str:
    """Done of expected: 412 GB of 1.2 TB, 46 of ~700 GB where it was not counted yet."""
    progress, expected = job.job.progress, job.expected
    if progress is None:
        return ""
    done = size_text(progress.bytes_done)
    if expected is None:
        return f"{done}, size not known"
    whole = size_text(expected.size_bytes)
    number, _, unit = done.partition(UNIT_SPACE)
    if whole.endswith(f"{UNIT_SPACE}{unit}"):  # 46 of 700 GB
        done = number
    return f"{done} of {'' if expected.is_exact else '~'}{whole}"


def share_text(job: OpenJob) -> str:
    """Percent, or that it is not known."""
    return percent_text(job.share) if job.share is not None else MISSING


def job_rate_text(job: OpenJob, now: datetime) -> str:
    """74 MB/s; "no data" of a dark location."""
    if not job.is_live:
        return "no data"
    return rate_text(job.rate(now)) if job.job.progress is not None else ""


def left_texts(job: OpenJob, now: datetime) -> tuple[str, str]:
    """How long it still takes, and how sure that is."""
    if not job.is_live:
        return "unknown", ""
    left = job.left(now)
    if left is None:
        return "no estimate", _NOT_ESTIMATED.get(job.job.kind, "not a backup")
    if isinstance(left, Doubt):
        return _NO_LEFT[left]
    return left_text(left.seconds), spread_text(left)


def left_text(seconds: float) -> str:
    """A rest is never said to be nothing while it is there."""
    return span_text(seconds) if seconds >= 1 else f"1{UNIT_SPACE}s"


def spread_text(left: Left) -> str:
    """±20 min, or that there was a single run to go by."""
    if left.spread_seconds is None:
        return "by one run"
    return f"±{span_text(left.spread_seconds)}" if left.spread_seconds >= 1 else f"±1{UNIT_SPACE}s"


def running_text(job: OpenJob, now: datetime) -> str:
    """For how long it runs; nobody knows whether it still does at a dark location."""
    return span_text(job.seconds_since(job.job.start_time, now))


def state_text(job: OpenJob, now: datetime) -> str:
    """The word of its state; of what waits for a person that it does."""
    return WANTS_MEDIUM if job.is_live and waits_for_medium(job) else WORDS[job.state(now)]


def waits_text(job: OpenJob, jobs: Mapping[str, Job]) -> str:
    """Why a queued job does not run; `jobs` are those of its location by id."""
    one, waiting = job.job, job.job.waiting
    if one.message:  # such as a full disk
        return one.message
    if waiting is None:
        return "Waits for its turn"
    if waiting.reason is WaitsFor.ANY_DRIVE:
        return "Every drive is busy"
    if waiting.reason is WaitsFor.DRIVE_OFF:
        return f"The drive {waiting.name} is off or gone"
    if waiting.reason is WaitsFor.DRIVE:
        return f"Waits for a free stream of {waiting.name}"
    if waiting.reason is WaitsFor.MEDIUM:
        return f"The medium {waiting.name} has to be put into {waiting.data_store}"
    other = jobs.get(waiting.name)
    if other is None or not other.is_open:
        return f"Behind the job {waiting.name} of the same task"
    doing = "runs" if other.state is JobState.ACTIVE else "waits too"
    return f"Behind another backup of {one.name}, which {doing} (job {waiting.name})"


def waiting_text(job: OpenJob, now: datetime) -> str:
    """For how long it waits."""
    return span_text(job.seconds_since(job.job.create_time, now))
