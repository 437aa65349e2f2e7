"""What the command palette finds, and in which order."""

from sesam_master.core.palette import MOST_HITS, Entry, EntryKind, Palette

ACTION = Entry(EntryKind.ACTION, "Restore", "restore")
RESULTS = Entry(EntryKind.ACTION, "Results", "results")
HAMBURG = Entry(EntryKind.LOCATION, "Hamburg", location_id="ham", where="EMEA / DACH")
ERP = Entry(EntryKind.TASK, "sql-erp", "sql-erp", "bos", "Boulder")
TEST = Entry(EntryKind.TASK, "sql-erp-test", "sql-erp-test", "svq", "Sevilla")
CLIENT = Entry(EntryKind.CLIENT, "erp01", "erp01", "bos", "Boulder")
ALL = [TEST, ERP, CLIENT, HAMBURG, RESULTS, ACTION]


def found(text: str, *recent: Entry) -> list[Entry]:
    return Palette(ALL, [one.key for one in recent]).find(text)


def test_words_in_any_order_and_case() -> None:
    assert found("boulder SQL") == [ERP]
    assert found("dach ham") == [HAMBURG]


def test_what_begins_with_the_word_stands_first_then_the_shorter() -> None:
    assert found("erp") == [CLIENT, ERP, TEST]
    assert found("res")[:2] == [RESULTS, ACTION]


def test_letters_in_their_order_are_found_behind_whole_words() -> None:
    assert found("slerp") == [ERP, TEST]
    assert found("hbg") == [HAMBURG]
    assert found("xyz") == []


def test_signs_mean_themselves() -> None:
    assert found("s.*p") == []


def test_what_was_chosen_last_stands_first() -> None:
    assert found("erp", TEST) == [TEST, CLIENT, ERP]
    assert found("", TEST, ERP) == [TEST, ERP, RESULTS, ACTION]


def test_no_more_than_can_be_looked_through() -> None:
    many = [Entry(EntryKind.TASK, f"task-{n:03}", str(n), "lab", "Lab") for n in range(500)]
    assert len(Palette(many, ()).find("task")) == MOST_HITS


def test_the_same_name_at_two_locations_is_two_entries() -> None:
    twins = [Entry(EntryKind.TASK, "home", "home", at, at.title()) for at in ("ham", "bos")]
    assert Palette(twins, [twins[1].key]).find("home") == [twins[1], twins[0]]
