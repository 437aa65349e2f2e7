"""The licence of the location: its file, the keys that are trusted, and the server it is bound to;
and the part of the catalogue that knows of it."""

from datetime import datetime
from typing import Protocol

from server_agent.domain.licence import LicenceFacts, Server, SignatureState

LICENCE_FILE = "sm_lic.ini"  # below SESAM_VAR/ini


class LicenceFileError(Exception):
    """The file is there and cannot be read, or cannot be written; the text says why."""


class LicenceFiles(Protocol):
    """Where the licence is. A person may put a file there by hand at any moment."""

    def installed(self) -> bytes | None:
        """The file as it is now, at most a few bytes more than a licence may have; None without
        one. Raises LicenceFileError."""

    def install(self, content: bytes, now: datetime) -> str:
        """Puts the file in place, durably and at once: whoever reads finds the old or the new one.
        The old one is kept beside it under a name with the date; returns that name, empty if there
        was none. Raises LicenceFileError."""

    def signature(self, key: str, signed: bytes, signature: bytes) -> SignatureState:
        """Whether a trusted key of this id has signed that. Raises LicenceFileError: the list of
        trusted keys cannot be read."""

    def server(self) -> Server:
        """What the server is now: its name and addresses may change while the agent runs."""


class LicenceView(Protocol):
    """Reads of one consistent moment."""

    def licence_facts(self) -> LicenceFacts | None:
        """None in a catalogue that no agent has run on since there are licences."""

    def front_side_bytes(self) -> int:
        """Of each task that there is, the size of all files that its newest saveset lists, added
        up."""


class LicenceTransaction(LicenceView, Protocol):
    """Reads and writes that happen together or not at all."""

    def put_licence_facts(self, facts: LicenceFacts) -> None:
        """Adds or replaces. Watchers are told nothing."""

    def touch_licence(self) -> None:
        """Enters into the change log that the verdict, or what belongs to it, is another."""
