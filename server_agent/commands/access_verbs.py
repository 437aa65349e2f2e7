"""The verbs of `sesam-agent` that say who may talk to the agent: token, tokens, revoke-token,
credentials, revoke."""

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from server_agent.adapters.identity import load_identity
from server_agent.commands.agent_access import access_office
from server_agent.commands.parsing import text
from server_agent.commands.tables import print_rows
from server_agent.domain.access import (
    DEFAULT_TOKEN_LIFE,
    LONGEST_CREDENTIAL_LIFE,
    LONGEST_TOKEN_LIFE,
    MOST_USES,
    SHORTEST_CREDENTIAL_LIFE,
    SHORTEST_TOKEN_LIFE,
    Role,
)
from server_agent.domain.quoting import quoted
from server_agent.installation import Installation
from sesam_api.access_records import Credential, Scope, Token

SCOPE_WORDS = (
    "--client, --task, --pool and --schedule limit what is started, changed, deleted, restored and "
    "read out of backups, not what is seen: lists, the calendar and the picture of a desk show the "
    "whole location to every credential. Give an option again for more names; * and ? stand for "
    "any letters. Who is limited by one of them may not do what belongs to none of these, such as "
    "making tokens."
)
_SPAN = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

AddressOf = Callable[[Installation], str]


def token(options: argparse.Namespace, installation: Installation, address_of: AddressOf) -> None:
    """Prints a new token, and what is to be compared with it."""
    fingerprint = load_identity(installation.ini, installation.location_id).fingerprint
    scope = Scope(
        tuple(options.client), tuple(options.task), tuple(options.pool), tuple(options.schedule)
    )
    with access_office(installation) as office:
        made = office.create_token(
            options.role,
            options.ttl,
            scope=scope,
            uses=options.uses,
            credential_life=options.credential_life,
            comment=options.comment,
            approved=options.approved,
        )
    if sys.stderr.isatty():
        # What a person copies into a desk. A log that took it would keep a secret.
        print(f"{address_of(installation)} {made.token}", file=sys.stderr)
    print(f"Fingerprint: {fingerprint}", file=sys.stderr)
    print(made.token)


def tokens(options: argparse.Namespace, installation: Installation) -> None:
    """Lists the tokens that were made."""
    with access_office(installation) as office:
        found = list(office.tokens())
    if options.json:
        _print_json(found)
        return
    heads = ("ID", "ROLE", "MADE", "UNTIL", "USED", "REVOKED", "MADE BY", "LIMITS", "COMMENT")
    print_rows([heads, *map(_token_row, found)])


def revoke_token(options: argparse.Namespace, installation: Installation) -> None:
    """Ends a token."""
    with access_office(installation) as office:
        ended = office.revoke_token(options.token)
    print(f"Revoked {ended.id}. Credentials that it was exchanged for stay: {ended.used}")


def credentials(options: argparse.Namespace, installation: Installation) -> None:
    """Lists the credentials that were given."""
    with access_office(installation) as office:
        found = list(office.credentials())
    if options.json:
        _print_json(found)
        return
    heads = ("ID", "ROLE", "GIVEN", "UNTIL", "LAST USED", "FROM", "REVOKED", "LIMITS", "HOLDER")
    print_rows([heads, *map(_credential_row, found)])


def revoke(options: argparse.Namespace, installation: Installation) -> None:
    """Ends a credential."""
    with access_office(installation) as office:
        credential = office.revoke(options.credential)
    print(f"Revoked {credential.id} ({credential.holder})")


def define(verbs: Any) -> None:
    """Adds the verbs to the parser."""
    _define_token(verbs)
    listed = verbs.add_parser("tokens", help="list the enrolment tokens that were made")
    listed.add_argument("--json", action="store_true")
    ended = verbs.add_parser("revoke-token", help="end an enrolment token")
    ended.add_argument("token", type=text, metavar="ID", help="as listed by tokens")
    given = verbs.add_parser("credentials", help="list the credentials that were given")
    given.add_argument("--json", action="store_true")
    revoked = verbs.add_parser("revoke", help="end a credential")
    revoked.add_argument("credential", type=text, metavar="ID", help="as listed by credentials")


