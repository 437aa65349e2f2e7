"""What this machine is called and where it is in the network, as Linux tells it."""

import ipaddress
import platform
import socket
from pathlib import Path

from server_agent.domain.licence import Server

_NET = Path("/proc/net")
_IPv4 = ipaddress.IPv4Address
_LEAF, _LOCAL = "|-- ", "/32 host LOCAL"  # of fib_trie


def server_facts() -> Server:
    """Of now."""
    addresses = (*_sorted(ipv4_in(_text("fib_trie"))), *_sorted(ipv6_in(_text("if_inet6"))))
    return Server(socket.gethostname(), addresses, _platform())


def ipv4_in(fib_trie: str) -> set[_IPv4]:
    """The machine's own addresses out of its routes: lines below each say what it is."""
    found, address = set(), ""
    for line in fib_trie.splitlines():
        words = line.strip()
        if words.startswith(_LEAF):
            address = words.removeprefix(_LEAF)
        elif words == _LOCAL:
            found.add(_IPv4(address))
    return {each for each in found if not (each.is_loopback or each.is_link_local)}


def ipv6_in(if_inet6: str) -> set[ipaddress.IPv6Address]:
    """The addresses of all interfaces: 32 hexadecimal digits at the begin of each line."""
    found = set()
    for line in if_inet6.splitlines():
        words = line.split()
        if words:
            found.add(ipaddress.IPv6Address(bytes.fromhex(words[0])))
    return {each for each in found if not (each.is_loopback or each.is_link_local)}


def _sorted(found: set[_IPv4] | set[ipaddress.IPv6Address]) -> list[str]:
    return [str(each) for each in sorted(found, key=int)]


def _text(name: str) -> str:
    """Empty where the kernel has no such protocol."""
    try:
        return (_NET / name).read_text(encoding="ascii")
    except OSError:
        return ""


def _platform() -> str:
    system = f"{platform.system()} {platform.machine()}"
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return system
    words = (release.get("NAME", ""), release.get("VERSION_ID", ""))
    name = " ".join(word for word in words if word)
    return f"{system}, {name}" if name else system
