"""`sesam-agent`: makes an agent, runs it, and says who may talk to it."""

import argparse
import contextlib
import errno
import json
import os
import re
import socket
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

# The TLS library of gRPC would print a line for every handshake that fails.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

from server_agent import app
from server_agent.adapters.catalogue.opening import CatalogueError
from server_agent.adapters.clock import SystemClock
from server_agent.adapters.escrow import EscrowError
from server_agent.adapters.identity import IdentityError, load_identity, renew_certificate, validity
from server_agent.adapters.instance_lock import AlreadyRunning, only_agent
from server_agent.adapters.setup import make_installation
from server_agent.adapters.tar.by_hand import CannotRead
from server_agent.commands import key_verbs, rebuild_verb
from server_agent.commands.agent_access import access_office
from server_agent.commands.answer import bytes_shown
from server_agent.commands.output import write_utf8
from server_agent.commands.parsing import directory, text
from server_agent.commands.words import DEFAULT_PORT
from server_agent.domain.access import (
    DEFAULT_TOKEN_LIFE,
    LONGEST_TOKEN_LIFE,
    SHORTEST_TOKEN_LIFE,
    Role,
)
from server_agent.domain.errors import DomainError
from server_agent.domain.quoting import quoted
from server_agent.installation import (
    ANCHOR_VARIABLE,
    SYSTEM_ANCHOR,
    Installation,
    InstallationError,
    find_installation,
)
from server_agent.ports import EngineError
from server_agent.rpc.server import CannotListen, host_text
from server_agent.service.rebuilding import CannotRebuild
from sesam_api.errors import SesamError, sentence
from sesam_api.records import Credential

DEFAULT_HOST = "0.0.0.0"
REFUSED = 1

