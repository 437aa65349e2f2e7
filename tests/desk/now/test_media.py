"""Media that somebody has to put in, and what a person answers."""

from dataclasses import replace
from datetime import timedelta

from pytestqt.qtbot import QtBot

from sesam_master.core.records import Job, Role, Waiting, WaitsFor
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.now.page import NowPage
from sesam_master.ui.now.presenter import NowScope
from tests.desk.now.conftest import NowGateway, settle, texts, waiting
from tests.desk.results.memory import NOW, bring_up, report, take_down

SINCE = NOW - timedelta(minutes=5)


def wanting(name: str, number: int, label: str = "USB00001", **values: object) -> Job:
    wanted = Waiting(WaitsFor.MEDIUM, label, "Usb", SINCE + timedelta(seconds=number))
    return waiting(name, number, 5, waiting=wanted, **values)


def shown(page: NowPage) -> list[str]:
    return [row.title.text for row in page.media.rows if not row.isHidden()]


def test_each_medium_is_asked_for_once(page: NowPage, bridge: Bridge, qtbot: QtBot) -> None:
    told: list[tuple[str, str]] = []
    page.presenter.medium_wanted.connect(lambda medium: told.append(medium.key))
    jobs = [wanting("Hamburg", 50, task="home"), wanting("Hamburg", 51, task="mail")]
    report(bridge, *jobs, wanting("Boulder", 3))
    settle(qtbot, page)
    assert shown(page) == [
        "Boulder: put USB00001 into the data store Usb",
        "Hamburg: put USB00001 into the data store Usb",
    ]
    assert page.media.rows[1].details.text.startswith("home, mail wait since ")
    assert sorted(told) == [("Boulder", "USB00001"), ("Hamburg", "USB00001")]
    assert set(texts(page.tables.queue, "Waits for")) == {
        "The medium USB00001 has to be put into Usb"
    }
    page.set_scope(NowScope("Boulder"))
    assert len(shown(page)) == 1
    page.set_scope(NowScope())
    for job in jobs:
        report(bridge, replace(job, waiting=None, state=JobState.ACTIVE, start_time=NOW))
    report(bridge, replace(wanting("Boulder", 3), waiting=None, state=JobState.ERROR))
    settle(qtbot, page)
    assert shown(page) == []
    assert not page.media.rows[0].isVisible()


def test_of_many_media_the_first_are_shown(page: NowPage, bridge: Bridge, qtbot: QtBot) -> None:
    report(bridge, *(wanting("Hamburg", n, f"USB0000{n}") for n in range(1, 6)))
    settle(qtbot, page)
    assert len(shown(page)) == 3
    assert page.media.more.text.startswith("2 more media are wanted")


def test_it_is_in_is_sent_at_once_and_the_location_may_disagree(
    page: NowPage, bridge: Bridge, gateway: NowGateway, qtbot: QtBot
) -> None:
    gateway.media_away.add("USB00001")
    report(bridge, wanting("Hamburg", 50))
    settle(qtbot, page)
    page.media.rows[0].it_is_in.click()
    qtbot.waitUntil(lambda: page.media.loaded.retry.isVisible(), timeout=3000)
    assert asked(gateway) == [("Hamburg", "USB00001", True)]
    assert "cannot be used yet (it has no label)" in page.media.loaded.consequence.text()
    gateway.media_away.clear()
    page.media.loaded.retry.click()
    qtbot.waitUntil(lambda: not page.media.loaded.isVisible(), timeout=3000)


def test_a_refusal_is_asked_for_in_place(
    page: NowPage, bridge: Bridge, gateway: NowGateway, qtbot: QtBot
) -> None:
    report(bridge, wanting("Hamburg", 50, task="home"), wanting("Hamburg", 51, task="mail"))
    settle(qtbot, page)
    page.media.rows[0].refuse.click()
    strip = page.media.refusal
    assert strip.question.text() == "Refuse the medium USB00001 at Hamburg?"
    assert strip.consequence.text() == (
        "2 jobs wait for it and end with errors: home, mail. It cannot be undone."
    )
    strip.leave.click()
    assert asked(gateway) == []
    page.media.rows[0].refuse.click()
    strip.go.click()
    qtbot.waitUntil(lambda: not strip.isVisible(), timeout=3000)
    assert asked(gateway) == [("Hamburg", "USB00001", False)]


def test_who_cannot_answer_is_told_why(page: NowPage, bridge: Bridge, qtbot: QtBot) -> None:
    bring_up(bridge, "Boulder", [wanting("Boulder", 1)], Role.MONITOR)
    report(bridge, wanting("Hamburg", 50))
    settle(qtbot, page)
    first, second = page.media.rows[:2]
    assert not first.refuse.isEnabled()
    assert "ask an operator" in first.refuse.toolTip()
    assert second.refuse.isEnabled()
    take_down(bridge, "Hamburg")
    settle(qtbot, page)
    assert second.refuse.toolTip() == "Hamburg is not connected."
    assert second.title.text.endswith("as it was when the location was last seen")


def asked(gateway: NowGateway) -> list[tuple[object, ...]]:
    return [call[1:4] for call in gateway.calls if call[0] == "answer_medium"]


def test_a_single_job_waits(page: NowPage, bridge: Bridge, qtbot: QtBot) -> None:
    report(bridge, wanting("Hamburg", 50, task="one"))
    settle(qtbot, page)
    assert page.media.rows[0].details.text.startswith("one waits since ")
