"""`sesam-agent`: makes an agent, runs it, and says who may talk to it."""

import argparse
import contextlib
import errno
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

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
from server_agent.adapters.trees import SYSTEM_STATIC, SYSTEM_VARIABLE, Trees, of_system
from server_agent.commands import access_verbs, key_verbs, rebuild_verb, rules_verbs
from server_agent.commands.answer import bytes_shown
from server_agent.commands.output import write_utf8
from server_agent.commands.parsing import directory, text
from server_agent.commands.words import DEFAULT_PORT
from server_agent.domain.errors import DomainError
from server_agent.domain.quoting import quoted
from server_agent.ini_files import ANCHOR_VARIABLE, InstallationError
from server_agent.installation import SYSTEM_ANCHOR, Installation, find_installation
from server_agent.ports import EngineError
from server_agent.rpc.server import CannotListen, host_text
from server_agent.service.rebuilding import CannotRebuild
from sesam_api.errors import SesamError, sentence

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
_EVERYWHERE = ("0.0.0.0", "::")


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0, 1 if it was refused, 2 for wrong usage."""
    write_utf8()
    options = make_parser().parse_args(argv)
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
    now = SystemClock().now()
    made = make_installation(_trees(options), options.name, options.host, options.port, now)
    identity = load_identity(made.ini, made.location_id)
    print(f"Name: {made.name}")
    print(f"Location id: {made.location_id}")
    print(f"Fingerprint: {identity.fingerprint}")
    if options.root is None:
        print(f"Anchor: {made.anchor}")


def _trees(options: argparse.Namespace) -> Trees:
    """All below the root, or where the system keeps its parts; each tree where it is asked for."""
    if options.root is not None:
        usual = Trees.below(Path(options.root))
    elif options.system:
        usual = of_system(os.environ.get(ANCHOR_VARIABLE))
    else:
        raise InstallationError(
            "init needs the directory that the agent shall live in: "
            "sesam-agent --root DIR init --name NAME. Or, where the system keeps such things, in "
            f"{SYSTEM_STATIC} and {SYSTEM_VARIABLE}: sesam-agent init --system --name NAME"
        )
    static = usual.static if options.bin is None else Path(options.bin)
    variable = usual.variable if options.var is None else Path(options.var)
    return replace(usual, static=static, variable=variable)


def _serve(options: argparse.Namespace) -> None:
    app.serve(_installation(options), lambda line: print(line, flush=True))


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


_VERBS = {
    "init": _init,
    "serve": _serve,
    "token": lambda options: access_verbs.token(options, _installation(options), _address),
    "tokens": lambda options: access_verbs.tokens(options, _installation(options)),
    "revoke-token": lambda options: access_verbs.revoke_token(options, _installation(options)),
    "fingerprint": _fingerprint,
    "certificate": _certificate,
    "credentials": lambda options: access_verbs.credentials(options, _installation(options)),
    "revoke": lambda options: access_verbs.revoke(options, _installation(options)),
    "rules": lambda options: rules_verbs.rules(options, _installation(options)),
    "approvals": lambda options: rules_verbs.approvals(options, _installation(options)),
    "approve": lambda options: rules_verbs.decide(options, _installation(options)),
    "refuse": lambda options: rules_verbs.decide(options, _installation(options)),
    "otp": lambda options: rules_verbs.otp(options, _installation(options)),
    "lock-outs": lambda options: rules_verbs.lock_outs(options, _installation(options)),
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


def _moment(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(
            f"{quoted(text)} is no port; give a number from 1 to 65535, or 0 for any free one"
        )
    return int(text)


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sesam-agent",
        description="Makes and runs the agent of one location.",
        epilog="Without --root the agent is found by SESAM2000_INI, else by /etc/sesam2000.ini.",
    )
    parser.add_argument("--root", type=directory, metavar="DIR", help="the agent's directory")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    _define_init(verbs)
    verbs.add_parser("serve", help="run the agent in the foreground")
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
    access_verbs.define(verbs)
    rules_verbs.define(verbs)
    key_verbs.define(verbs)
    rebuild_verb.define(verbs, DEFAULT_HOST, DEFAULT_PORT, _port)
    return parser


def _define_init(verbs: Any) -> None:
    init = verbs.add_parser("init", help="make an agent in an empty or new directory")
    init.add_argument("--name", type=text, required=True, help="of the location, for people")
    init.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help="default %(default)s; 0: any free one"
    )
    init.add_argument(
        "--host", type=text, default=DEFAULT_HOST, help="address to listen on; default %(default)s"
    )
    init.add_argument(
        "--system",
        action="store_true",
        help=f"without --root: below {SYSTEM_STATIC} and {SYSTEM_VARIABLE}, found by "
        f"{SYSTEM_ANCHOR} or what {ANCHOR_VARIABLE} names",
    )
    init.add_argument(
        "--bin",
        type=directory,
        metavar="DIR",
        help=f"for what nobody edits; default the root, with --system {SYSTEM_STATIC}",
    )
    init.add_argument(
        "--var",
        type=directory,
        metavar="DIR",
        help="for all that changes, and the first data store; "
        f"default the root, with --system {SYSTEM_VARIABLE}",
    )


if __name__ == "__main__":
    sys.exit(main())
