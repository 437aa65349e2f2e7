"""Page tokens of lists that the catalogue does not page."""

import base64
import json

import pytest

from server_agent.domain.errors import PageTokenInvalid
from server_agent.service.paging import page_by_name, seal, unseal


def _changed(token: str, position: object) -> str:
    mark, _ = json.loads(base64.urlsafe_b64decode(token))
    return base64.urlsafe_b64encode(json.dumps([mark, position]).encode()).decode()


@pytest.mark.parametrize("position", ["", "a/b", "Größe \N{GRINNING FACE}", "a\0b"])
def test_a_token_holds_its_position(position: str) -> None:
    assert unseal("list", seal("list", position)) == position
    with pytest.raises(PageTokenInvalid):
        unseal("other", seal("list", position))


@pytest.mark.parametrize("position", [7, None, ["a"], "\ud800"])
def test_what_no_position_can_be_is_refused(position: object) -> None:
    with pytest.raises(PageTokenInvalid):
        unseal("list", _changed(seal("list", "a"), position))


@pytest.mark.parametrize("token", ["x", "\N{FLOPPY DISK}", "W10=", "bnVsbA==", "=" * 9])
def test_nonsense_is_no_token(token: str) -> None:
    with pytest.raises(PageTokenInvalid):
        unseal("list", token)


@pytest.mark.parametrize("descending", [False, True])
def test_pages_hold_each_name_once_while_others_come_and_go(descending: bool) -> None:
    stays = {name: name for name in "bdfhj"}
    comes = iter("acegi")
    seen: list[str] = []
    token: str | None = None
    while True:
        named = [*stays.items(), *((name, name) for name in [next(comes)])]
        page = page_by_name(named, "list", descending, token, 2)
        seen += page.items
        token = page.next_position
        if token is None:
            break
    assert [name for name in seen if name in stays] == sorted(stays, reverse=descending)
