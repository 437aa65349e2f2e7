"""Serves figures over HTTP to Prometheus, where `sm.ini` names an address for that."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from server_agent.domain.figures import Figure, FigureKind
from server_agent.ini_files import InstallationError

_FAMILIES = {
    FigureKind.GAUGE: GaugeMetricFamily,
    FigureKind.COUNTER: CounterMetricFamily,
}


class _Collected(Collector):
    def __init__(self, figures: Callable[[], Iterable[Figure]]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        for figure in self._figures():
            family = _FAMILIES[figure.kind](figure.name, figure.about, labels=figure.labels)
            for sample in figure.samples:
                values = [sample.labels[name] for name in figure.labels]
                family.add_metric(values, sample.value)
            yield family

    def describe(self) -> list[Metric]:
        """Nothing: the figures are asked for when somebody wants them, not at the start."""
        return []


@contextmanager
def serving(host: str, port: int, figures: Callable[[], Iterable[Figure]]) -> Iterator[int]:
    """Serves `/metrics` until the end of the block; gives the port.

    Args:
        port: 0 for any free one.

    Raises:
        InstallationError: the address is not free.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(figures))
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise InstallationError(
            f"Cannot serve metrics on {host}:{port}: {error.strerror}. Set another port or host in "
            "section [METRICS] of sm.ini, or remove the section"
        ) from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
