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
