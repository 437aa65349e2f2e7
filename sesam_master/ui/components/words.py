"""Components in a few words. Pure text."""

from datetime import date, timedelta

from sesam_master.core.components import DataStore, Drive, Loader, LoaderKind, Retention
from sesam_master.core.path_text import path_text
from sesam_master.core.records import Access, Client, ExcludeKind, Task, TimeReference
from sesam_master.ui.formatting import day_text, percent_text, size_text
from sesam_master.ui.objects.words import count_words

REFERENCE_WORDS = {
    TimeReference.DATABASE: "what the location knows of it",
    TimeReference.TIME_STAMP_FILE: "a time stamp file",
    TimeReference.ARCHIVE_BIT: "the archive bit",
}
EXCLUDE_WORDS = {ExcludeKind.PATTERN: "patterns", ExcludeKind.REGEX: "regular expressions"}


def access_words(client: Client) -> str:
    """How a client is reached."""
    match client.access:
        case Access.LOCAL:
            return "local"
        case Access.SSH if client.ssh is not None and client.ssh.host:
            port = f":{client.ssh.port}" if client.ssh.port != 22 else ""
            return f"SSH, {client.ssh.user}@{client.ssh.host}{port}"
        case Access.SSH:
            return "SSH"
        case _:
            return "not known to this desk"


def sources_words(task: Task) -> str:
    """The sources and the names of what commands write, on one line."""
    names = [f"command {command.name}" for command in task.commands]
    return ", ".join([*map(path_text, task.sources), *names])


def excludes_words(task: Task) -> str:
    """How many things are left out, and by what."""
    options = task.options
    number = len(task.excludes)
    found = [str(number)] if number else []
    found += ["a file"] * bool(options.exclude_file)
    found += ["caches"] * options.skip_cache_directories
    found += ["no dump"] * options.skip_nodump
    return " + ".join(found)


def retention_words(kept: Retention) -> str:
    """For how long savesets of a pool are kept: 31 days, at least the newest one, 4 weeks."""
    found = [count_words(kept.eol_days, "day") if kept.eol_days else "their own day"]
    if kept.keep_newest:
        newest = "one" if kept.keep_newest == 1 else str(kept.keep_newest)
        found.append(f"at least the newest {newest}")
    for number, noun in ((kept.weekly, "week"), (kept.monthly, "month"), (kept.yearly, "year")):
        if number:
            found.append(count_words(number, noun))
    return ", ".join(found)


def loader_kind_words(loader: Loader) -> str:
    """What moves its media."""
    kinds = {LoaderKind.VIRTUAL: "directories", LoaderKind.MTX: "changer (mtx)"}
    return kinds.get(loader.kind, "not known to this desk")


def drive_words(drive: Drive) -> str:
    """Whether jobs are started on it, and how many at once."""
    return f"{count_words(drive.streams, 'stream')}{'' if drive.active else ', off'}"


def fill_words(store: DataStore) -> str:
    """How full the file system of a data store is."""
    if store.fill is None or store.capacity_bytes is None or store.free_bytes is None:
        return "not known while it is not in its place"
    used = size_text(store.capacity_bytes - store.free_bytes)
    return f"{percent_text(store.fill)} full, {used} of {size_text(store.capacity_bytes)}"


def proof_words(task: Task, today: date) -> str:
    """When samples of its backups were last restored and found right: 12 d ago."""
    if task.last_proof_time is None:
        return "never"
    days = max(0, (today - task.last_proof_time.date()).days)
    return f"{days}\N{NO-BREAK SPACE}d ago" if days else "today"


FULL_SOON = timedelta(14)


def is_full_soon(store: DataStore, today: date) -> bool:
    """Its mark is reached within two weeks."""
    full = _day(store.full_day)
    return full is not None and full - today < FULL_SOON


def full_day_text(store: DataStore) -> str:
    """The day on which its mark is reached: 31 Jan 2027; "" for none."""
    full = _day(store.full_day)
    return f"{day_text(full).partition(' ')[2]} {full.year}" if full is not None else ""


def forecast_words(store: DataStore) -> str:
    """When its mark is reached, or why nobody knows."""
    pace = ""
    if store.trend_per_day:
        more = "more" if store.trend_per_day > 0 else "less"
        pace = f"{size_text(abs(store.trend_per_day))} {more} a day"
    if store.full_day:
        full = f"at its mark on {full_day_text(store)}"
        return f"{pace}: {full}" if pace else f"{full[:1].upper()}{full[1:]}"
    note = store.forecast_note
    return ", ".join(part for part in (pace, f"no forecast: {note}" if note else "") if part)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
