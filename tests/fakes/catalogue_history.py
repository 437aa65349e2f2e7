"""The part of the catalogue in memory that knows how the location has grown."""

from datetime import date, datetime, timedelta
from itertools import groupby

from server_agent.domain.history import GrowthDay, StoreSample
from server_agent.domain.jobs import JobKind, JobState
from tests.fakes.catalogue_state import State

_SAVED = (JobState.OK, JobState.WARNING)


class MemoryHistoryView:
    """The `HistoryView` port."""

    _state: State

    def store_samples(
        self,
        store: str,
        first: date | None,
        last: date | None,
        after: tuple[str, datetime] | None,
        limit: int,
    ) -> list[StoreSample]:
        samples = self._state.store_samples
        wanted = [
            samples[key]
            for key in sorted(samples)
            if key[0] == (store or key[0])
            and _is_within(samples[key].sesam_day, first, last)
            and (after is None or key > after)
        ]
        return wanted[:limit]

    def last_sample(self, store: str) -> StoreSample | None:
        times = [time for name, time in self._state.store_samples if name == store]
        return self._state.store_samples[store, max(times)] if times else None

    def growth(
        self, client: str, task: str, first: date | None, last: date | None, limit: int
    ) -> list[GrowthDay]:
        wanted = [
            job
            for job in self._state.jobs.values()
            if job.kind is JobKind.BACKUP
            and job.state in _SAVED
            and job.client == (client or job.client)
            and job.task == (task or job.task)
            and _is_within(job.sesam_day, first, last)
        ]
        wanted.sort(key=lambda job: job.sesam_day)
        found = []
        for day, grouped in groupby(wanted, key=lambda job: job.sesam_day):
            jobs = list(grouped)
            spans = [
                job.end_time - job.start_time for job in jobs if job.end_time if job.start_time
            ]
            found.append(
                GrowthDay(
                    day,
                    len(jobs),
                    sum(job.files for job in jobs),
                    sum(job.bytes_done for job in jobs),
                    sum(job.stored_bytes for job in jobs),
                    sum((max(span, timedelta(0)) for span in spans), timedelta(0)),
                )
            )
        return found[:limit]


class MemoryHistoryTransaction(MemoryHistoryView):
    """The `HistoryTransaction` port."""

    def add_store_sample(self, sample: StoreSample) -> None:
        self._state.store_samples[sample.store, sample.time] = sample

    def thin_store_samples(self, whole_from: date, kept_from: date) -> None:
        def fullness(sample: StoreSample) -> tuple[int, datetime]:
            used = sample.used_bytes
            return sample.stored_bytes if used is None else used, sample.time

        samples = self._state.store_samples.values()
        fullest: dict[tuple[str, date], StoreSample] = {}
        for sample in sorted(samples, key=fullness):
            fullest[sample.store, sample.sesam_day] = sample
        kept = [
            sample
            for sample in samples
            if sample.sesam_day >= whole_from
            or (sample.sesam_day >= kept_from and sample is fullest[sample.store, sample.sesam_day])
        ]
        self._state.store_samples = {(each.store, each.time): each for each in kept}


def _is_within(day: date, first: date | None, last: date | None) -> bool:
    return (first is None or day >= first) and (last is None or day <= last)
