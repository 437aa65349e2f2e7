"""A client over SSH, as the engine sees it."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from server_agent.adapters.ssh import host_key, login, refusals, scripts, survey
from server_agent.adapters.ssh.child import RemoteChild
from server_agent.adapters.ssh.login import Login
from server_agent.adapters.tar.child import Child
from server_agent.adapters.tar.client import Survey
from server_agent.domain.reach import Ssh, check_ssh, pinned_key
from server_agent.ports import Control

_LANGUAGE = ("env", "LC_ALL=C", "TZ=UTC")  # see `server_agent.adapters.tar.child`
_ANSWER_BYTES = 16 << 20  # of a script of ours; more is not its answer


@dataclass(slots=True)
class Answer:
    """What a script has said, and its exit status."""

    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)
    status: int = -1

    @property
    def complaint(self) -> str:
        """Why it failed."""
        said = bytes(self.err).decode("utf-8", "backslashreplace").strip()
        return said or f"its shell ended with status {self.status}"


class SshClient:
    """`server_agent.adapters.tar.client.Client` for one call of the engine. Each program has a
    connection of its own: nothing is shared that could outlast it."""

    is_here = False

    def __init__(self, client: Ssh, tmp_dir: Path) -> None:
        """Touches nothing yet.

        Raises:
            InvalidArgument: the client cannot be one.
        """
        check_ssh(client)
        self.reach = client
        self._tmp_dir = tmp_dir
        self._undo = contextlib.ExitStack()
        self._login: Login | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._login = None
        self._undo.close()

    def survey(self, paths: Sequence[bytes], control: Control) -> Survey:
        answer = self.run(survey.script(paths), control)
        return survey.read(self.reach, answer, paths)

    def start(
        self,
        command: Sequence[str | bytes],
        control: Control,
        *,
        fed: bool = False,
        fed_from: Path | None = None,
        umask: int = -1,
    ) -> Child:
        made = scripts.words([*_LANGUAGE, *command])

        def script(input_bytes: int) -> bytes:
            if fed:
                return scripts.fed_program(made, umask)
            return scripts.program(made, input_bytes)

        return RemoteChild(self._opened(control), script, control, fed_from=fed_from)

    def start_command(self, argv: Sequence[bytes], control: Control) -> Child:
        made = scripts.words(argv)
        login_ = self._opened(control)
        return RemoteChild(login_, lambda size: scripts.program(made, size), control)

    def run(self, script: bytes, control: Control) -> bytes:
        """What a script of ours answers.

        Raises:
            EngineError: CLIENT_UNFIT, it failed; or as `start`.
            Cancelled: the control said so.
        """
        answer = Answer()
        for _ in self.ask(script, control, answer):
            pass
        if answer.status:
            raise refusals.unfit(self.reach, answer.complaint)
        return bytes(answer.out)

    def ask(
        self, script: bytes, control: Control, answer: "Answer", *, is_ended: bool = True
    ) -> Iterator[None]:
        """Runs a script of ours and fills in what it answers; pauses now and then.

        Args:
            is_ended: whether it is killed if its connection is lost or not wanted any more.

        Raises:
            EngineError: as `start`.
            Cancelled: the control said so.
        """
        opened = self._opened(control)
        with RemoteChild(opened, lambda _: script, control, is_ended=is_ended) as child:
            while child.talks:
                for output in child.ready():
                    (answer.out if output == "out" else answer.err).extend(child.read(output))
                if len(answer.out) + len(answer.err) > _ANSWER_BYTES:
                    raise refusals.unfit(self.reach, "its shell says more than it was asked")
                yield
            answer.status = child.wait()

    def _opened(self, control: Control) -> Login:
        if self._login is None:
            key = pinned_key(self.reach.host_key) or host_key.found(self.reach, control)
            self._login = self._undo.enter_context(login.opened(self.reach, key, self._tmp_dir))
        return self._login
