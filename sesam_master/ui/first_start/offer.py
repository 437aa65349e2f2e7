"""The address of an agent and the token that `sesam-agent token` printed, in one line."""

from dataclasses import dataclass, field

from sesam_master.core.addresses import parse_address

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
            f"Expected an address and a token, found {_number(len(words))}. "
            f"Paste one line: {_EXAMPLE}."
        )
    host, port = parse_address(words[0])
    return Offer(host, port, words[1])


def _number(words: int) -> str:
    return "one word" if words == 1 else f"{words} words"
