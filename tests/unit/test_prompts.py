"""Texts, sound files and the lookup agree; nothing here needs a speech engine."""

import wave
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr import prompts, spoken
from ivr.prompts import level, make
from ivr.prompts.texts import ENGLISH, MANIFESTS, RECIPES, SOUNDS, Kind, Made, Prompt, file_hash, read_manifest, read_texts, write_manifest
from ivr.prompts.voice import read_wav, write_wav

TEXTS = read_texts()
SPANISH = read_texts("es")
EVERY_SOUND = [(language, name) for language in RECIPES for name in read_texts(language)]
LONG = sorted(prompts.NAMES - prompts.ATOMS)
PRICE_CENTS, MINIMUM_MINUTES = 250, 15  # the cast's rate
BETWEEN_SOUNDS = 0.025  # seconds that Asterisk takes from one sound to the next


@pytest.fixture(autouse=True)
def no_overrides_left() -> Iterator[None]:
    """Each test starts and ends with our own recordings."""
    yield
    prompts.use_overrides(None)


def test_texts_and_sounds_agree(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever changes a text must run `make prompts`."""
    assert make.main(["--check"]) == 0, capsys.readouterr().err


def test_the_table_of_prompts_is_up_to_date() -> None:
    """docs/prompts.md is what `make prompts` would write."""
    assert make.TABLE.read_text(encoding="utf-8") == make.table()


@pytest.mark.parametrize("texts", [TEXTS, SPANISH], ids=["en", "es"])
def test_no_two_prompts_open_with_the_same_words(texts: dict[str, Prompt]) -> None:
    """Callers and tests tell prompts apart by their first two seconds."""
    openings = ["".join(sign for sign in texts[name].text.lower() if sign.isalnum() or sign == " ").split()[:4] for name in LONG]
    assert len({tuple(opening) for opening in openings}) == len(openings)


def test_every_text_is_said_in_every_language_and_when_it_is_heard() -> None:
    """Spanish needs no word for "hundred": it has one for each hundred. Of numbers nobody has to be told when they are heard."""
    assert set(TEXTS) - set(SPANISH) == {"hundred"}
    assert set(SPANISH) <= set(TEXTS)
    assert [name for name in LONG if not TEXTS[name].when] == []
    assert {name: SPANISH[name].kind for name in SPANISH} == {name: TEXTS[name].kind for name in SPANISH}


@pytest.mark.parametrize(("language", "name"), EVERY_SOUND)
def test_each_sound_is_telephone_speech(language: str, name: str) -> None:
    """8 kHz 16-bit mono, as long as its manifest says, levelled within 1 dB, not clipped, trimmed and quiet at both ends."""
    samples = read_wav(SOUNDS[language] / f"{name}.wav")
    assert len(samples) / level.RATE == pytest.approx(prompts.seconds(name, language), abs=0.001)
    assert level.loudness(samples) == pytest.approx(level.TARGET, abs=1.0)
    assert max(abs(sample) for sample in samples) < 32768 * 10 ** (-1 / 20)
    assert max(abs(sample) for sample in (*samples[:8], *samples[-8:])) < 32768 * 10 ** (-40 / 20)  # no click where two sounds meet
    assert level.silence_before(samples) <= 0.03
    tail = make.TAIL[TEXTS[name].kind]
    assert tail - 0.02 <= level.silence_before(samples[::-1]) <= tail + 0.03


@pytest.mark.parametrize("language", RECIPES)
def test_the_disclosure_lasts_at_most_25_seconds(language: str) -> None:
    """The design's limit, with the cast's rate spoken."""
    numbers = spoken.price_a_minute(PRICE_CENTS, language), spoken.minutes(MINIMUM_MINUTES, language)
    price = ("disclosure", *numbers[0], "plus_tax", "with_a_minimum_of", *numbers[1])
    terms = ("disclosure_terms", "disclosure_emergency", "disclosure_menu")
    assert sum(prompts.seconds(name, language) + BETWEEN_SOUNDS for name in (*price, *terms)) <= 25.0


def test_the_sounds_are_modest() -> None:
    """They live in the repository."""
    assert sum(file.stat().st_size for folder in SOUNDS.values() for file in folder.iterdir()) < 28_000_000


def test_a_name_is_a_place_in_asterisks_sounds() -> None:
    """And an unknown one is a programming error, whatever is asked of it."""
    assert prompts.sound("disclosure") == "ivr/disclosure"
    for ask in (prompts.sound, prompts.text, prompts.seconds, prompts.version):
        with pytest.raises(KeyError):
            ask("no_such_prompt")


def test_an_operators_recording_counts_from_the_moment_it_is_there(tmp_path: Path) -> None:
    """Its length and, for the record of a consent, its hash; another file under the same name is noticed."""
    prompts.use_overrides(tmp_path)
    ours = prompts.seconds("disclosure")
    (tmp_path / ENGLISH).mkdir()
    file = tmp_path / ENGLISH / "disclosure.wav"
    write_wav(file, array("h", [1] * 16000))
    assert prompts.seconds("disclosure") == 2.0
    assert prompts.version("disclosure") == f"disclosure@{TEXTS['disclosure'].version}+{file_hash(file)}"
    write_wav(file, array("h", [1] * 8000))
    assert prompts.seconds("disclosure") == 1.0
    file.unlink()
    assert prompts.seconds("disclosure") == ours


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a sound at all, but long enough to be a header of one"])
def test_a_broken_recording_is_passed_over(tmp_path: Path, content: bytes) -> None:
    """Asterisk can't play it either; our own length is the best guess."""
    ours = prompts.seconds("disclosure")
    (tmp_path / ENGLISH).mkdir()
    (tmp_path / ENGLISH / "disclosure.wav").write_bytes(content)
    prompts.use_overrides(tmp_path)
    assert prompts.seconds("disclosure") == ours


def test_the_disclosures_version_names_each_part() -> None:
    """A consent's record says exactly what was heard."""
    assert prompts.disclosure_version().split() == [prompts.version(name) for name in prompts.DISCLOSURE_PARTS]
    assert prompts.disclosure_version().startswith("disclosure@")


class TestSpanish:
    """What a Spanish channel hears is Spanish, and English where there is no Spanish sound."""

    def test_its_own_words_length_and_version(self) -> None:
        assert prompts.text("goodbye", "es") == SPANISH["goodbye"].text
        assert prompts.seconds("goodbye", "es") == read_manifest(MANIFESTS["es"])["goodbye"].seconds
        assert prompts.version("disclosure", "es") == f"es/disclosure@{SPANISH['disclosure'].version}"
        assert all(version.startswith("es/") for version in prompts.disclosure_version("es").split())

    def test_english_where_the_sound_is_missing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Length and version are those of what is really heard."""
        monkeypatch.setitem(SOUNDS, "es", tmp_path)
        assert prompts.text("goodbye", "es") == TEXTS["goodbye"].text
        assert prompts.seconds("goodbye", "es") == prompts.seconds("goodbye")
        assert prompts.version("goodbye", "es") == prompts.version("goodbye")

    def test_the_operators_own_recording(self, tmp_path: Path) -> None:
        prompts.use_overrides(tmp_path)
        (tmp_path / "es").mkdir()
        write_wav(tmp_path / "es" / "goodbye.wav", array("h", [1] * 16000))
        assert prompts.seconds("goodbye", "es") == 2.0
        assert prompts.version("goodbye", "es").startswith("es/goodbye@1+")
        assert prompts.seconds("goodbye") != 2.0

    @pytest.mark.parametrize(("channel", "heard"), [("es", "es"), ("es_MX", "es"), ("en", "en"), ("en_US", "en"), ("fr", "en"), ("", "en")])
    def test_what_a_channel_hears(self, channel: str, heard: str) -> None:
        assert prompts.language_of(channel) == heard


class TestDisagreements:
    """What `--check` says when text, manifest and sounds are not the same."""

    @pytest.fixture
    def sounds(self, tmp_path: Path) -> Path:
        """One made prompt, "hello"."""
        write_wav(tmp_path / "hello.wav", array("h", [5] * 800))
        hello, sound = self.prompt("Hello.", 1), file_hash(tmp_path / "hello.wav")
        made = Made(1, hello.text_hash, hello.speech_hash, sound, 0.1, -20.0)
        write_manifest({"hello": made}, tmp_path / "manifest.json")
        return tmp_path

    @staticmethod
    def prompt(text: str, version: int) -> Prompt:
        return Prompt("hello", Kind.PROMPT, text, version, text)

    def said(self, sounds: Path, *texts: Prompt) -> str:
        return " ".join(make.check(sounds, sounds / "manifest.json", {prompt.name: prompt for prompt in texts}))

    def test_none(self, sounds: Path) -> None:
        """Silence is agreement."""
        assert self.said(sounds, self.prompt("Hello.", 1)) == ""

    def test_a_changed_text_needs_a_higher_version(self, sounds: Path) -> None:
        """Else two texts would have one version in the records."""
        assert "raise its version to 2" in self.said(sounds, self.prompt("Good day.", 1))

    def test_a_changed_text_needs_another_sound(self, sounds: Path) -> None:
        """The version alone is not enough."""
        said = self.said(sounds, self.prompt("Good day.", 2))
        assert "hello is not made from its text" in said
        assert "raise" not in said

    def test_a_changed_file_is_noticed(self, sounds: Path) -> None:
        """Also one of the same length."""
        write_wav(sounds / "hello.wav", array("h", [6] * 800))
        assert "hello is not made from its text" in self.said(sounds, self.prompt("Hello.", 1))

    def test_a_missing_file_is_noticed(self, sounds: Path) -> None:
        """Asterisk would be silent there."""
        (sounds / "hello.wav").unlink()
        assert "hello is not made from its text" in self.said(sounds, self.prompt("Hello.", 1))

    def test_an_orphan_is_noticed(self, sounds: Path) -> None:
        """A sound without text."""
        write_wav(sounds / "old.wav", array("h", [6] * 800))
        assert "old has no text" in self.said(sounds, self.prompt("Hello.", 1))


def test_another_recipe_remakes_everything() -> None:
    """The hash of the speech holds it."""
    assert len(set(RECIPES.values())) == len(RECIPES)
    hello = Prompt("hello", Kind.PROMPT, "Hello.", 1, "Hello.")
    assert hello.speech_hash != Prompt("hello", Kind.ATOM, "Hello.", 1, "Hello.").speech_hash


def test_a_sound_file_of_another_format_is_refused(tmp_path: Path) -> None:
    """The telephone's format is the only one we make."""
    with wave.open(str(tmp_path / "cd.wav"), "wb") as file:
        file.setparams((2, 2, 44100, 0, "NONE", "not compressed"))
    with pytest.raises(ValueError, match="8 kHz"):
        read_wav(tmp_path / "cd.wav")
