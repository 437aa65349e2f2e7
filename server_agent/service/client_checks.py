"""Looking at machines that are clients, or are to become ones."""

from server_agent.domain.errors import ClientNotFound, ClientUnusable
from server_agent.domain.reach import DEFAULT_PORT, HostKey, Ssh, check_host
from server_agent.ports import Engine, EngineError
from server_agent.service.changes import Changes
from server_agent.service.control import JobControl


class ClientChecks:
    """Asks machines; each call takes as long as they do."""

    def __init__(self, changes: Changes, engine: Engine) -> None:
        self._changes = changes
        self._engine = engine

    def host_keys(self, host: str, port: int = DEFAULT_PORT) -> list[HostKey]:
        """The keys that a machine shows. Raises InvalidArgument, ClientUnusable."""
        check_host(host, port)
        machine = Ssh(host, user="", key_file="", host_key="", port=port)
        try:
            return self._engine.host_keys(machine, JobControl())
        except EngineError as error:
            raise ClientUnusable(client=host, detail=_sentence(error)) from error

    def limits(self, name: str) -> list[str]:
        """What a client cannot save or restore as it should be. Raises ClientNotFound,
        ClientUnusable."""
        with self._changes.read() as view:
            client = view.client(name)
        if client is None:
            raise ClientNotFound(client=name)
        try:
            return self._engine.check_client(client.reach, JobControl())
        except EngineError as error:
            raise ClientUnusable(client=name, detail=_sentence(error)) from error


def _sentence(error: EngineError) -> str:
    text = error.text.rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."
