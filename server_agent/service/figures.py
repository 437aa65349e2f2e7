"""What the location says of itself in figures."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from server_agent.domain.figures import Figure, FigureKind, Sample
from server_agent.domain.jobs import JobState
from server_agent.domain.parts import Part, PartState
from server_agent.ports import CatalogueView
from server_agent.service.changes import Changes
from server_agent.service.location import Location

Calls = Callable[[], Mapping[tuple[str, str], int]]
_GOOD = (JobState.OK, JobState.WARNING)


class Figures:
    """Args:
    parts: all of the agent.
    calls: how often each method was called, by its name and outcome.
    """

    def __init__(
        self,
        changes: Changes,
        location: Location,
        parts: Callable[[], Iterable[Part]],
        calls: Calls,
    ) -> None:
        self._changes = changes
        self._location = location
        self._parts = parts
        self._calls = calls

    def now(self) -> list[Figure]:
        """All of them. Any thread may ask."""
        with self._changes.read() as view:
            of_catalogue = [*_of_jobs(view), *_of_stores(view)]
        return [*self._of_agent(), *of_catalogue, *self._of_licence()]

    def _of_agent(self) -> Iterator[Figure]:
        location = self._location
        yield _gauge(
            "sesam_agent_info",
            "Always 1: which agent this is",
            [(1, {"location": location.name, "id": location.id, "version": location.version})],
        )
        yield _gauge(
            "sesam_agent_start_time_seconds",
            "When the agent started, since 1970",
            [(location.start_time.timestamp(), {})],
        )
        parts = list(self._parts())
        yield _gauge(
            "sesam_part_online",
            "1 if a part of the agent works, 0 if it has failed",
            [
                (part.state is PartState.ONLINE, {"part": part.name})
                for part in parts
                if part.state is not PartState.UNUSED
            ],
        )
        yield _counter(
            "sesam_part_restarts_total",
            "How often a part of the agent began again",
            [(part.restarts, {"part": part.name}) for part in parts],
        )
        yield _gauge(
            "sesam_watchers", "Streams to desks and scripts", [(self._changes.watchers, {})]
        )
        yield _counter(
            "sesam_calls_total",
            "Calls by their method and outcome: OK, or the reason of the refusal",
            [
                (count, {"method": method, "outcome": outcome})
                for (method, outcome), count in sorted(self._calls().items())
            ],
        )

    def _of_licence(self) -> Iterator[Figure]:
        report = self._changes.licence
        if report is None:
            return
        verdict = report.verdict
        yield _gauge(
            "sesam_licence_may_back_up",
            "1 if the licence lets backups start",
            [(verdict.may_back_up, {})],
        )
        if verdict.end_time is not None:
            yield _gauge(
                "sesam_licence_end_time_seconds",
                "When the licence or the trial ends, since 1970",
                [(verdict.end_time.timestamp(), {})],
            )


def _of_jobs(view: CatalogueView) -> Iterator[Figure]:
    found = Counter((job.state.name.lower(), job.kind.value) for job in view.open_jobs())
    yield _gauge(
        "sesam_open_jobs",
        "Jobs that are queued or active",
        [(count, {"state": state, "kind": kind}) for (state, kind), count in sorted(found.items())],
    )
    newest = [job for job in view.newest_ended_backups() if job.end_time is not None]
    for name, about, value in (
        (
            "sesam_last_backup_end_time_seconds",
            "When the newest backup of a task ended, well or not, since 1970",
            lambda job: job.end_time.timestamp(),
        ),
        (
            "sesam_last_backup_ok",
            "1 if the newest backup of a task ended well, also with warnings",
            lambda job: job.state in _GOOD,
        ),
        (
            "sesam_last_backup_size_bytes",
            "What the newest backup of a task has read",
            lambda job: job.bytes_done,
        ),
    ):
        yield _gauge(
            name,
            about,
            [(value(job), {"task": job.task, "client": job.client}) for job in newest],
        )


def _of_stores(view: CatalogueView) -> Iterator[Figure]:
    samples = [
        sample
        for store in view.data_stores()
        if (sample := view.last_sample(store.name)) is not None
    ]
    for field, about in (
        ("capacity", "Size of the file system of a data store"),
        ("free", "What is free on the file system of a data store"),
        ("stored", "What the savesets of a data store take"),
    ):
        yield _gauge(
            f"sesam_store_{field}_bytes",
            f"{about}, as it was seen last",
            [
                (size, {"store": sample.store})
                for sample in samples
                if (size := getattr(sample, f"{field}_bytes")) is not None
            ],
        )
    yield _gauge(
        "sesam_store_seen_time_seconds",
        "When it was looked last how full a data store is, since 1970",
        [(sample.time.timestamp(), {"store": sample.store}) for sample in samples],
    )


def _gauge(name: str, about: str, values: Iterable[tuple[float, dict[str, str]]]) -> Figure:
    return _figure(name, about, FigureKind.GAUGE, values)


def _counter(name: str, about: str, values: Iterable[tuple[float, dict[str, str]]]) -> Figure:
    return _figure(name, about, FigureKind.COUNTER, values)


def _figure(
    name: str, about: str, kind: FigureKind, values: Iterable[tuple[float, dict[str, str]]]
) -> Figure:
    samples = tuple(Sample(float(value), labels) for value, labels in values)
    labels = tuple(samples[0].labels) if samples else ()
    return Figure(name, about, kind, labels, samples)
