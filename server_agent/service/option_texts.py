"""The options of a task in words, for the head of a protocol."""

from server_agent.domain.quoting import quoted
from server_agent.domain.task_options import (
    ExcludeKind,
    TaskOptions,
    TimeReference,
    changed_options,
)

_TEXTS = {
    "skip_cache_directories": "what lies beside a CACHEDIR.TAG is left out",
    "skip_nodump": "what has the attribute no dump is left out",
    "one_file_system": "each source ends at the borders of its file system",
    "without_interfaces": "sbc_pre and sbc_post are not run",
    "backup_even_if_pre_fails": "it is backed up even if sbc_pre fails",
}
_KINDS = {
    ExcludeKind.PATTERN: "excludes are patterns",
    ExcludeKind.REGEX: "excludes are regular expressions",
}
_REFERENCES = {
    TimeReference.DATABASE: "changes are told by the catalogue",
    TimeReference.TIME_STAMP_FILE: "changes are told by a time stamp file",
    TimeReference.ARCHIVE_BIT: "changes are told by the archive bit",
}


def sentences(options: TaskOptions) -> list[str]:
    """One for each option that is not the default."""
    return [_sentence(options, name) for name in changed_options(options)]


def _sentence(options: TaskOptions, name: str) -> str:
    match name:
        case "exclude_kind":
            return _KINDS[options.exclude_kind]
        case "exclude_file":
            return f"more excludes come from {quoted(options.exclude_file)} on the client"
        case "accept_size_change":
            accepted = ", ".join(map(quoted, options.accept_size_change))
            return f"the size of files may change while they are read: {accepted}"
        case "time_reference":
            return _REFERENCES[options.time_reference]
    return _TEXTS[name]
