"""Programs that a test writes down line by line."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from server_agent.ports import Cancelled, Control
from server_agent.ports.programs import Ended, Output, ProgramError

Step = str | Callable[[Control], None]


@dataclass(frozen=True, slots=True)
class Run:
    """One call."""

    program: str
    arguments: tuple[str, ...]
    facts: dict[str, str]


class FakePrograms:
    """The `Programs` port.

    Attributes:
        runs: what was asked for.
    """

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self._programs: dict[str, tuple[tuple[Step, ...], int]] = {}

    def put(self, name: str, *steps: Step, status: int = 0) -> None:
        """A program that says lines, passes through what is called, and ends with the status."""
        self._programs[name] = (steps, status)

    def remove(self, name: str) -> None:
        del self._programs[name]

    def has(self, name: str) -> bool:
        return name in self._programs

    def is_there(self, name: str) -> bool:
        return name in self._programs

    def run(
        self, name: str, arguments: Sequence[str], facts: Mapping[str, str], control: Control
    ) -> Iterator[Output | Ended]:
        if not self.has(name):
            raise ProgramError(f"There is no program {name}")
        self.runs.append(Run(name, tuple(arguments), dict(facts)))
        steps, status = self._programs[name]
        for step in steps:
            if isinstance(step, str):
                yield Output(step.encode())
            else:
                step(control)
            if control.cancelled:
                raise Cancelled
        yield Ended(status)
