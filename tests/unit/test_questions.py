"""What stands in the flow's list of questions, and how questions are asked."""

import importlib
import pkgutil

import pytest

import ivr
from ivr import call, prompts
from ivr.questions import Entry, Menu, ask, enter
from tests.unit.scripted import ScriptedPhone

MENU = Menu("whisper_menu", "whisper_menu_plain", keys="12")
ENTRY = Entry("ask_account", "ask_account_plain", longest=5)


def declared() -> set[Menu | Entry]:
    """Every question that stands in a module of the flow, also inside a table."""
    found: set[Menu | Entry] = set()
    for module in pkgutil.iter_modules(ivr.__path__):
        if module.name == "__main__" or module.ispkg:
            continue
        for value in vars(importlib.import_module(f"ivr.{module.name}")).values():
            inside = value.values() if isinstance(value, dict) else [value]
            found.update(each for each in inside if isinstance(each, Menu | Entry))
    return found


def test_every_question_stands_in_the_flows_list() -> None:
    """The scenarios for silence and wrong keys are made from that list: nothing may hide from it."""
    assert set(call.QUESTIONS) == declared()


@pytest.mark.parametrize("question", call.QUESTIONS, ids=lambda question: question.prompt)
def test_every_question_has_sounds_and_a_plainer_form(question: Menu | Entry) -> None:
    assert {question.prompt, question.plain} <= prompts.NAMES
    assert question.prompt != question.plain


def test_a_menu_is_asked_so_often_and_more_plainly() -> None:
    phone = ScriptedPhone()
    assert ask(phone, MENU, silence=1.0) == ""
    assert phone.heard == ["whisper_menu", "no_key_heard", "whisper_menu_plain", "no_key_heard", "whisper_menu_plain"]


@pytest.mark.parametrize("key", list("03456789*#"))
def test_a_wrong_key_is_said_to_be_wrong(key: str) -> None:
    phone = ScriptedPhone({"whisper_menu": [key], "whisper_menu_plain": ["2"]})
    assert ask(phone, MENU, silence=1.0) == "2"
    assert phone.heard == ["whisper_menu", "wrong_key", "whisper_menu_plain"]


@pytest.mark.parametrize(
    ("typed", "entered"),
    [("12#", "12"), ("12", "12"), ("12345678", "12345"), ("1*23#", "23"), ("1**2#", "2"), ("*12", "*"), ("1#2", "1")],
)
def test_what_is_typed_is_what_is_entered(typed: str, entered: str) -> None:
    assert enter(ScriptedPhone({"ask_account": [typed]}), ENTRY, silence=1.0, pause=1.0) == entered


def test_pound_without_digits_is_a_wrong_key() -> None:
    phone = ScriptedPhone({"ask_account": ["#"], "ask_account_plain": ["7#"]})
    assert enter(phone, ENTRY, silence=1.0, pause=1.0) == "7"
    assert phone.heard == ["ask_account", "wrong_key", "ask_account_plain"]


def test_a_complaint_comes_before_the_question() -> None:
    phone = ScriptedPhone({"ask_account_plain": ["7#"]})
    enter(phone, ENTRY, silence=1.0, pause=1.0, complaint="account_unknown")
    assert phone.heard == ["account_unknown", "ask_account_plain"]


PATIENT = Entry("ask_card_number", "ask_card_number_plain", longest=6, patient=True)


def keyed(*presses: str) -> tuple[str, list[str]]:
    """What is entered when each wait for a key hears the next of ``presses`` ("" is a pause); and what was said."""
    phone = ScriptedPhone({PATIENT.prompt: [presses[0]], "go_on": [], "start_again": []})
    waiting = list(presses[1:])
    phone.on_tick = lambda: None if phone._typed else phone._typed.extend(waiting.pop(0) if waiting else "")
    return enter(phone, PATIENT, silence=1.0, pause=0.1), phone.heard


def test_a_pause_is_not_the_end_of_a_patient_entry() -> None:
    digits, heard = keyed("12", "", "34", "", "5", "#")
    assert digits == "12345"
    assert heard.count("go_on") == 2


def test_pound_alone_ends_a_patient_entry() -> None:
    assert keyed("123456#")[0] == "123456"


def test_star_starts_a_patient_entry_again() -> None:
    digits, heard = keyed("12*34#")
    assert digits == "34"
    assert "start_again" in heard


def test_star_first_is_no_answer_of_its_own_in_a_patient_entry() -> None:
    assert keyed("*34#")[0] == "34"


def test_pound_after_everything_was_cleared_is_no_end() -> None:
    digits, heard = keyed("12*#", "34#")
    assert digits == "34"
    assert "go_on" in heard


def test_too_many_digits_come_back_as_one_too_many_and_all_are_taken() -> None:
    """What is typed beyond is not left for the next question."""
    digits, heard = keyed("1234567890#")
    assert digits == "1234567"
    assert heard == [PATIENT.prompt]


def test_letters_of_a_keypad_are_not_digits() -> None:
    assert keyed("12", "A", "D", "34#")[0] == "1234"


def test_three_pauses_in_a_row_end_a_patient_entry_as_it_stands() -> None:
    digits, heard = keyed("123", "", "", "")
    assert digits == "123"
    assert heard.count("go_on") == 3
