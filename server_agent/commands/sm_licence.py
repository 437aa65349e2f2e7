"""`sm_licence install FILE | show | request | trust FILE`: the licence of the location.

It answers as `sm_cmd` does.
"""

import argparse
import os
import sys
from pathlib import Path

from server_agent.adapters.licence_keys import OWN, KeyFileError, keys_in
from server_agent.commands.answer import CommandError
from server_agent.commands.licence_words import report
from server_agent.commands.output import print_json, zone_of
from server_agent.commands.parsing import Parser, add_json, add_verb, text
from server_agent.commands.sm_cmd import Connection, answered, local_agent
from server_agent.installation import find_installation
from sesam_api.licence_records import Licence
from sesam_api.location import Location

_LARGEST = 1 << 20  # bytes; more than any licence or file of keys may have


def main(argv: list[str] | None = None) -> int:
    """The exit status."""
    return run(sys.argv[1:] if argv is None else argv, local_agent)


def run(argv: list[str], connection: Connection) -> int:
    """The exit status. `connection` gives the location for what stands behind --root."""

    def act() -> str | None:
        arguments = make_parser().parse_args(argv)
        root = getattr(arguments, "root", None)
        message: str | None
        if arguments.run is _trust:
            message = _trust(root, arguments)
        else:
            with connection(root) as location:
                message = arguments.run(location, arguments)
        return message

    return answered("sm_licence", act)


def make_parser() -> Parser:
    parser = Parser(prog="sm_licence", description="Shows and installs the licence.")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    install = add_verb(verbs, "install", "install a licence file, and keep the one before")
    install.add_argument("file", metavar="FILE", help="as it came by mail; - for standard input")
    install.set_defaults(run=_install)
    show = add_verb(verbs, "show", "show what is licensed, and what is used of it")
    add_json(show)
    show.set_defaults(run=_show)
    request = add_verb(verbs, "request", "print what has to be sent to order a licence")
    request.add_argument(
        "--delivery-note", type=text, default="", metavar="NUMBER", help="put into the text"
    )
    request.set_defaults(run=_request)
    trust = add_verb(verbs, "trust", "let licences count that are signed with a key")
    trust.add_argument("file", metavar="FILE", help="public key that sm_licence_sign has made")
    trust.set_defaults(run=_trust)
    return parser


def _install(location: Location, arguments: argparse.Namespace) -> str:
    licence, kept = location.install_licence(_content(arguments.file))
    number = licence.terms.number if licence.terms is not None else ""
    before = f" The one before is kept as {kept}." if kept else ""
    return f"The licence {number} is installed: {_until(licence, location)}.{before}"


def _until(licence: Licence, location: Location) -> str:
    if licence.end_time is None:
        return "unlimited"
    zone = zone_of(location.identity.time_zone)
    return f"it ends on {licence.end_time.astimezone(zone):%Y-%m-%d %H:%M}"


def _show(location: Location, arguments: argparse.Namespace) -> None:
    zone = zone_of(location.identity.time_zone)
    licence = location.licence()
    if arguments.json:
        print_json(licence, zone)
    else:
        print("\n".join(report(licence, zone)))


def _request(location: Location, arguments: argparse.Namespace) -> None:
    order = location.licence_order(arguments.delivery_note)
    print(f"Subject: {order.subject}\n\n{order.text}", end="")


def _trust(root: str | None, arguments: argparse.Namespace) -> str:
    """Whoever may write below the location's directory decides this: it needs no agent."""
    installation = find_installation(None if root is None else Path(root), os.environ)
    own = installation.ini / OWN
    try:
        given = _content(arguments.file).decode("utf-8")
        named = keys_in(given, arguments.file)
        known = own.read_text(encoding="utf-8") if own.exists() else ""
        missing = named.keys() - keys_in(known, str(own)).keys()
        if missing:
            _write(own, f"{known.rstrip()}\n{given.strip()}\n".lstrip())
    except UnicodeDecodeError as error:
        raise CommandError(f"{arguments.file} is no text in UTF-8.") from error
    except KeyFileError as error:
        raise CommandError(f"{error}.") from error
    except OSError as error:
        raise CommandError(f"{error.filename or own}: {error.strerror}.") from error
    if not named:
        raise CommandError(f"{arguments.file} holds no key.")
    names = ", ".join(sorted(named))
    return f"Licences signed with the key {names} count here."


def _write(file: Path, content: str) -> None:
    new = file.with_name(f"{file.name}.new")
    new.write_text(content, encoding="utf-8")
    new.chmod(0o600)
    new.replace(file)


def _content(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read(_LARGEST)
        with Path(name).open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error


if __name__ == "__main__":
    sys.exit(main())
