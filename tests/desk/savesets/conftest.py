"""A page of savesets over Boulder and Hamburg; Sevilla is listed and was never connected."""

import pytest
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from sesam_master.ui.bridge import Bridge
from sesam_master.ui.savesets.page import SavesetsPage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.savesets.site import SavesetGateway, chain, open_page

Asked = list[tuple[object, ...]]


@pytest.fixture
def gateway() -> SavesetGateway:
    made = SavesetGateway()
    made.all_savesets["Boulder"] = chain("Boulder", 1, 3)
    made.all_savesets["Hamburg"] = [*chain("Hamburg", 1, 4), *chain("Hamburg", 8, 2, "etc")]
    return made


@pytest.fixture
def asked() -> Asked:
    return []


@pytest.fixture
def page(
    holder: ThemeHolder, bridge: Bridge, gateway: SavesetGateway, qtbot: QtBot, asked: Asked
) -> SavesetsPage:
    made = open_page(holder, bridge, gateway, qtbot, asked)
    QAbstractItemModelTester(made.model, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    return made
