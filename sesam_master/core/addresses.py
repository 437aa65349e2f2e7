"""Addresses of agents as people write them."""

import re
from ipaddress import AddressValueError, IPv6Address

DEFAULT_PORT = 11401
_EXAMPLE = "Expected an address like hamburg.example:11401 or [2001:db8::1]:11401."
_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*)")
_HIGHEST_PORT = 65535


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of "host:port", "[IPv6]:port", or either without a port.

    Blanks around it do not matter. The host has no brackets.

    Raises:
        ValueError: with a sentence for people.
    """
    address = text.strip()
    if address.startswith("["):
        host, closed, rest = address[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")) or not _is_ipv6(host):
            raise ValueError(f"“{address}” is no address. {_EXAMPLE}")
        return host, parse_port(rest[1:]) if rest else DEFAULT_PORT
    if _is_ipv6(address):
        return address, DEFAULT_PORT
    host, has_port, port = address.partition(":")
    if not host:
        raise ValueError(f"“{address}” names no host. {_EXAMPLE}")
    if not _is_name(host) or "/" in port:
        raise ValueError(f"“{address}” is no address. {_EXAMPLE}")
    return host, parse_port(port) if has_port else DEFAULT_PORT


def parse_host(text: str) -> str:
    """The host out of a name, an IPv4 address, or an IPv6 address with or without brackets.

    Raises:
        ValueError: with a sentence for people.
    """
    host = text.strip()
    bare = host.removeprefix("[").removesuffix("]")
    if _is_ipv6(bare):
        return bare
    if not host:
        raise ValueError("There is no host. Expected a name or an address of the server.")
    if not _is_name(host):
        raise ValueError(
            f"“{host}” is no host. Expected a name like hamburg.example or an address like "
            "192.0.2.7 or 2001:db8::1."
        )
    return host


def parse_port(text: str) -> int:
    """Raises ValueError with a sentence for people."""
    if text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) <= _HIGHEST_PORT:
        return int(text)
    raise ValueError(f"“{text}” is no port. Expected a number from 1 to {_HIGHEST_PORT}.")


def join_address(host: str, port: int) -> str:
    """What `parse_address` takes apart."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def plain_host(host: str) -> str:
    """The host as it goes over the wire: names in other scripts become ASCII (RFC 3490).

    Raises:
        UnicodeError: for what is no name.
    """
    return host if host.isascii() else host.encode("idna").decode("ascii")


def _is_name(host: str) -> bool:
    try:
        plain = host.encode("idna").decode("ascii")  # looks at the lengths of the labels too
    except UnicodeError:
        return False
    return _NAME.fullmatch(plain) is not None


def _is_ipv6(host: str) -> bool:
    try:
        IPv6Address(host)
    except AddressValueError:
        return False
    return True
