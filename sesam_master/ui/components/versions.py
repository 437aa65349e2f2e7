"""Two versions of one component side by side, field by field, in words. Pure text."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from sesam_master.core.command_text import command_lines
from sesam_master.core.components import Component
from sesam_master.core.draft import changed_fields
from sesam_master.core.path_text import path_text
from sesam_master.core.records import Access, Ssh, TaskOptions
from sesam_master.ui.components.words import EXCLUDE_WORDS, REFERENCE_WORDS, retention_words
from sesam_master.ui.objects.words import named_list

_ACCESS = {Access.LOCAL: "local", Access.SSH: "SSH", Access.UNKNOWN: "not known"}


def _yes_or_no(value: bool) -> str:
    return "yes" if value else "no"


def _listed(values: tuple[str, ...]) -> str:
    return named_list(values) or "none"


def _path(value: bytes) -> str:
    return path_text(value) or "none"


_WORDS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "name": ("Name", str),
    "label": ("Label", str),
    "comment": ("Comment", lambda value: value or "none"),
    "access": ("Access", lambda value: _ACCESS[value]),
    "locked": ("Locked", _yes_or_no),
    "client": ("Client", str),
    "sources": ("Sources", lambda value: _listed(tuple(map(path_text, value)))),
    "commands": ("Commands", lambda value: _listed(command_lines(value))),
    "excludes": ("Excludes", _listed),
    "path": ("Path", _path),
    "high_water_mark": ("High-water mark", lambda value: f"{value} %"),
    "streams": ("Streams", str),
    "active": ("Active", _yes_or_no),
    "group": ("Drive group", str),
    "drive_group": ("Drive group", str),
    "data_store": ("Data store", str),
    "retention": ("Keeps savesets for", retention_words),
    "write_protected": ("Write protected", _yes_or_no),
    "immutable": ("Immutable", _yes_or_no),
    "removable": ("Removable", _yes_or_no),
    "kind": ("Made of", str),
    "device": ("Device", _path),
    "data_stores": ("Data stores", _listed),
    "tape_devices": ("Tape devices", _listed),
    "encrypted": ("Encrypted", _yes_or_no),
    "spare_pool": ("Spare pool", lambda value: value or "none"),
    "host": ("Host", str),
    "port": ("Port", str),
    "user": ("User", str),
    "key_file": ("Key file", str),
    "host_key": ("Host key", str),
    "alive_seconds": ("Sign of life", lambda value: f"{value} s" if value else "none"),
    "exclude_kind": ("Excludes are", lambda value: EXCLUDE_WORDS.get(value, "not known")),
    "exclude_file": ("Exclude file", _path),
    "skip_cache_directories": ("Leave out caches", _yes_or_no),
    "skip_nodump": ("Leave out “no dump”", _yes_or_no),
    "one_file_system": ("One file system", _yes_or_no),
    "accept_size_change": ("Accept size change", _listed),
    "time_reference": ("Changed by", lambda value: REFERENCE_WORDS.get(value, "not known")),
    "without_interfaces": ("Without interfaces", _yes_or_no),
    "backup_even_if_pre_fails": ("Even if sbc_pre fails", _yes_or_no),
}


def differences(theirs: Component, mine: Component) -> list[tuple[str, str, str]]:
    """What differs: the field, how it is at the location, how it is here."""
    found = []
    for field in sorted(changed_fields(theirs, mine)):
        there, here = getattr(theirs, field), getattr(mine, field)
        if field == "ssh":
            found += _parts(there or Ssh(), here or Ssh())
        elif field == "options":
            found += _parts(there, here)
        else:
            title, words = _WORDS[field]
            found.append((title, words(there), words(here)))
    return found


def _parts(there: Ssh | TaskOptions, here: Ssh | TaskOptions) -> list[tuple[str, str, str]]:
    found = []
    for each in fields(there):
        values = getattr(there, each.name), getattr(here, each.name)
        if values[0] != values[1]:
            title, words = _WORDS[each.name]
            found.append((title, words(values[0]), words(values[1])))
    return found
