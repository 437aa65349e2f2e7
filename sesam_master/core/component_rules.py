"""What components can be, so that a person is told at the field; the agent has the last word."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from sesam_master.core.components import (
    Component,
    DataStore,
    Drive,
    Loader,
    LoaderKind,
    MediaPool,
    Medium,
)
from sesam_master.core.path_text import path_text
from sesam_master.core.records import Access, Client, CommandSource, ExcludeKind, Ssh, Task

LONGEST_PATH = 4095  # bytes
_LONGEST_FILE_NAME = 255  # bytes
_NAME = re.compile(r"[^\W_][\w .\-]{0,127}")
_TAPE = re.compile(r"/dev/[A-Za-z0-9][A-Za-z0-9_.:/+@-]*")
_NAME_WORDS = (
    "A name has at most 128 letters, digits, blanks and . _ - and begins with a letter or digit."
)
_POOL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_POOL_WORDS = (
    "A pool's name has at most 64 letters, digits and _ . - and begins with a letter or digit."
)


class Fault(NamedTuple):
    """Why an object cannot be as it is. `field` is its name on the wire. `is_missing`: nothing was
    written there yet."""

    field: str
    words: str
    is_missing: bool = False


def faults(item: Component, *, is_new: bool) -> list[Fault]:
    """The first of each field. The name of what the location has already is right. That there is no
    name at all is said of every kind of object in one place."""
    found = list(_name_faults(item)) if is_new and item.name else []
    match item:
        case Client(access=Access.SSH):
            found += _ssh_faults(item.ssh or Ssh())
        case Task():
            found += _task_faults(item)
        case DataStore():
            found += _store_faults(item)
        case Loader():
            found += _loader_faults(item)
        case Drive() if not _is_name(item.group):
            found.append(Fault("group", f"Drive group: {_NAME_WORDS}", not item.group))
        case _:
            pass
    return found


def _loader_faults(loader: Loader) -> Iterator[Fault]:
    if loader.kind is LoaderKind.UNKNOWN:
        yield Fault("kind", "Choose whether it is made of directories or a changer.", True)
    words = _path_words(loader.device)
    if not loader.device:
        yield Fault("device", "Write the full path of its directory or device.", True)
    elif words:
        yield Fault("device", f"The device {words}.")
    if not loader.data_stores:
        words = "Name the removable data store in each of its drives, one on each line."
        yield Fault("data_stores", words, True)
    elif len(set(loader.data_stores)) != len(loader.data_stores):
        yield Fault("data_stores", "A data store is in one drive only.")
    tapes = [tape for tape in loader.tape_devices if tape]
    if tapes and loader.kind is LoaderKind.VIRTUAL:
        yield Fault("tape_devices", "Drives that are directories have no tape device.")
    elif len(loader.tape_devices) > len(loader.data_stores):
        yield Fault("tape_devices", "There are more tape devices than drives.")
    elif any(not _TAPE.fullmatch(tape) for tape in tapes):
        yield Fault("tape_devices", "A tape device is a name below /dev, such as /dev/nst0.")


def _is_name(text: str) -> bool:
    return bool(_NAME.fullmatch(text)) and not text.endswith(" ")


def _name_faults(item: Component) -> Iterator[Fault]:
    match item:
        case Medium():
            pass
        case MediaPool(name=name):
            if not _POOL_NAME.fullmatch(name):
                yield Fault("name", _POOL_WORDS)
            elif re.search(r"\d{5}\Z", name):
                words = "A pool's name does not end in five digits: those number its media."
                yield Fault("name", words)
        case _:
            if not _is_name(item.name):
                yield Fault("name", _NAME_WORDS)


def _ssh_faults(login: Ssh) -> Iterator[Fault]:
    if not login.host or re.search(r"\s", login.host) or login.host.startswith("-"):
        yield Fault("host", "Write the name or address of the client as host.", not login.host)
    if re.search(r"\s", login.user) or login.user.startswith("-"):
        yield Fault("user", "Write the name of an account of the client as user.")
    if not login.key_file.startswith("/"):
        words = "Write the full path of a private key on the agent's machine as key file."
        yield Fault("key_file", words, not login.key_file)
    if not _is_host_key(login.host_key):
        words = "Write the client's public key as host key: type and base64, as ssh-keyscan prints."
        yield Fault("host_key", words, not login.host_key)


def _is_host_key(text: str) -> bool:
    words = text.split()
    is_key = any(
        re.fullmatch(r"(ssh|ecdsa|sk)-[\w@.-]+", kind) and len(key) > 40
        for kind, key in pairwise(words)
    )
    return "\n" not in text.strip() and (is_key or text.strip().startswith("SHA256:"))


def _task_faults(task: Task) -> Iterator[Fault]:
    if not task.client:
        yield Fault("client", "It has no client yet.", True)
    if task.sources or not task.commands:
        yield from _source_faults(task.sources)
    yield from _command_faults(task.commands)
    options = task.options
    if options.exclude_kind is ExcludeKind.REGEX:
        yield from _expression_faults("excludes", task.excludes)
    if options.exclude_file and not options.exclude_file.startswith(b"/"):
        yield Fault("exclude_file", "Write the full path of the exclude file on the client.")
    yield from _expression_faults("accept_size_change", options.accept_size_change)


def _command_faults(commands: tuple[CommandSource, ...]) -> Iterator[Fault]:
    seen: set[str] = set()
    for name in (command.name for command in commands):
        is_file = 0 < len(name.encode("utf-8", "replace")) <= _LONGEST_FILE_NAME
        if not is_file or name in (".", "..") or "/" in name or not name.isprintable():
            yield Fault(
                "commands", f"The command “{name}” needs the name of a file, without a slash."
            )
            return
        if name in seen:
            yield Fault("commands", f"The command “{name}” is there twice.")
            return
        seen.add(name)


def _source_faults(sources: tuple[bytes, ...]) -> Iterator[Fault]:
    if not sources:
        words = "It has no source and no command yet. Write one full path on each line."
        yield Fault("sources", words, True)
        return
    trimmed = [source.rstrip(b"/") or b"/" for source in sources]
    for source in trimmed:
        words = _path_words(source)
        if words:
            yield Fault("sources", f"The source “{path_text(source)}” {words}.")
            return
    ordered = sorted(trimmed, key=lambda source: source.rstrip(b"/").split(b"/"))
    for other, source in pairwise(ordered):
        if source == other:
            yield Fault("sources", f"The source “{path_text(source)}” is there twice.")
            return
        if source.startswith(other.rstrip(b"/") + b"/"):
            texts = path_text(source), path_text(other)
            yield Fault("sources", f"The source “{texts[0]}” lies inside “{texts[1]}” already.")
            return


def _path_words(path: bytes) -> str:
    """What is wrong with a path, "" for nothing."""
    parts = set(path.split(b"/")[1:]) if path != b"/" else set()
    if not path.startswith(b"/"):
        return "is no full path: it has to begin with /"
    if b"\0" in path:
        return "has a \\x00 in it, which no path can have"
    if {b"", b".", b".."} & parts:
        return "has “.”, “..” or “//” in it"
    return f"is longer than {LONGEST_PATH} bytes" if len(path) > LONGEST_PATH else ""


def _expression_faults(field: str, expressions: tuple[str, ...]) -> Iterator[Fault]:
    for expression in expressions:
        try:
            re.compile(expression)
        except re.error as error:
            yield Fault(field, f"“{expression}” is no regular expression: {error}.")
            return


def _store_faults(store: DataStore) -> Iterator[Fault]:
    path = store.path.rstrip(b"/")
    if not path:
        words = "Write the full path of a directory of the agent's machine; / cannot be one."
        yield Fault("path", words, not store.path)
    elif _path_words(path):
        yield Fault("path", f"The path {_path_words(path)}.")
