"""The licence day by day: a real agent on a clock that is set, and a desk that shows it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from server_agent.adapters.licence_keys import key_line
from sesam_api.errors import SesamError
from sesam_master.app import Program, Stores
from sesam_master.local import LocalAgent, MemoryCredentials, MemoryRegistry, NoPictures
from sesam_master.ui.licence.window import LicenceWindow
from sesam_master.ui.theme import ThemeHolder, ThemeMode
from tests.e2e.agent_process import REPOSITORY, SECONDS, AgentProcess
from tests.e2e.set_clock_agent import SetClock
from tests.fakes.licence import SIGNER, Signer, altered

PATIENCE_MS = 30_000
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


class Site:
    """One location with a task, and the desk on the same machine."""

    def __init__(
        self, agent: AgentProcess, place: Path, clock: SetClock, qapp: QApplication, qtbot: QtBot
    ) -> None:
        self.agent = agent
        self.place = place
        self.clock = clock
        tree = place / "tree"
        tree.mkdir()
        (tree / "letter.txt").write_text("Dear reader\n")
        with self.agent.connected() as location:
            location.add_client("local")
            location.add_task("docs", "local", [os.fsencode(tree)])
            self.server = location.licence().server_name
        self._qtbot = qtbot
        local = self._local = LocalAgent(self.agent.root, {})
        self.program = Program(
            ThemeHolder(qapp, ThemeMode.LIGHT),
            Stores(MemoryRegistry([local.registration]), MemoryCredentials(), NoPictures()),
            is_local=True,
        )
        qtbot.addWidget(self.program.desk.window)
        self.program.start()

    def close(self) -> None:
        self.program.stop()
        self._local.close()

    def until(self, condition: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(condition, timeout=PATIENCE_MS)

    def day(self, days: float) -> tuple[str, int | None, bool]:
        """So many days behind the first start: what the agent says then."""
        self.clock.set_ahead(days * DAY)
        with self.agent.connected() as location:
            found = location.licence()
        return found.state, found.days_left, found.may_back_up

    def back_up(self) -> str:
        """The state of the backup that was made."""
        with self.agent.connected() as location:
            return location.wait(location.start_backup("docs", "FULL"), SECONDS).state

    def restore(self) -> str:
        target = Path(tempfile.mkdtemp(dir=self.place))
        with self.agent.connected() as location:
            [saveset, *_] = location.savesets()
            return location.wait(location.restore(saveset, target), SECONDS).state

    @property
    def banner(self) -> str:
        shown = self.program.desk.licences.banner
        return shown.accessibleName() if not shown.isHidden() else ""

    def info(self) -> LicenceWindow:
        self.until(lambda: bool(self.program.bridge.fleet.locations))
        shown = self.program.desk.licences.show_info("")
        assert shown is not None
        return shown

    def sm(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            (
                *(sys.executable, "-m", f"server_agent.commands.{program}"),
                *("--root", str(self.agent.root), *arguments),
            ),
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def licence(self, signer: Signer = SIGNER, **changed: str) -> bytes:
        """For this server, for another hundred days of its clock."""
        today = self.clock.now().date()
        fields = {
            "server_name": self.server,
            "addresses": "",
            "issued": f"{self.clock.now():%Y-%m-%dT%H:%M:%SZ}",
            "valid_from": date(2020, 1, 1).isoformat(),
            "valid_until": (today + 100 * DAY).isoformat(),
            **changed,
        }
        return signer.licence(**fields)

    def load(self, content: bytes) -> str:
        """What the desk says of a file that is loaded there."""
        info = self.info()
        file = self.place / "from_mail.ini"
        file.write_bytes(content)
        info.load(file)
        self.until(lambda: not info.note.text().endswith("…"))
        return info.note.text()


@pytest.fixture
def site(qapp: QApplication, qtbot: QtBot) -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        place = Path(directory)
        command = (sys.executable, "-m", "tests.e2e.set_clock_agent")
        clock = place / "offset"
        agent = AgentProcess(place / "root", place, (*command, str(place / "root"), str(clock)))
        try:
            agent.start()
            made = Site(agent, place, SetClock(clock), qapp, qtbot)
            yield made
            made.close()
        finally:
            agent.close()


def test_thirty_days_and_what_comes_after_them(site: Site) -> None:
    assert site.back_up() == "ok"
    assert site.day(1) == ("trial", 29, True)
    info = site.info()
    site.until(lambda: info.headline.text() == "Trial, 29 days left")
    assert site.banner == ""

    assert site.day(23) == ("ending", 7, True)
    site.until(lambda: "ends in 7 days" in site.banner)
    assert info.banner.accessibleName() == "Trial, 7 days left"
    assert site.back_up() == "ok"

    assert site.day(29) == ("ending", 1, True)
    site.until(lambda: "ends in 1 day:" in site.banner)
    assert site.day(30 - 1 / 24) == ("ending", 1, True)
    assert site.back_up() == "ok"

    for days in (30, 31, 5, -100):
        assert site.day(days) == ("expired", 0, False)
        with pytest.raises(SesamError, match="the trial ended on") as refused:
            site.back_up()
        assert refused.value.reason == "LICENCE_NEEDED"
        assert site.restore() == "ok"
        site.until(lambda: site.banner.startswith("No backup starts at Alpha"))
    assert info.banner.accessibleName() == "Trial has ended"
    site.until(lambda: "clock was set back" in info.sentence.text())

    # It is kept, whatever ends the agent.
    site.agent.end()
    site.agent.start()
    assert site.day(5) == ("expired", 0, False)
    report = site.sm("sm_info", "c").stdout
    assert "License           : expired\n" in report
    assert "Backup            : off\n" in report


def test_only_what_counts_is_installed_at_the_desk(site: Site) -> None:
    (site.place / "trusted").write_text(key_line(SIGNER.public, "the seller"))
    site.day(40)
    forged = site.load(site.licence())
    assert "signed with the key" in forged
    assert "not trusted" in forged
    trusted = site.sm("sm_licence", "trust", str(site.place / "trusted"))
    assert (
        trusted.stdout
        == f'STATUS=SUCCESS MSG="Licences signed with the key {SIGNER.id} count here."\n'
    )
    assert "It was altered" in site.load(altered(site.licence()))
    foreign = site.load(site.licence(server_name="elsewhere", addresses="198.51.100.1"))
    assert f"It is for the server elsewhere, and this one is {site.server}" in foreign
    assert "It is for the address 198.51.100.1" in foreign
    ended = (site.clock.now().date() - 2 * DAY).isoformat()
    assert f"It ended with {ended}" in site.load(site.licence(valid_until=ended))
    assert not (site.agent.root / "var/ini/sm_lic.ini").exists()

    assert "is installed, valid until" in site.load(site.licence())
    site.until(lambda: site.banner == "")
    site.until(lambda: site.info().headline.text() == "Licence is valid")
    assert site.back_up() == "ok"
    second = site.load(site.licence(number="2026-0008"))
    [kept] = (site.agent.root / "var/ini").glob("sm_lic.ini.2*")
    assert second.endswith(f"kept there as {kept.name}.")
    refused = site.sm("sm_licence", "install", str(site.place / "trusted"))
    assert refused.returncode == 1
    assert "The file cannot be used" in refused.stdout
    shown = site.sm("sm_licence", "show").stdout
    assert "License No.       : 2026-0008\n" in shown


def test_the_plan_fails_by_name_when_it_is_over(site: Site) -> None:
    site.day(29)
    with site.agent.connected() as location:
        site.clock.set_ahead(29 * DAY)
        later = site.clock.now() + 2 * DAY
        location.order_backup("FULL", task="docs", start_time=later)
    site.day(32)
    with site.agent.connected() as location:

        def ended() -> list[str]:
            return [job.message for job in location.jobs(states=["error"], task="docs")]

        site.until(lambda: bool(ended()))
        [message] = ended()
    assert message.startswith("Not backed up: the trial ended on")


def test_what_is_sent_to_order_one(site: Site) -> None:
    info = site.info()
    site.until(info.copy_button.isEnabled)
    info.delivery_note.setText("L 4711")
    info.copy_button.click()
    site.until(lambda: "clipboard" in info.note.text())
    text = QGuiApplication.clipboard().text()
    assert f"Server name: {site.server}\n" in text
    assert "Delivery note: L 4711\n" in text
    mails: list[QUrl] = []
    info.open_url = lambda url: bool(mails.append(url)) or True
    info.mail_button.click()
    site.until(lambda: bool(mails))
    assert mails[0].scheme() == "mailto"
    assert f"Licence for {site.server}" in mails[0].query(
        QUrl.ComponentFormattingOption.FullyDecoded
    )
