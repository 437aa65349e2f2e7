"""What `sesam-agent token` printed: the address of an agent and a token, in one line."""

from dataclasses import dataclass, field

DEFAULT_PORT = 11401
_EXAMPLE = "hamburg.example:11401 and the token behind it"


@dataclass(frozen=True, slots=True)
class Offer:
    """The token is a secret, so it is not part of the text of an offer."""

    host: str
    port: int
    token: str = field(repr=False)


def parse_offer(text: str) -> Offer:
    """Reads "HOST:PORT TOKEN", "[v6]:PORT TOKEN" or "HOST TOKEN" (then the default port).

    Raises ValueError with a sentence for people.
    """
    words = text.split()
    if not words:
        raise ValueError(f"Nothing to connect to. Paste one line: {_EXAMPLE}.")
    if len(words) != 2:
        raise ValueError(
            f"Address and token are two words, these are {len(words)}. Paste one line: {_EXAMPLE}."
        )
    host, port = _address(words[0])
    return Offer(host, port, words[1])


def _address(word: str) -> tuple[str, int]:
    if word.startswith("["):
        host, _, rest = word[1:].partition("]")
        port_text = rest.removeprefix(":")
    elif word.count(":") > 1:
        host, port_text = word, ""
    else:
        host, _, port_text = word.partition(":")
    if not host:
        raise ValueError(f"“{word}” names no host. Expected an address like hamburg.example:11401.")
    return host, parse_port(port_text) if port_text else DEFAULT_PORT


def parse_port(text: str) -> int:
    """Raises ValueError with a sentence for people."""
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise ValueError(f"“{text}” is no port. Expected a number from 1 to 65535.")
