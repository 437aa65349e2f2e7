"""What an agent needs from outside: its ports, and what the installation says of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from server_agent.domain.reach import Reach, Ssh
from server_agent.ports import Catalogue, Clock, Engine, Protocols
from server_agent.ports.calendar_files import CalendarFiles
from server_agent.ports.day_logs import DayLogs
from server_agent.ports.interfaces import InterfaceFiles
from server_agent.ports.keys import Keys
from server_agent.ports.licence import LicenceFiles
from server_agent.ports.listings import Listings
from server_agent.ports.logs import LogFiles
from server_agent.ports.names import Names
from server_agent.ports.otp import OtpSecrets
from server_agent.ports.programs import Programs
from server_agent.ports.self_backup import SelfBackupFiles
from server_agent.ports.stamps import Stamps
from server_agent.service.interface_runs import InterfaceRuns
from server_agent.service.interfaces import PRE_POST_SECONDS
from server_agent.service.loading import OpenLoader
from server_agent.service.notices import NOTICE_SECONDS


@dataclass(frozen=True, slots=True)
class Outside:
    """All that the agent needs from outside. Seconds are those that programs may run: sbc_pre,
    sbc_post and sm_disaster, and sm_notify and sm_alarm."""

    catalogue: Catalogue
    engine: Engine
    protocols: Protocols
    day_logs: DayLogs
    programs: Programs
    calendar_files: CalendarFiles
    clock: Clock
    listings: Listings
    names: Names
    stamps: Stamps
    interface_files: InterfaceFiles
    licence_files: LicenceFiles
    log_files: LogFiles
    otp_secrets: OtpSecrets
    self_backup_files: SelfBackupFiles | None = None
    pre_post_seconds: float = PRE_POST_SECONDS
    notice_seconds: float = NOTICE_SECONDS
    ssh_programs: Callable[[Ssh], Programs] | None = None
    keys: Keys | None = None
    loader_devices: OpenLoader | None = None

    def programs_of(self, client: Reach) -> Programs:
        """Those of the machine that is backed up."""
        there = self.ssh_programs
        return there(client) if isinstance(client, Ssh) and there is not None else self.programs

    def with_runs_kept(self, runs: InterfaceRuns) -> "Outside":
        """The same, but how a program runs is kept."""
        there = self.ssh_programs
        kept = (lambda client: runs.of(there(client))) if there is not None else None
        return replace(self, programs=runs.of(self.programs), ssh_programs=kept)
