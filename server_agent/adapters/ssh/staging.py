"""What a restore brings to a client over SSH, until it is whole and in its places."""

import json
import logging
import os
import secrets
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from server_agent.adapters.durable import sync
from server_agent.adapters.ssh import moving, refusals
from server_agent.adapters.ssh.client import Answer, SshClient
from server_agent.adapters.tar import private
from server_agent.adapters.tar.failures import no_space
from server_agent.domain.jobs import Level
from server_agent.domain.overwriting import OverwriteRule
from server_agent.domain.quoting import quoted
from server_agent.domain.reach import Ssh
from server_agent.ports import Control, EngineError, Message

log = logging.getLogger(__name__)

JOURNAL_SUFFIX = ".remote"
_PATIENCE_SECONDS = 60  # with a client that still moves files when its connection is gone
_FULL = (b"No space left on device", b"Disk quota exceeded")
_NAMED_COMPLAINTS = 20


class Unstoppable:
    """The control of what is not left half done."""

    cancelled = False

    def on_cancel(self, callback: object) -> None:
        """Never."""


@dataclass(slots=True)
class Staging:
    """`server_agent.adapters.tar.extraction.Landing` at a client: see `moving`. Leaving the context
    removes what has not come into its places, there; what cannot be removed is said.

    Attributes:
        journal: says, after a kill of the agent, where something was left.
        replaced: sentences about what is of another kind now.
        failed: entries that could not be moved into their places.
        unmade: directories of the listing that are none at the target.
        unknown: what the client's programs have complained of.
        is_full: whether there was no space for something.
        is_moved: whether everything that could be is in its place.
    """

    client: SshClient
    target: bytes
    journal: Path
    replaced: list[str] = field(default_factory=list)
    failed: int = 0
    unmade: list[bytes] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    is_full: bool = False
    is_moved: bool = False
    _left: "_Left | None" = None
    _directory: bytes = b""
    _name: bytes = field(default_factory=lambda: b".sesam-%b.new" % secrets.token_hex(4).encode())
    _said: deque[Message] = field(default_factory=deque)
    _cut: list[bytes] = field(default_factory=list)
    _patience_seconds: int = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._left is not None and not self.is_moved:
            self._said.extend(_given_up(self.client, self._left, self._patience_seconds))
        self.journal.unlink(missing_ok=True)

    @property
    def name(self) -> str:
        """Of the client, for the middle of a sentence."""
        return refusals.name_of(self.client.reach)

    @property
    def tree(self) -> bytes:
        """What is in it will be at the target under the same path."""
        return self._directory + b"/tree"

    @property
    def data(self) -> bytes:
        """For what hard links need."""
        return self._directory + b"/data"

    def begin(self, roots: Sequence[bytes], control: Control) -> None:
        """Makes the target if it is not there.

        Args:
            roots: paths that hold all that is restored.

        Raises:
            EngineError: TARGET_UNUSABLE, NO_SPACE, CLIENT_UNREACHABLE and others.
            Cancelled: the control said so.
        """
        common = (os.path.commonpath(roots) if roots else b"").rstrip(b"/")
        self._left = _Left(self.client.reach, self._name, self.target, common)
        self._note(self._left)
        answer = Answer()
        script = moving.begin(self._name, self.target, common)
        for _ in self.client.ask(script, control, answer):
            pass
        if answer.status:
            if any(reason in answer.err for reason in _FULL):
                raise no_space(f"{quoted(self.target)}: {answer.complaint}")
            raise EngineError(
                "TARGET_UNUSABLE",
                f"{quoted(self.target)} cannot be the target at client {self.name}:"
                f" {answer.complaint}. Name a directory that can be written",
            )
        self.target, self._directory, _ = bytes(answer.out).split(b"\0")

    def commit(self, sources: Sequence[bytes], rule: OverwriteRule) -> Iterator[None]:
        """Moves everything into its place; no cancel ends it. Pauses now and then.

        Raises:
            EngineError: CLIENT_LOST, and others.
        """
        self._patience_seconds = _PATIENCE_SECONDS
        script = moving.commit(self._directory, self.target, self._name, sources, rule)
        answer = Answer()
        try:
            yield from self.client.ask(script, Unstoppable(), answer, is_ended=False)
        except EngineError as error:
            if error.code != refusals.LOST:
                raise
            text = f"{error.text}. Files may have come to their places all the same"
            raise EngineError(error.code, text) from error
        said, end, complaints = bytes(answer.out).partition(moving.END + b"\0")
        if answer.status or not end:
            raise refusals.unfit(self.client.reach, f"nothing was restored: {answer.complaint}")
        self.is_moved = True
        self._hear(said)
        lines = complaints.decode("utf-8", "backslashreplace").splitlines()
        self.is_full = any(reason in complaints for reason in _FULL)
        for line in lines[:_NAMED_COMPLAINTS]:
            self.unknown.append(f"the client says: {line}")
            self._said.append(Message(Level.WARNING, "CLIENT", self.unknown[-1]))

    def said(self) -> Iterator[Message]:
        """What was done since the last call."""
        while self._said:
            yield self._said.popleft()

    @property
    def is_due(self) -> bool:
        return False

    def before(self, files: Sequence[tuple[bytes, int, int]]) -> None:
        """Nothing is replaced before all is whole."""

    def come(self, place: bytes) -> None:
        """It stays where it is, too."""

    def stayed(self, _place: bytes) -> int:
        """Nobody else puts anything there."""
        return 0

    def dispose(self, *, keep_times: bool = False) -> None:
        """There are no old versions."""

    def give_back(self) -> None:
        """Nor are there any."""

    def remove_new(self, place: bytes, since_ns: int) -> None:  # noqa: ARG002
        """It goes before the rest is moved, or with everything else."""
        self._cut.append(place)

    def remove_cut(self, control: Control) -> None:
        """Files of which only a part came do not come to their places.

        Raises:
            EngineError: CLIENT_LOST, CLIENT_UNFIT, and others.
            Cancelled: the control said so.
        """
        if self._cut:
            self.client.run(moving.remove(self._cut), control)
            self._cut.clear()

    def full(self, place: bytes) -> str:
        final = quoted(self.target.rstrip(b"/") + place.removeprefix(self.tree))
        return (
            f"at client {self.name}, where {final} has to be written: until all is whole, what is"
            " restored lies beside what is there"
        )

    def _note(self, left: "_Left") -> None:
        content = {
            "client": asdict(left.client),
            "name": os.fsdecode(left.name),
            "target": os.fsdecode(left.target),
            "common": os.fsdecode(left.common),
        }
        with open(self.journal, "w", encoding="ascii", opener=private.opener) as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        sync(self.journal.parent)

    def _hear(self, said: bytes) -> None:
        for code, path, detail in _triples(said):
            place = quoted(self.target.rstrip(b"/") + path)
            if code == moving.NO_DIRECTORY:
                self.unmade.append(path)
                continue
            if code == moving.REPLACED:
                was = f"a link to {quoted(detail)}" if detail else "a file"
                text = f"{place} was {was}; it is a directory now as in the saveset"
                self.replaced.append(text)
            elif code == moving.IN_THE_WAY:
                self.failed += 1
                text = (
                    f"{place} is in the way and stays: a directory that is not empty is never"
                    " replaced by a file"
                )
            elif code == moving.NOT_RESTORED:
                self.failed += 1
                text = f"{place} was not restored: it could not be moved into its place"
            else:
                text = _text_of_old(code, place, detail)
            level = Level.INFO if code == moving.PUT_BACK else Level.WARNING
            self._said.append(Message(level, code.decode("ascii"), text, path))


