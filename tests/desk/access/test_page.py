"""Who may do what at a location, as its page shows and changes it."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from sesam_master.core.access import (
    AccessPicture,
    Approval,
    ApprovalState,
    Credential,
    LockOut,
    Scope,
    Token,
    TokenOrder,
)
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.records import Role
from sesam_master.ui.access.page import AccessPage
from sesam_master.ui.access.windows import CodeWindow, MadeWindow, SureWindow, TokenWindow
from sesam_master.ui.access.words import Kind
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import NOW, bring_up, job, list_locations, pump, take_down
from tests.fakes.gateway import FakeGateway

HERE = "Hamburg"
HOUR = timedelta(hours=1)
DESK = Credential(
    *("c1", "desk on fs-01", Role.ADMIN, Scope(), NOW - HOUR, None, None, NOW),
    *("ipv4:192.0.2.7", True),
)
NIGHT = replace(
    DESK, id="c2", holder="night", role=Role.RESTORE, scope=Scope(clients=("web*", "db1"))
)
GONE = replace(DESK, id="c3", holder="gone", revoke_time=NOW - HOUR)
OPEN = Token(
    *("t1", Role.BACKUP, Scope(pools=("DISK",)), NOW - HOUR, NOW + HOUR, 3, 1, NOW, None),
    *("night shift", "local"),
)
USED = replace(OPEN, id="t2", uses=1, comment="")
WAITING = Approval(
    *("a1", "SavesetService/DeleteSavesets", ("SF1", "SF2"), 2, "first", "ipv4:192.0.2.8"),
    *(NOW - HOUR, NOW + HOUR, ApprovalState.PENDING, "", ""),
)
DONE = replace(WAITING, id="a2", state=ApprovalState.FAILED, decider="x", failure="POOL_IN_USE")
LOCKS = (LockOut("ipv4:203.0.113.9", "", 20, NOW + HOUR), LockOut("", "c2", 10, NOW + HOUR))
ALL = AccessPicture((DESK, NIGHT, GONE), (OPEN, USED), (WAITING, DONE), LOCKS, four_eyes=True)


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway(accesses={HERE: ALL})


@pytest.fixture
def page(holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, qtbot: QtBot) -> AccessPage:
    list_locations(bridge, HERE)
    bring_up(bridge, HERE, [job(HERE, 1)])
    shown = AccessPage(
        holder, bridge, gateway, HERE, zone=ZoneInfo("Asia/Tokyo"), clock=lambda: NOW
    )
    qtbot.addWidget(shown)
    shown.resize(1044, 660)
    shown.show()
    pump()
    return shown


def choose(page: AccessPage, kind: Kind, row_id: str = "") -> None:
    page.kinds.choose(kind.value)
    page.kinds.chosen.emit(kind.value)
    if row_id:
        page.table.select_key(row_id)
    pump()


def column(page: AccessPage, key: str) -> list[str]:
    place = [each.key for each in page.model.columns].index(key)
    rows = range(page.model.rowCount())
    return [str(page.model.index(row, place).data(Qt.ItemDataRole.DisplayRole)) for row in rows]


def refusal(reason: str, **metadata: str) -> LocationError:
    return LocationError(Trouble.REJECTED, HERE, reason, metadata)


def test_credentials_with_their_limits(page: AccessPage) -> None:
    assert column(page, "state") == ["In force", "In force", "Revoked"]
    assert column(page, "what") == ["desk on fs-01", "night", "gone"]
    assert column(page, "limits")[:2] == ["the whole location", "clients web*, db1"]
    assert column(page, "origin")[0] == "ipv4:192.0.2.7"


def test_tokens_say_how_often_they_were_used(page: AccessPage) -> None:
    choose(page, Kind.TOKENS)
    assert column(page, "state") == ["Open 1/3", "Used"]
    assert column(page, "what") == ["night shift", "made by local"]


def test_approvals_say_what_would_be_deleted(page: AccessPage) -> None:
    choose(page, Kind.APPROVALS, "a1")
    assert column(page, "state") == ["Waits", "Failed"]
    assert column(page, "limits")[0] == "SF1, SF2"
    assert page.approve.isEnabled()
    choose(page, Kind.APPROVALS, "a2")
    assert not page.approve.isEnabled()


def test_who_is_locked_out(page: AccessPage) -> None:
    choose(page, Kind.LOCKS)
    assert column(page, "what") == ["Unknown credentials", "Codes of night"]


def test_a_token_is_made_shown_and_copied(page: AccessPage, gateway: FakeGateway) -> None:
    page.make.click()
    window = page.window_open
    assert isinstance(window, TokenWindow)
    window.role.setCurrentText("restore")
    window.limits["clients"].setText("web*, db1 ,")
    window.uses.setValue(2)
    window.comment.setText("night")
    window.go.click()
    pump()
    order = TokenOrder(Role.RESTORE, HOUR, Scope(clients=("web*", "db1")), 2, None, "night")
    assert gateway.access_changes == [(HERE, "make token", order, "")]
    made = page.window_open
    assert isinstance(made, MadeWindow)
    made.go.click()
    assert QGuiApplication.clipboard().text() == "abcd-efgh-ijkl-mnop"
    made.close()


@pytest.mark.parametrize(
    ("kind", "row", "change"),
    [(Kind.CREDENTIALS, "c2", "revoke credential"), (Kind.TOKENS, "t1", "revoke token")],
)
def test_revoking_is_asked_about(
    page: AccessPage, gateway: FakeGateway, kind: Kind, row: str, change: str
) -> None:
    choose(page, kind, row)
    page.revoke.click()
    window = page.window_open
    assert isinstance(window, SureWindow)
    assert gateway.access_changes == []
    window.go.click()
    pump()
    assert gateway.access_changes == [(HERE, change, row, "")]


def test_what_is_revoked_is_not_revoked_again(page: AccessPage) -> None:
    choose(page, Kind.CREDENTIALS, "c3")
    assert not page.revoke.isEnabled()


def test_approving_is_asked_about_and_refusing_is_not(
    page: AccessPage, gateway: FakeGateway
) -> None:
    choose(page, Kind.APPROVALS, "a1")
    page.approve.click()
    window = page.window_open
    assert isinstance(window, SureWindow)
    window.go.click()
    pump()
    choose(page, Kind.APPROVALS, "a1")
    page.refuse.click()
    pump()
    assert [each[1:3] for each in gateway.access_changes] == [("approve", "a1"), ("refuse", "a1")]


def test_a_code_is_asked_for_and_the_same_request_sent_again(
    page: AccessPage, gateway: FakeGateway
) -> None:
    gateway.access_refusals = [
        refusal("OTP_REQUIRED", group="access", enrolled="yes"),
        refusal("OTP_WRONG", group="access"),
    ]
    choose(page, Kind.APPROVALS, "a1")
    page.refuse.click()
    for code in ("111111", "222222"):
        pump()
        window = page.window_open
        assert isinstance(window, CodeWindow)
        window.code.setText(code)
        window.go.click()
    pump()
    assert gateway.access_changes == [(HERE, "refuse", "a1", "222222")]
    assert len(gateway.access_requests) == 3
    assert len(set(gateway.access_requests)) == 1


def test_a_code_for_another_page_is_kept(page: AccessPage, gateway: FakeGateway) -> None:
    page.code.click()
    window = page.window_open
    assert isinstance(window, CodeWindow)
    window.code.setText("123456")
    window.go.click()
    pump()
    assert gateway.given_codes == [(HERE, "123456")]
    assert page.note.text() == f"The next change at {HERE} goes with this code."


def test_a_token_that_was_approved_is_fetched_by_asking_for_the_same(
    page: AccessPage, gateway: FakeGateway
) -> None:
    gateway.access_refusals = [refusal("APPROVAL_NEEDED", approval="r1", expire_time="tomorrow")]
    order = TokenOrder(Role.ADMIN, HOUR)
    page.presenter.make_token(order)
    pump()
    assert "until tomorrow" in page.note.text()
    page.presenter.make_token(order)
    pump()
    made = page.window_open
    assert isinstance(made, MadeWindow)
    made.close()
    page.presenter.make_token(order)
    pump()
    assert isinstance(page.window_open, MadeWindow)
    page.window_open.close()
    first, second, third = gateway.access_requests
    assert first == second != third


def test_a_refusal_is_told(page: AccessPage, gateway: FakeGateway) -> None:
    gateway.access_refusals = [
        refusal("OTP_REQUIRED", group="access", enrolled="no"),
        refusal("APPROVAL_NEEDED", approval="r1", expire_time="tomorrow"),
    ]
    choose(page, Kind.APPROVALS, "a1")
    page.refuse.click()
    pump()
    assert page.window_open is None
    assert "one-time code" in page.note.text()
    page.refuse.click()
    pump()
    assert "until tomorrow" in page.note.text()


def test_nothing_is_changed_where_the_location_is_dark(page: AccessPage, bridge: Bridge) -> None:
    choose(page, Kind.CREDENTIALS, "c2")
    take_down(bridge, HERE)
    pump()
    for button in (page.make, page.revoke):
        assert isinstance(button, QPushButton)
        assert not button.isEnabled()
        assert HERE in button.toolTip()


def test_an_empty_list_says_what_it_is_for(page: AccessPage, gateway: FakeGateway) -> None:
    gateway.accesses[HERE] = AccessPicture((), (), (), (), four_eyes=False)
    page.refresh()
    pump()
    assert page.empty.isVisible()
    assert not page.table.isVisible()


def test_a_role_that_may_not_look_is_told(page: AccessPage, gateway: FakeGateway) -> None:
    gateway.no_access = LocationError(
        Trouble.REFUSED, HERE, "ROLE_REQUIRED", {"role": "monitor", "allowed": "admin"}
    )
    page.refresh()
    pump()
    assert "monitor" in page.presenter.problem