def _define_token(verbs: Any) -> None:
    made = verbs.add_parser("token", help="print a new enrolment token", epilog=SCOPE_WORDS)
    made.add_argument("--role", required=True, choices=[role.value for role in Role])
    made.add_argument(
        "--ttl",
        type=_token_life,
        default=DEFAULT_TOKEN_LIFE,
        help="how long it can be used: 90s, 30m, 1h (default), 7d",
    )
    made.add_argument(
        "--uses",
        type=_uses,
        default=1,
        metavar="N",
        help="how many credentials it can be exchanged for; default %(default)s",
    )
    made.add_argument(
        "--credential-life",
        type=_credential_life,
        metavar="TIME",
        help="how long each of these is good: 8h, 30d; default: until it is revoked",
    )
    for kind, what in (
        ("client", "clients of this name"),
        ("task", "tasks of this name"),
        ("pool", "media pools of this name"),
        ("schedule", "what schedules of this name start"),
    ):
        made.add_argument(
            f"--{kind}",
            type=text,
            action="append",
            default=[],
            metavar="PATTERN",
            help=f"may act on {what} only",
        )
    made.add_argument("--comment", type=text, default="", help="for whom it is")
    made.add_argument(
        "--approved",
        type=text,
        default="",
        metavar="ID",
        help="fetch the token that waited for a second administrator as ID; "
        "the other options have to be the same",
    )


def _print_json(found: Sequence[Credential] | Sequence[Token]) -> None:
    print(json.dumps([asdict(each) for each in found], default=_plain, indent=2))


def _plain(value: datetime | timedelta) -> str | float:
    """Moments in ISO 8601, spans in seconds."""
    return value.isoformat() if isinstance(value, datetime) else value.total_seconds()


def _token_row(each: Token) -> tuple[str, ...]:
    return (
        each.id,
        each.role,
        _moment(each.create_time),
        _moment(each.expire_time),
        f"{each.used}/{each.uses}",
        _moment(each.revoke_time),
        each.made_by or "-",
        _limits(each.scope),
        each.comment,
    )


def _credential_row(credential: Credential) -> tuple[str, ...]:
    return (
        credential.id,
        credential.role,
        _moment(credential.create_time),
        _moment(credential.expire_time),
        _moment(credential.last_used_time),
        credential.last_address or "-",
        _moment(credential.revoke_time),
        _limits(credential.scope),
        credential.holder,
    )


def _limits(scope: Scope) -> str:
    """client=web*,db1 task=home; a hyphen for none."""
    every = {
        "client": scope.clients,
        "task": scope.tasks,
        "pool": scope.pools,
        "schedule": scope.schedules,
    }
    limits = [f"{kind}={','.join(names)}" for kind, names in every.items() if names]
    return " ".join(limits) or "-"


def _moment(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _token_life(asked: str) -> timedelta:
    life = _span(asked)
    if life is None or not SHORTEST_TOKEN_LIFE <= life <= LONGEST_TOKEN_LIFE:
        raise argparse.ArgumentTypeError(
            f"{quoted(asked)} is no time to live; give a number and s, m, h or d, from 1m to 7d, "
            "such as 90s, 30m, 1h or 7d"
        )
    return life


def _credential_life(asked: str) -> timedelta:
    life = _span(asked)
    if life is None or not SHORTEST_CREDENTIAL_LIFE <= life <= LONGEST_CREDENTIAL_LIFE:
        raise argparse.ArgumentTypeError(
            f"{quoted(asked)} is no time; give a number and s, m, h or d, from 1m to 3650d, "
            "such as 8h or 30d"
        )
    return life


def _span(asked: str) -> timedelta | None:
    found = _SPAN.fullmatch(asked)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None


def _uses(asked: str) -> int:
    if not (asked.isascii() and asked.isdigit() and 1 <= int(asked) <= MOST_USES):
        raise argparse.ArgumentTypeError(
            f"{quoted(asked)} is no number of uses; give one from 1 to {MOST_USES}"
        )
    return int(asked)
