"""Whether systemd starts the agent with the machine (manual, "sm_setup set_reboot")."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from server_agent.commands.answer import CommandError
from server_agent.ini_files import ANCHOR_VARIABLE
from server_agent.installation import SYSTEM_ANCHOR, Installation

UNITS = Path("/etc/systemd/system")
RUNNING = Path("/run/systemd/system")  # is there while systemd is the system's first process
_UNIT = """\
[Unit]
Description=Backup agent of {name}
Documentation=man:sesam-agent(1)
Wants=network-online.target
After=network-online.target remote-fs.target time-sync.target
StartLimitIntervalSec=0

[Service]
Type=notify
Environment={variable}
ExecStart={serve}
User={user}
Restart=on-failure
RestartSec=5
WatchdogSec=120
# What was broken is put in order before it answers.
TimeoutStartSec=15min
TimeoutStopSec=2min
# The jobs' own programs are ended by the agent.
KillMode=mixed
# It reads all that is to be saved and writes all that is restored, uses tape devices, and its
# programs mount: nothing is hidden from it. What no backup needs is taken away.
CapabilityBoundingSet=~CAP_SYS_BOOT CAP_SYS_MODULE CAP_SYS_TIME CAP_WAKE_ALARM
SystemCallFilter=~@clock @module @reboot @swap @obsolete @cpu-emulation
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictRealtime=yes
LockPersonality=yes
KeyringMode=private
UMask=0077

[Install]
WantedBy=multi-user.target
"""


@dataclass(frozen=True, slots=True)
class Boot:
    """One installation and the systemd of its machine.

    Attributes:
        units: the directory of its units.
        running: is there while systemd runs the machine.
    """

    installation: Installation
    units: Path = UNITS
    running: Path = RUNNING

    @property
    def unit(self) -> str:
        """The name of the unit."""
        if self.installation.anchor == SYSTEM_ANCHOR:
            return "sesam.service"
        return f"sesam-{self.installation.location_id[:8]}.service"

    @property
    def is_set(self) -> bool:
        """Whether systemd looks after the agent."""
        return self.running.is_dir() and (self.units / self.unit).is_file()

    def text(self, user: str) -> str:
        """The unit. `user`: that runs the agent."""
        anchor = f"{ANCHOR_VARIABLE}={self.installation.anchor}"
        command = [sys.executable, "-m", "server_agent.commands.sesam_agent", "serve"]
        return _UNIT.format(
            name=_escaped(self.installation.name),
            variable=_quoted(anchor),
            serve=" ".join(map(_quoted, command)),
            user=user,
        )

    def set(self, user: str) -> None:
        """Has systemd start the agent with the machine. Raises CommandError."""
        self._check()
        file = self.units / self.unit
        part = file.with_name(file.name + ".new")
        try:
            part.write_text(self.text(user), encoding="utf-8")
            part.replace(file)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise CommandError(
                f"{file} cannot be written: {error.strerror}. Call this as root"
            ) from error
        self._control("daemon-reload")
        self._control("enable", self.unit)

    def unset(self) -> None:
        """The agent is not started with the machine any more; if it runs, it goes on. Raises
        CommandError."""
        self._check()
        file = self.units / self.unit
        if not file.exists():
            return
        self._control("disable", self.unit)
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise CommandError(
                f"{file} cannot be removed: {error.strerror}. Call this as root"
            ) from error
        self._control("daemon-reload")

    def start(self) -> None:
        """Starts the agent. Raises CommandError."""
        self._control("start", self.unit)

    def _check(self) -> None:
        if not self.running.is_dir():
            raise CommandError(
                "This machine is not run by systemd, so nothing was changed. Have its own way of "
                "starting programs call: sm_os_startup start"
            )

    def _control(self, *words: str) -> None:
        program = shutil.which("systemctl")
        if program is None:
            raise CommandError("systemctl is not installed: install the package systemd")
        done = subprocess.run(
            [program, *words], capture_output=True, text=True, timeout=180, check=False
        )
        if done.returncode:
            said = " ".join((done.stderr or done.stdout).split())
            raise CommandError(f"systemctl {' '.join(words)} failed: {said}")


def _escaped(text: str) -> str:
    """% begins a specifier in a unit."""
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    """One word of a unit's value. Source: systemd.syntax(7)."""
    escaped = _escaped(text).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{escaped}"'