@dataclass(frozen=True, slots=True)
class _Left:
    """What a restore has at a client that did not come to its end: see `moving.begin`."""

    client: Ssh
    name: bytes
    target: bytes
    common: bytes


def clean_up(journal: Path, tmp_dir: Path) -> list[Message]:
    """Removes what a restore has left at a client whose agent was killed, and says so. The journal
    is gone afterwards."""
    try:
        content = json.loads(journal.read_text("ascii"))
        left = _Left(
            Ssh(**content["client"]),
            *(os.fsencode(content[field]) for field in ("name", "target", "common")),
        )
    except FileNotFoundError:
        return []
    except (ValueError, LookupError, TypeError) as error:
        log.warning("%s is damaged: what it says is not known: %s", journal, error)
        journal.unlink()
        return []
    with SshClient(left.client, tmp_dir) as client:
        messages = list(_given_up(client, left, _PATIENCE_SECONDS))
    journal.unlink()
    return messages


def _given_up(client: SshClient, left: _Left, patience_seconds: int) -> Iterator[Message]:
    script = moving.abandon(left.name, left.target, left.common, patience_seconds)
    try:
        answer = client.run(script, Unstoppable())
    except (EngineError, OSError) as error:
        text = (
            f"the restore may have left directories {quoted(left.name)} below"
            f" {quoted(left.target.rstrip(b'/') + left.common)} at client"
            f" {refusals.name_of(left.client)}: remove them. Look into those named"
            f" {quoted(moving.holder_name(left.name))} before: they have what was moved out of the"
            f" way. It could not be done by itself: {error}"
        )
        yield Message(Level.WARNING, moving.LEFT.decode(), text)
        return
    for code, path, detail in _triples(answer):
        place = left.target.rstrip(b"/") + path if path else detail
        detail = detail if path else b""
        level = Level.INFO if code == moving.PUT_BACK else Level.WARNING
        yield Message(level, code.decode("ascii"), _text_of_old(code, quoted(place), detail), path)


def _text_of_old(code: bytes, place: str, detail: bytes) -> str:
    if code == moving.PUT_BACK:
        return f"{place} was put back"
    if code == moving.LEFT and detail:
        return f"{place} was replaced; what was there is now {quoted(detail)}"
    return f"{place} could not be removed: remove it"


def _triples(said: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    fields = said.split(b"\0")[:-1]
    return zip(fields[::3], fields[1::3], fields[2::3], strict=False)
