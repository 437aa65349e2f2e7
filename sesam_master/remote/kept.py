"""Messages of one kind by key, as a snapshot and the changes after it told them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

Kind = TypeVar("Kind")


class Kept(Generic[Kind]):
    """Messages by key. Those of the snapshot stay inside it: a Python object for each of a quarter
    of a million would make a garbage collection last 100 ms and more, for all threads."""

    def __init__(self, messages: Sequence[Kind], key: Callable[[Kind], str]) -> None:
        self.places = {key(message): place for place, message in enumerate(messages)}
        self._messages = messages
        self._newer: dict[str, Kind] = {}

    def get(self, key: str) -> Kind | None:
        """None for one that is not there."""
        if key in self._newer:
            return self._newer[key]
        return self._messages[self.places[key]] if key in self.places else None

    def put(self, key: str, message: Kind) -> None:
        self.places.pop(key, None)
        self._newer[key] = message

    def drop(self, key: str) -> None:
        self.places.pop(key, None)
        self._newer.pop(key, None)

    def __iter__(self) -> Iterator[Kind]:
        yield from (self._messages[place] for place in self.places.values())
        yield from self._newer.values()
