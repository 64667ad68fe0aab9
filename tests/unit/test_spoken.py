"""Numbers are spoken as Americans say them, held against num2words."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from num2words import num2words

from ivr import prompts, spoken, spoken_spanish

AMOUNTS = st.integers(min_value=0, max_value=999_999)


def words(names: tuple[str, ...]) -> str:
    """What is heard when these prompts are played one after another."""
    return " ".join(prompts.text(name) for name in names)


def as_written(n: int) -> str:
    """num2words is British where it says "and"; Americans leave it out."""
    return num2words(n, lang="en").replace(" and ", " ").replace("-", " ").replace(",", "")


@given(AMOUNTS)
def test_a_number_is_spoken_as_num2words_writes_it(n: int) -> None:
    """Every number from 0 to 999,999."""
    assert words(spoken.number(n)) == as_written(n)


@given(AMOUNTS, st.integers(min_value=0, max_value=99))
def test_money_is_spoken_in_dollars_and_cents(dollars: int, cents: int) -> None:
    """Each unit in singular or plural; what is zero is left out, unless all is."""
    said = words(spoken.money(dollars * 100 + cents))
    parts = [f"{as_written(dollars)} dollar{'' if dollars == 1 else 's'}"] if dollars or not cents else []
    parts += [f"{as_written(cents)} cent{'' if cents == 1 else 's'}"] if cents else []
    assert said == " and ".join(parts)


@given(st.text("0123456789", min_size=0, max_size=30))
def test_digits_are_spoken_one_by_one(figures: str) -> None:
    """Nothing is lost, added or put in another order."""
    if figures:
        assert "".join(spoken.digits(figures)) == figures
        assert words(spoken.digits(figures)).split() == [num2words(int(figure), lang="en") for figure in figures]


@given(st.floats(min_value=0, max_value=6e6))
def test_a_duration_is_never_off_by_more_than_half_a_minute(seconds: float) -> None:
    """Rounded as people do, and "less than a minute" is true."""
    said = spoken.minutes_of(seconds)
    if said == ("less_than_a_minute",):
        assert seconds < 60
    else:
        assert any(said == spoken.minutes(n) for n in range(1, 100_002) if abs(n * 60 - seconds) <= 30)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (spoken.price_a_minute(250), "two dollars and fifty cents a minute"),
        (spoken.money(100), "one dollar"),
        (spoken.money(50), "fifty cents"),
        (spoken.money(101), "one dollar and one cent"),
        (spoken.money(0), "zero dollars"),
        (spoken.minutes(1), "one minute"),
        (spoken.minutes(15), "fifteen minutes"),
        (spoken.minutes(0), "zero minutes"),
        (spoken.minutes_of(59.9), "less than a minute"),
        (spoken.minutes_of(89.9), "one minute"),
        (spoken.minutes_of(90), "two minutes"),
        (spoken.digits("1042"), "one zero four two"),
    ],
)
def test_the_examples_of_the_design(said: tuple[str, ...], text: str) -> None:
    """Word by word."""
    assert words(said) == text


@pytest.mark.parametrize("figures", ["", "12a", "-1", "1 2", "²", "\u0661"])
def test_only_digits_are_spoken_as_digits(figures: str) -> None:
    """Also other alphabets' digits are refused: there is no sound for them."""
    with pytest.raises(ValueError, match="other signs"):
        spoken.digits(figures)


@pytest.mark.parametrize("n", [-1, 1_000_000])
def test_a_number_without_words_is_refused(n: int) -> None:
    """Rather than spoken wrongly."""
    with pytest.raises(ValueError, match="between"):
        spoken.number(n)


@pytest.mark.parametrize("amount", [-1, 100_000_000])
def test_an_amount_without_words_is_refused(amount: int) -> None:
    """Below zero and from a million dollars on."""
    with pytest.raises(ValueError, match=r"spoken|between"):
        spoken.money(amount)


def test_a_negative_duration_is_refused() -> None:
    """It is a fault of the caller's arithmetic."""
    with pytest.raises(ValueError, match="spoken"):
        spoken.minutes_of(-1)


@given(AMOUNTS)
def test_every_word_has_a_sound(n: int) -> None:
    """All names are atoms."""
    assert set(spoken.price_a_minute(n) + spoken.minutes(n)) <= prompts.ATOMS


def spanish(n: int) -> str:
    """As num2words writes it, before a masculine noun."""
    written = num2words(n, lang="es")
    for full, short in (("veintiuno", "veintiún"), ("uno", "un")):
        written = re.sub(rf"\b{full}\b", short, written)
    return str(written)


@given(AMOUNTS)
@example(1)
@example(21)
@example(31)
@example(100)
@example(101)
@example(1000)
@example(1021)
@example(21_000)
@example(100_100)
@example(999_999)
def test_spanish_numbers_are_spoken_as_num2words_writes_them(n: int) -> None:
    """Every number from 0 to 999,999, as it stands before *dólares*, *centavos* and *minutos*."""
    assert " ".join(prompts.text(name, "es") for name in spoken_spanish.counted(n)) == spanish(n)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (spoken.price_a_minute(250, "es"), "dos dólares con cincuenta centavos por minuto"),
        (spoken.money(100, "es"), "un dólar"),
        (spoken.money(101, "es"), "un dólar con un centavo"),
        (spoken.money(2100, "es"), "veintiún dólares"),
        (spoken.money(8119, "es"), "ochenta y un dólares con diecinueve centavos"),
        (spoken.money(16238, "es"), "ciento sesenta y dos dólares con treinta y ocho centavos"),
        (spoken.money(10_000, "es"), "cien dólares"),
        (spoken.money(50_000, "es"), "quinientos dólares"),
        (spoken.money(0, "es"), "cero dólares"),
        (spoken.minutes(1, "es"), "un minuto"),
        (spoken.minutes(21, "es"), "veintiún minutos"),
        (spoken.minutes_of(59.9, "es"), "menos de un minuto"),
        (spoken.digits("1042"), "uno cero cuatro dos"),
    ],
)
def test_spanish_examples(said: tuple[str, ...], text: str) -> None:
    """Plurals, hundreds, and *un* before what is counted; one by one *uno*."""
    assert " ".join(prompts.text(name, "es") for name in said) == text


@given(AMOUNTS)
def test_every_spanish_word_has_a_sound_in_both_languages(n: int) -> None:
    """So that a missing Spanish one is heard in English."""
    assert set(spoken.price_a_minute(n, "es")) <= prompts.ATOMS


@pytest.mark.parametrize("amount", [-1, 100_000_000])
def test_a_spanish_amount_without_words_is_refused(amount: int) -> None:
    """As in English."""
    with pytest.raises(ValueError, match=r"spoken|between"):
        spoken.money(amount, "es")