_EXPECTED = (
    AlreadyRunning,
    CannotListen,
    CatalogueError,
    IdentityError,
    InstallationError,
    SesamError,
    CannotRead,
    CannotRebuild,
    EngineError,
    EscrowError,
)
_TTL = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_EVERYWHERE = ("0.0.0.0", "::")


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0, 1 if it was refused, 2 for wrong usage."""
    write_utf8()
    options = _parser().parse_args(argv)
    try:
        _VERBS[options.verb](options)
    except _EXPECTED as error:
        return _refused(str(error))
    except DomainError as error:
        return _refused(sentence(error.reason, error.metadata))
    except OSError as error:
        return _refused(_system_text(error, options.root))
    except KeyboardInterrupt:
        return 130  # as a shell says of a program that SIGINT ended
    return 0


def _refused(reason: str) -> int:
    print(f"sesam-agent: {bytes_shown(' '.join(reason.split()))}", file=sys.stderr)
    return REFUSED


def _system_text(error: OSError, root: str | None) -> str:
    """Where, what, and what to do."""
    anchor = os.environ.get(ANCHOR_VARIABLE) or SYSTEM_ANCHOR
    what = f"{error.filename or root or anchor}: {error.strerror or error}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{what}. Make room on this disk, and try again"
    return what


def _init(options: argparse.Namespace) -> None:
    root = options.root
    if root is None:
        raise InstallationError(
            "init needs the directory that the agent shall live in: "
            "sesam-agent --root DIR init --name NAME"
        )
    now = SystemClock().now()
    made = make_installation(Path(root), options.name, options.host, options.port, now)
    identity = load_identity(made.ini, made.location_id)
    print(f"Name: {made.name}")
    print(f"Location id: {made.location_id}")
    print(f"Fingerprint: {identity.fingerprint}")


def _serve(options: argparse.Namespace) -> None:
    app.serve(_installation(options), lambda line: print(line, flush=True))


def _token(options: argparse.Namespace) -> None:
    installation = _installation(options)
    fingerprint = load_identity(installation.ini, installation.location_id).fingerprint
    with access_office(installation) as office:
        token = office.create_token(options.role, options.ttl).token
    if sys.stderr.isatty():
        # What a person copies into a desk. A log that took it would keep a secret.
        print(f"{_address(installation)} {token}", file=sys.stderr)
    print(f"Fingerprint: {fingerprint}", file=sys.stderr)
    print(token)


def _fingerprint(options: argparse.Namespace) -> None:
    installation = _installation(options)
    print(load_identity(installation.ini, installation.location_id).fingerprint)


def _certificate(options: argparse.Namespace) -> None:
    installation = _installation(options)
    ini, location_id = installation.ini, installation.location_id
    if options.renew:
        with only_agent(installation):
            now = SystemClock().now()
            identity = renew_certificate(ini, location_id, installation.host, now)
        print(
            "Every desk and script has to accept the new fingerprint before it is served again. "
            "Their credentials stay good.",
            file=sys.stderr,
        )
    else:
        identity = load_identity(ini, location_id)
    begin, end = validity(identity)
    print(f"Fingerprint: {identity.fingerprint}")
    print(f"Valid from: {_moment(begin)}")
    print(f"Valid until: {_moment(end) if end else 'without end'}")


def _credentials(options: argparse.Namespace) -> None:
    with access_office(_installation(options)) as office:
        found = list(office.credentials())
    if options.json:
        print(json.dumps([asdict(each) for each in found], default=datetime.isoformat, indent=2))
        return
    rows = [("ID", "ROLE", "GIVEN", "LAST USED", "REVOKED", "HOLDER"), *map(_row, found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _revoke(options: argparse.Namespace) -> None:
    with access_office(_installation(options)) as office:
        credential = office.revoke(options.credential)
    print(f"Revoked {credential.id} ({credential.holder})")


_VERBS = {
    "init": _init,
    "serve": _serve,
    "token": _token,
    "fingerprint": _fingerprint,
    "certificate": _certificate,
    "credentials": _credentials,
    "revoke": _revoke,
    "key": lambda options: key_verbs.key(options, _installation(options)),
    "cat": key_verbs.cat,
    "rebuild": rebuild_verb.rebuild,
}


def _installation(options: argparse.Namespace) -> Installation:
    root = None if options.root is None else Path(options.root)
    return find_installation(root, os.environ)


def _address(installation: Installation) -> str:
    """HOST:PORT as somebody elsewhere would say it."""
    host, port = installation.host, str(installation.port)
    # Without the file it does not run, so the port is the one that it is set to.
    with contextlib.suppress(FileNotFoundError):
        port = app.address_file_of(installation).read_text("ascii").rpartition(":")[2].strip()
    if port == "0":
        port = "(the port that it will have when it runs)"
    if host in _EVERYWHERE:
        host = socket.gethostname()
    return f"{host_text(host)}:{port}"


def _row(credential: Credential) -> tuple[str, ...]:
    return (
        credential.id,
        credential.role,
        _moment(credential.create_time),
        _moment(credential.last_used_time),
        _moment(credential.revoke_time),
        credential.holder,
    )


def _moment(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _life(text: str) -> timedelta:
    """A time to live: a number and one of s, m, h, d."""
    found = _TTL.fullmatch(text)
    life = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else timedelta()
    if not SHORTEST_TOKEN_LIFE <= life <= LONGEST_TOKEN_LIFE:
        raise argparse.ArgumentTypeError(
            f"{quoted(text)} is no time to live; give a number and s, m, h or d, from 1m to 7d, "
            "such as 90s, 30m, 1h or 7d"
        )
    return life


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(
            f"{quoted(text)} is no port; give a number from 1 to 65535, or 0 for any free one"
        )
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sesam-agent",
        description="Makes and runs the agent of one location.",
        epilog="Without --root the agent is found by SESAM2000_INI, else by /etc/sesam2000.ini.",
    )
    parser.add_argument("--root", type=directory, metavar="DIR", help="the agent's directory")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    init = verbs.add_parser("init", help="make an agent in an empty or new directory")
    init.add_argument("--name", type=text, required=True, help="of the location, for people")
    init.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help="default %(default)s; 0: any free one"
    )
    init.add_argument(
        "--host", type=text, default=DEFAULT_HOST, help="address to listen on; default %(default)s"
    )
    verbs.add_parser("serve", help="run the agent in the foreground")
    token = verbs.add_parser("token", help="print a new enrolment token")
    token.add_argument("--role", required=True, choices=[role.value for role in Role])
    token.add_argument(
        "--ttl",
        type=_life,
        default=DEFAULT_TOKEN_LIFE,
        help="how long it can be used: 90s, 30m, 1h (default), 7d",
    )
    verbs.add_parser("fingerprint", help="print the fingerprint of the agent's certificate")
    certificate = verbs.add_parser(
        "certificate", help="show the agent's certificate, or make a new one"
    )
    certificate.add_argument(
        "--renew",
        action="store_true",
        help="new key and certificate, while the agent does not run; "
        "every desk has to accept the new fingerprint",
    )
    credentials = verbs.add_parser("credentials", help="list the credentials that were given")
    credentials.add_argument("--json", action="store_true")
    revoke = verbs.add_parser("revoke", help="end a credential")
    revoke.add_argument("credential", type=text, metavar="ID", help="as listed by credentials")
    key_verbs.define(verbs)
    rebuild_verb.define(verbs, DEFAULT_HOST, DEFAULT_PORT, _port)
    return parser


if __name__ == "__main__":
    sys.exit(main())
