"""The text of a licence file: an ini file with what is licensed, and below it the signature.

Signed is what the lines say, not how they are written: a mail that folds lines or gives them other
ends breaks nothing.

    [LICENCE]
    number = 2026-0007
    customer = Hafen Logistik
    server_name = backup1
    addresses = 192.0.2.10
    valid_until = 2027-11-30
    ...
    [SIGNATURE]
    key = 6f1c0a5be2d94c37
    value = (Base64 of 64 bytes, Ed25519)
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from configparser import ConfigParser, Error
from dataclasses import dataclass
from datetime import UTC, date, datetime
from ipaddress import ip_address

from server_agent.domain.licence import Licence

LARGEST_FILE = 64 * 1024  # bytes
LONGEST_VALUE = 500  # characters
SECTION, SIGNATURE = "LICENCE", "SIGNATURE"
NO_LIMIT = "unlimited"
_CONTEXT = b"sesam licence 1\n"  # what is signed for this is good for nothing else
_UNITS = {"GB": 10**9, "TB": 10**12, "PB": 10**15}
_VOLUME = re.compile(r"(\d{1,9}(?:\.\d{1,3})?) ?(GB|TB|PB)")
_KEY = re.compile(r"[0-9a-f]{16}")
_MOST_CLIENTS = 1_000_000
_NEEDED = ("number", "customer", "edition", "issued", "server_name")


class LicenceUnreadable(ValueError):
    """It is no licence; the text says what is wrong with which line."""


@dataclass(frozen=True, slots=True)
class LicenceText:
    """What a file says.

    Attributes:
        fields: the lines of [LICENCE].
        key: id of the key that it is signed with.
        signature: Ed25519, of `signed`.
    """

    fields: Mapping[str, str]
    key: str
    signature: bytes

    @property
    def signed(self) -> bytes:
        return signed_form(self.fields)

    def licence(self) -> Licence:
        """Raises LicenceUnreadable."""
        return licence_of(self.fields)


def signed_form(fields: Mapping[str, str]) -> bytes:
    """What the signature is made of: the lines in a form that there is only one of."""
    plain = json.dumps(dict(fields), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return _CONTEXT + plain.encode("ascii")


def parsed(content: bytes) -> LicenceText:
    """Raises LicenceUnreadable: it is no licence file."""
    sections = _sections(content)
    if SECTION not in sections or SIGNATURE not in sections:
        raise LicenceUnreadable(f"it has no sections [{SECTION}] and [{SIGNATURE}]")
    signature = sections[SIGNATURE]
    key, value = signature.get("key", ""), signature.get("value", "")
    if not _KEY.fullmatch(key):
        raise LicenceUnreadable("key in [SIGNATURE] is not the id of a key, 16 hexadecimal digits")
    try:
        signed = base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise LicenceUnreadable("value in [SIGNATURE] is no Base64") from error
    return LicenceText(sections[SECTION], key, signed)


def parsed_order(content: bytes) -> Mapping[str, str]:
    """The lines of a licence that is not signed yet. Raises LicenceUnreadable."""
    sections = _sections(content)
    if SECTION not in sections:
        raise LicenceUnreadable(f"it has no section [{SECTION}]")
    licence_of(sections[SECTION])
    return sections[SECTION]


def written(text: LicenceText) -> str:
    """The file."""
    lines = [f"[{SECTION}]", *(f"{key} = {value}" for key, value in text.fields.items())]
    signature = base64.b64encode(text.signature).decode("ascii")
    lines += ["", f"[{SIGNATURE}]", f"key = {text.key}", f"value = {signature}"]
    return "\n".join(("; A line above [SIGNATURE] that is changed ends the licence.", *lines, ""))


def licence_of(fields: Mapping[str, str]) -> Licence:
    """What the lines say. Lines that are not known here say something to a later agent.

    Raises:
        LicenceUnreadable: one is missing, or says what it cannot.
    """
    for name in _NEEDED:
        if not fields.get(name):
            raise LicenceUnreadable(f"{name} is missing")
    for name, value in fields.items():
        if len(value) > LONGEST_VALUE:
            raise LicenceUnreadable(f"{name} is longer than {LONGEST_VALUE} characters")
    return Licence(
        number=fields["number"],
        customer=fields["customer"],
        customer_number=fields.get("customer_number", ""),
        edition=fields["edition"],
        modality=fields.get("modality", ""),
        modules=_list(fields.get("modules", "")),
        issued=_moment(fields["issued"]),
        valid_from=_day(fields, "valid_from"),
        valid_until=_day(fields, "valid_until"),
        maintenance_until=_day(fields, "maintenance_until"),
        server_name=fields["server_name"],
        addresses=_addresses(fields.get("addresses", "")),
        clients=_clients(fields.get("clients", NO_LIMIT)),
        volume_bytes=_volume(fields.get("volume", NO_LIMIT)),
    )


def _sections(content: bytes) -> dict[str, dict[str, str]]:
    if len(content) > LARGEST_FILE:
        raise LicenceUnreadable(f"it is larger than {LARGEST_FILE} bytes")
    parser = ConfigParser(
        interpolation=None,
        delimiters=("=",),
        comment_prefixes=(";", "#"),
        empty_lines_in_values=False,
        default_section="",
    )
    try:
        parser.read_string(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise LicenceUnreadable("it is no text in UTF-8") from error
    except (Error, ValueError, AttributeError) as error:
        first = str(error).partition("\n")[0]
        raise LicenceUnreadable(f"it is no ini file ({first})") from error
    return {
        name: {key: " ".join((value or "").split()) for key, value in parser[name].items()}
        for name in parser.sections()
    }


def _list(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise LicenceUnreadable(f'issued is "{text}"; a moment such as 2026-11-24T12:00:00Z is needed')


def _day(fields: Mapping[str, str], name: str) -> date | None:
    text = fields.get(name, NO_LIMIT)
    if text == NO_LIMIT:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        expected = f'a day such as 2027-11-30, or "{NO_LIMIT}"'
        raise LicenceUnreadable(f'{name} is "{text}"; {expected} is needed') from error


def _addresses(text: str) -> tuple[str, ...]:
    """In the form in which a server tells its own."""
    try:
        return tuple(str(ip_address(each)) for each in _list(text))
    except ValueError as error:
        raise LicenceUnreadable(f'addresses is "{text}"; IP addresses are needed') from error


def _clients(text: str) -> int | None:
    if text == NO_LIMIT:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 7 and 1 <= int(text) <= _MOST_CLIENTS:
        return int(text)
    raise LicenceUnreadable(f'clients is "{text}"; a number, or "{NO_LIMIT}" is needed')


def _volume(text: str) -> int | None:
    if text == NO_LIMIT:
        return None
    found = _VOLUME.fullmatch(text)
    if found is None:
        raise LicenceUnreadable(f'volume is "{text}"; such as 12 TB, or "{NO_LIMIT}" is needed')
    whole, _, part = found[1].partition(".")
    return (int(whole) * 1000 + int(part.ljust(3, "0"))) * _UNITS[found[2]] // 1000
