"""Why a client cannot be used, out of what ssh wrote into its log. Pure; its language is C."""

import re

from server_agent.domain.quoting import printable, quoted
from server_agent.domain.reach import Ssh
from server_agent.ports import EngineError

LOST = "CLIENT_LOST"
UNFIT = "CLIENT_UNFIT"
UNREACHABLE = "CLIENT_UNREACHABLE"

_LONGEST_REASON = 300
_KEY_FILE = re.compile(
    r'^(?:Load key "[^"]*"|Identity file .* not accessible): (.*)$', re.MULTILINE
)
_OTHER_KEY = re.compile(
    r"Host key verification failed|HOST IDENTIFICATION HAS CHANGED|no matching host key type found"
    r"|REVOKED HOST KEY"
)
_PRESENTED = re.compile(r"(SHA256:[0-9A-Za-z+/]{43})")
_REFUSED = re.compile(r"Permission denied \(|Too many authentication failures|No supported auth")
# ssh says it on its standard error, whatever the log.
_CLOSED = re.compile(r"Connection to \S+ closed( by remote host)?\.")
# What ssh puts before the reason proper.
_PREFIX = re.compile(
    r"^(?:ssh: |client_loop: |kex_exchange_identification: |debug\d: )", re.MULTILINE
)
_NOISE = re.compile(
    r"^(?:Warning: Permanently added|Pseudo-terminal will not|Transferred: |Bytes per second: ).*$",
    re.MULTILINE,
)


def name_of(client: Ssh) -> str:
    """A client in the middle of a sentence."""
    host = f"[{client.host}]" if ":" in client.host else client.host
    return f"{client.user}@{host}:{client.port}"


def refused(client: Ssh, public_key: str, log: str, said: str) -> EngineError:
    """No program could be started.

    Args:
        public_key: the other half of the key, as in authorized_keys.
        log: what ssh wrote.
        said: what the other side wrote in place of our own first word.
    """
    name = name_of(client)
    if _OTHER_KEY.search(log):
        return other_host_key(client, _PRESENTED.findall(log)[:1])
    if _REFUSED.search(log):
        return EngineError(
            "CLIENT_KEY_REFUSED",
            f"client {name} refuses the key {quoted(client.key_file)}: put this line into the"
            f" authorized_keys of {client.user} there: {public_key}",
        )
    if _reason(log) or _CLOSED.fullmatch(said):
        return unreachable(client, _reason(log) or said.rstrip("."))
    if said:
        return unfit(
            client,
            f"its account {client.user} starts no shell but says {quoted(_short(said))}."
            " Give the account a POSIX shell, and no command of its own in authorized_keys",
        )
    return unreachable(client, "it closed the connection and did not say why")


def unreachable(client: Ssh, reason: str) -> EngineError:
    return EngineError(
        UNREACHABLE,
        f"client {name_of(client)} cannot be reached: {reason}. Switch it on, or correct its"
        " address in the client",
    )


def unfit(client: Ssh, what: str) -> EngineError:
    return EngineError(UNFIT, f"client {name_of(client)} cannot be used: {what}")


def other_host_key(client: Ssh, presented: list[str]) -> EngineError:
    shown = f" ({', '.join(presented)})" if presented else ""
    return EngineError(
        "CLIENT_HOST_KEY_CHANGED",
        f"client {name_of(client)} shows another host key{shown} than the one that was accepted:"
        " it was installed anew, or somebody stands between. Ask its administrator, and accept the"
        " new key in the client only if it is right",
    )


def lost(client: Ssh, log: str, status: int) -> EngineError:
    """The connection ended while a program ran, so that nobody knows how that ended."""
    reason = _reason(log)
    if status < 0:
        reason = f"the agent's ssh was killed by signal {-status}"
    return EngineError(
        LOST,
        f"client {name_of(client)} was lost in the middle:"
        f" {reason or 'the connection or the program there was ended from outside'}."
        " Look whether it runs and whether its network does, and start again",
    )


def unusable_key(client: Ssh, log: str) -> EngineError:
    """`log`: what ssh-keygen has said of it."""
    reason = _reason(log).rpartition(": ")[2]
    if reason == "bad permissions":
        reason = "others may read it. Take their permissions from it: chmod 600"
    elif "passphrase" in reason or "libcrypto" in reason or "format" in reason:
        reason += ". It must be a private key of OpenSSH without a passphrase"
    return EngineError(
        "CLIENT_KEY_UNUSABLE",
        f"the key {quoted(client.key_file)} for client {name_of(client)} cannot be used: {reason}",
    )


def _reason(log: str) -> str:
    """Its last sentence, which is the cause; the ones before it are circumstances."""
    lines = [line.strip() for line in _PREFIX.sub("", _NOISE.sub("", log)).splitlines()]
    return next((_short(line).rstrip(".") for line in reversed(lines) if line), "")


def _short(text: str) -> str:
    return printable(text.strip())[:_LONGEST_REASON]
