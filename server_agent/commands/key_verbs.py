"""`sesam-agent key` and `sesam-agent cat`: what a person does with the keys of media pools."""

import argparse
import getpass
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from server_agent import app
from server_agent.adapters import escrow
from server_agent.adapters.escrow import EscrowError
from server_agent.adapters.key_files import KeyFiles, read_key
from server_agent.adapters.tar import by_hand
from server_agent.commands.parsing import text
from server_agent.domain.quoting import quoted
from server_agent.installation import Installation
from server_agent.ports import EngineError
from server_agent.ports.keys import PoolKey


def define(verbs: Any) -> None:
    key = verbs.add_parser("key", help="keep the keys of encrypted media pools elsewhere")
    deeds = key.add_subparsers(dest="deed", required=True, metavar="DEED")
    export = deeds.add_parser(
        "export", help="write keys, wrapped with a passphrase; disaster reports hold them from then"
    )
    which = export.add_mutually_exclusive_group(required=True)
    which.add_argument("pool", nargs="?", type=text, metavar="POOL", help="its keys")
    which.add_argument("--all", action="store_true", help="those of all pools")
    export.add_argument("--output", metavar="FILE", help="a new file; else standard output")
    _add_passphrase(export)
    take = deeds.add_parser("import", help="take keys back out of what was exported")
    take.add_argument("file", metavar="FILE", help="an export, or a disaster report")
    _add_passphrase(take)
    listing = deeds.add_parser("list", help="which keys are here, and which were exported")
    listing.add_argument("--json", action="store_true")
    cat = verbs.add_parser(
        "cat", help="write the data of a saveset, opened, for zstd -dc | tar -x; needs no agent"
    )
    cat.add_argument("saveset", metavar="FILE", help="its data; its description is beside them")
    cat.add_argument(
        "--key", metavar="FILE", help="a key file, an export, or a disaster report; plain: none"
    )
    _add_passphrase(cat)


def _add_passphrase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file", metavar="FILE", help="its first line; else it is asked for"
    )


def key(options: argparse.Namespace, installation: Installation) -> None:
    """Raises EscrowError, EngineError, OSError."""
    keys = app.keys_of(installation)
    if options.deed == "export":
        _export(options, keys, installation.location_id)
    elif options.deed == "import":
        _import(options, keys)
    else:
        _list(options, keys)


def cat(options: argparse.Namespace) -> None:
    """Raises EscrowError, EngineError, OSError, by_hand.CannotRead."""
    saveset = Path(options.saveset)
    needed = by_hand.key_needed(saveset)
    given = None
    if needed:
        if options.key is None:
            raise EscrowError(
                f"{saveset.name} is encrypted with the key {needed}. Give it with --key: the key"
                " file, what it was exported to, or the disaster report"
            )
        given = _key_in(Path(options.key), needed, options)
    if sys.stdout.isatty():
        raise EscrowError("The data are no text. Pipe them: ... | zstd -dc | tar -x -C DIR")
    for frame in by_hand.frames_of(saveset, given):
        sys.stdout.buffer.write(frame)
    sys.stdout.buffer.flush()


def _export(options: argparse.Namespace, keys: KeyFiles, location_id: str) -> None:
    found, unusable = _kept(keys)
    chosen = [each for each in found if options.all or each.pool == options.pool]
    if not chosen and unusable:
        raise EscrowError(". ".join(unusable))
    if not chosen:
        what = "No pool" if options.all else f"The pool {quoted(options.pool)}"
        pools = ", ".join(sorted({each.pool for each in found}))
        known = f" There are keys of: {pools}." if pools else ""
        raise EscrowError(
            f"{what} has a key here.{known} A pool gets one with: sm_cmd modify pool POOL"
            " --encrypted"
        )
    passphrase = _passphrase(options, again=True)
    texts = {each.id: escrow.wrap(each, location_id, passphrase) for each in chosen}
    if options.output is None:
        print("".join(texts.values()), end="", flush=True)  # a full disk is told here
    else:
        path = Path(options.output)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="ascii") as file:
            file.write("".join(texts.values()))
            file.flush()
            os.fsync(file.fileno())
    for key_id, exported in texts.items():
        keys.put_escrow(key_id, exported)
    names = ", ".join(f"{each.id} ({each.pool})" for each in chosen)
    print(
        f"Exported: {names}. Without the passphrase it opens nothing: keep both, apart from each"
        " other. The next disaster report holds it too.",
        file=sys.stderr,
    )
    if unusable:
        raise EscrowError(". ".join(unusable))


def _import(options: argparse.Namespace, keys: KeyFiles) -> None:
    found = list(_wrapped(Path(options.file)))
    if not found:
        raise EscrowError(f"{options.file} holds no exported key")
    passphrase = _passphrase(options, again=False)
    wrong: list[str] = []
    for content, exported in found:
        try:
            opened = escrow.unwrap(content, passphrase)
        except EscrowError as error:
            wrong.append(str(error))
            continue
        keys.put(opened)
        keys.put_escrow(opened.id, exported)
        print(f"Imported {opened.id} of the pool {opened.pool}: {keys.path(opened.id)}")
    if wrong:
        raise EscrowError(". ".join(wrong))


def _list(options: argparse.Namespace, keys: KeyFiles) -> None:
    found, unusable = _kept(keys)
    if options.json:
        rows = [
            {"key": each.id, "pool": each.pool, "exported": bool(keys.escrow(each.id))}
            for each in found
        ]
        print(json.dumps(rows, indent=2))
    else:
        print("KEY               EXPORTED  POOL")
        for each in found:
            print(f"{each.id}  {'yes' if keys.escrow(each.id) else 'no':8}  {each.pool}")
    if unusable:
        raise EscrowError(". ".join(unusable))


def _kept(keys: KeyFiles) -> tuple[list[PoolKey], list[str]]:
    """The keys that are here, and of those that cannot be used why: one that is damaged must not
    keep the others from being saved."""
    found: list[PoolKey] = []
    unusable: list[str] = []
    for key_id in keys.ids():
        try:
            found.append(keys.get(key_id))
        except EngineError as error:
            unusable.append(error.text)
    return found, unusable


def _key_in(path: Path, needed: str, options: argparse.Namespace) -> PoolKey:
    for content, _ in _wrapped(path):
        if content["key"] == needed:
            return escrow.unwrap(content, _passphrase(options, again=False))
    head = path.read_bytes()[:1]
    found = read_key(path) if head == b"{" else None
    if found is None or found.id != needed:
        has = f"holds the key {found.id}" if found is not None else "does not hold it"
        raise EscrowError(f"The saveset needs the key {needed}, and {path} {has}")
    return found


def _wrapped(path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """What is exported in a file, and each as a text."""
    for content in escrow.wrapped_in(path.read_text("utf-8", "surrogateescape")):
        yield content, escrow.as_text(content)


def _passphrase(options: argparse.Namespace, *, again: bool) -> str:
    if options.passphrase_file is not None:
        lines = Path(options.passphrase_file).read_text("utf-8").splitlines()
        if not lines or not lines[0]:
            raise EscrowError(f"{options.passphrase_file} begins with an empty line")
        return lines[0]
    if not sys.stdin.isatty():
        raise EscrowError("There is no terminal to ask for the passphrase: give --passphrase-file")
    given = getpass.getpass("Passphrase: ")
    if again and getpass.getpass("The same again: ") != given:
        raise EscrowError("The two are not the same. Nothing was exported")
    return given
