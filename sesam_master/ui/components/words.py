"""Components in a few words. Pure text."""

from sesam_master.core.components import DataStore, Drive, Retention
from sesam_master.core.path_text import path_text
from sesam_master.core.records import Access, Client, ExcludeKind, Task, TimeReference
from sesam_master.ui.formatting import percent_text, size_text
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
    """The sources on one line."""
    return ", ".join(map(path_text, task.sources))


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


def drive_words(drive: Drive) -> str:
    """Whether jobs are started on it, and how many at once."""
    return f"{count_words(drive.streams, 'stream')}{'' if drive.active else ', off'}"


def fill_words(store: DataStore) -> str:
    """How full the file system of a data store is."""
    if store.fill is None or store.capacity_bytes is None or store.free_bytes is None:
        return "not known while it is not in its place"
    used = size_text(store.capacity_bytes - store.free_bytes)
    return f"{percent_text(store.fill)} full, {used} of {size_text(store.capacity_bytes)}"
