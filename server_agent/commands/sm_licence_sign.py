"""`sm_licence_sign keys DIR | sign --key FILE LICENCE | form`: makes keys, and signs licences.

For whoever sells or gives out licences, on a machine of their own: it needs no agent.
"""

import argparse
import getpass
import sys
from datetime import UTC
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from server_agent.adapters.clock import SystemClock
from server_agent.adapters.licence_keys import key_line, licence_key_id, raw_of
from server_agent.adapters.tar import private
from server_agent.commands.answer import CommandError
from server_agent.commands.parsing import Parser, add_verb, text
from server_agent.commands.sm_cmd import answered
from server_agent.domain.licence_text import (
    LicenceText,
    LicenceUnreadable,
    parsed_order,
    signed_form,
    written,
)

PRIVATE, PUBLIC = "licence-signing.pem", "licence-signing.pub"
SHORTEST_PASSPHRASE = 12
FORM = """; Fill this in, then: sm_licence_sign sign --key KEY FILE > LICENCE
[LICENCE]
number = 2026-0001
customer = NAME OF THE CUSTOMER
customer_number = 4711
edition = Standard
modality = Maintenance
modules = all
; Days of the server's own zone, both included; or unlimited.
valid_from = {today}
valid_until = unlimited
maintenance_until = unlimited
; As sm_licence request prints them. Without addresses the licence is bound to the name alone.
server_name = NAME OF THE SERVER
addresses = 192.0.2.10, 2001:db8::10
; Or unlimited. The server itself is one of the clients; the volume is front side.
clients = 25
volume = 10 TB
"""


def main(argv: list[str] | None = None) -> int:
    """The exit status."""
    given = sys.argv[1:] if argv is None else argv

    def act() -> str | None:
        arguments = make_parser().parse_args(given)
        message: str | None = arguments.run(arguments)
        return message

    return answered("sm_licence_sign", act)


def make_parser() -> Parser:
    parser = Parser(
        prog="sm_licence_sign", description="Signs licences, for whoever gives them out."
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    keys = add_verb(verbs, "keys", "make a key that signs, and the public one that is trusted")
    keys.add_argument("directory", metavar="DIR", help="where they are written to")
    keys.add_argument("--name", type=text, default="", help="whose key it is, for people")
    keys.add_argument(
        "--passphrase", action="store_true", help="ask for one, which signing then needs"
    )
    keys.set_defaults(run=_keys)
    form = add_verb(verbs, "form", "print a licence to fill in")
    form.set_defaults(run=_form)
    sign = add_verb(verbs, "sign", "sign a licence, and print it")
    sign.add_argument("--key", required=True, metavar="FILE", help=f"the {PRIVATE} of keys")
    sign.add_argument("file", metavar="LICENCE", help="as form prints it, filled in")
    sign.set_defaults(run=_sign)
    return parser


def _keys(arguments: argparse.Namespace) -> str:
    directory = Path(arguments.directory)
    key = Ed25519PrivateKey.generate()
    protection: KeySerializationEncryption = NoEncryption()
    if arguments.passphrase:
        protection = BestAvailableEncryption(_new_passphrase().encode())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(directory / PRIVATE, "xb", opener=private.opener) as file:
            file.write(pem)
        (directory / PUBLIC).write_text(
            key_line(key.public_key(), " ".join(arguments.name.split())), encoding="utf-8"
        )
    except FileExistsError as error:
        raise CommandError(
            f"{error.filename} is there already. Without it no licence that it signed can be "
            "made again: choose another directory."
        ) from error
    except OSError as error:
        raise CommandError(f"{error.filename or directory}: {error.strerror}.") from error
    return (
        f"Key {licence_key_id(raw_of(key.public_key()))}: {directory / PRIVATE} signs, keep it to "
        f"yourself. {directory / PUBLIC} goes to the servers: sm_licence trust {PUBLIC}"
    )


def _form(_arguments: argparse.Namespace) -> None:
    clock = SystemClock()
    print(FORM.format(today=clock.local(clock.now()).date()), end="")


def _sign(arguments: argparse.Namespace) -> None:
    key = _private_key(Path(arguments.key))
    try:
        fields = dict(parsed_order(_issued(Path(arguments.file).read_bytes())))
    except LicenceUnreadable as error:
        raise CommandError(f"{arguments.file} cannot be signed: {error}.") from error
    except OSError as error:
        raise CommandError(f"{arguments.file}: {error.strerror}.") from error
    signature = key.sign(signed_form(fields))
    key_id = licence_key_id(raw_of(key.public_key()))
    print(written(LicenceText(fields, key_id, signature)), end="")


def _issued(content: bytes) -> bytes:
    """With the moment at which it is signed, unless it says one."""
    lines = content.splitlines()
    if any(line.partition(b"=")[0].strip() == b"issued" for line in lines):
        return content
    now = f"issued = {SystemClock().now().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}".encode()
    return b"\n".join(
        each
        for line in lines
        for each in ((line, now) if line.strip() == b"[LICENCE]" else (line,))
    )


def _private_key(file: Path) -> Ed25519PrivateKey:
    try:
        pem = file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}.") from error
    password = None
    if b"ENCRYPTED" in pem:
        password = getpass.getpass(f"Passphrase of {file}: ").encode()
    try:
        key = load_pem_private_key(pem, password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CommandError(f"{file} is no key, or the passphrase is another one.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise CommandError(f"{file} is no key that sm_licence_sign keys has made.")
    return key


def _new_passphrase() -> str:
    first = getpass.getpass("Passphrase: ")
    if len(first) < SHORTEST_PASSPHRASE:
        raise CommandError(f"The passphrase needs at least {SHORTEST_PASSPHRASE} characters.")
    if getpass.getpass("Again: ") != first:
        raise CommandError("The two passphrases differ.")
    return first


if __name__ == "__main__":
    sys.exit(main())
