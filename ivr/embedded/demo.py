"""``make demo``: brings the stack up and plays one real emergency call on it, narrated with its seconds.

Writes ``demo/summary.json`` and ``demo/call.wav`` (the caller left, the hotline right) into the state folder and exits
non-zero if anything of the call did not happen. The stack stays up.
"""

import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ivr import prompts, spoken, timeline
from ivr.disclosure import price_sentence
from ivr.embedded import asterisk
from ivr.embedded.__main__ import default_stack
from ivr.embedded.cast import ANN, COVERED, CUSTOMERS, ENGINEERS
from ivr.embedded.ears import Library
from ivr.embedded.handset import Handset
from ivr.embedded.phones import Caller, Phone
from ivr.embedded.pstn import Network
from ivr.embedded.recording import write_stereo
from ivr.embedded.stack import Stack
from ivr.errors import SetupError
from ivr.model import IncidentReport, IncidentStatus, Rate
from ivr.store import Store

TALK_SECONDS = 4.0
STRANGER = "+15555550177"
"""The caller rings from a phone that the hotline does not know."""
END_SECONDS = 10.0


@dataclass
class Narrator:
    """Tells and remembers what happens, with seconds since the caller dialled."""

    console: Console
    began: float = field(default_factory=time.monotonic)
    steps: list[dict[str, Any]] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def tell(self, who: str, what: str, **more: Any) -> None:
        at = time.monotonic() - self.began
        self.steps.append({"at": round(at, 2), "who": who, "what": what, **more})
        line = Table.grid(padding=(0, 2))
        line.add_column(width=8, justify="right", style="dim")
        line.add_column(width=7, style="bold")
        line.add_column()
        line.add_row(f"{at:.1f} s", who, Text(what))
        self.console.print(line)

    def hears(self, who: str, phone: Handset, prompt: str, within: float = 15.0) -> None:
        """Waits until the prompt is heard, by its sound."""
        phone.hears(prompt, within)
        self.heard.append(prompt)
        self.tell(who, f"hears “{prompts.text(prompt)}”", heard=prompt)

    def hears_number(self, who: str, phone: Handset, opening: str, digits: str) -> None:
        """Waits until the digits are heard behind their opening words, each by its sound."""
        phone.hears_sequence(opening, *spoken.digits(digits), within=15.0)
        self.heard += [opening, *spoken.digits(digits)]
        self.tell(who, f"hears “{prompts.text(opening)} {' '.join(digits)}”", heard=f"{opening} {digits}")

    def hears_price(self, who: str, phone: Handset, rate: Rate) -> None:
        """Waits until the price and the minimum are heard, each number by its sounds."""
        said = price_sentence(rate)[1:]
        phone.hears_sequence(*said, within=15.0)
        self.heard += said
        self.tell(who, f"hears “{' '.join(prompts.text(sound) for sound in said)}”", heard=" ".join(said))

    def presses(self, who: str, phone: Handset, keys: str, shown: str = "") -> None:
        phone.presses(keys)
        self.tell(who, f"presses {shown or keys}")


def play(narrator: Narrator, caller: Caller, ann: Phone, rate: Rate) -> bool:
    """The call of a covered customer. Returns whether both heard each other; raises AssertionError at what did not happen."""
    narrator.tell("caller", f"dials the hotline from {caller.name}")
    caller.dials()
    narrator.hears("caller", caller, "main_menu")
    narrator.presses("caller", caller, "9")
    narrator.hears("caller", caller, "disclosure")
    narrator.hears_price("caller", caller, rate)
    narrator.hears("caller", caller, "disclosure_terms")
    narrator.hears("caller", caller, "disclosure_menu", within=20)
    narrator.presses("caller", caller, "1")
    narrator.hears("caller", caller, "ask_account")
    narrator.presses("caller", caller, COVERED.account + "#")
    narrator.hears("caller", caller, "ask_pin")
    narrator.presses("caller", caller, COVERED.pin + "#", shown="the PIN and #")
    narrator.hears("caller", caller, "covered")
    ann.rings(within=15)
    narrator.tell(ANN.name, "is rung")
    ann.answers()
    narrator.tell(ANN.name, "answers")
    narrator.hears(ANN.name, ann, "whisper")
    narrator.hears_number(ANN.name, ann, "whisper_account", COVERED.account)
    narrator.presses(ANN.name, ann, "1")
    return talk(narrator, caller, ann)


def talk(narrator: Narrator, caller: Caller, ann: Phone) -> bool:
    """Both speak and are heard, the engineer hangs up, the caller hears the goodbye."""
    to_caller, to_ann = caller.hears_voice_of(ann), ann.hears_voice_of(caller)
    heard = {(True, True): "hear each other", (True, False): f"only the caller hears {ANN.name}", (False, True): f"only {ANN.name} hears"}
    narrator.tell("both", heard.get((to_caller, to_ann), "hear nothing of each other"))
    ann.leg.ended.wait(TALK_SECONDS)
    ann.hangs_up()
    narrator.tell(ANN.name, "hangs up")
    narrator.hears("caller", caller, "engineer_left")
    narrator.presses("caller", caller, "2")
    narrator.hears("caller", caller, "no_charge")
    narrator.hears("caller", caller, "goodbye_caller_stopped", within=20)
    caller.wait_hung_up()
    narrator.tell("hotline", "hangs up")
    return to_caller and to_ann


def demo(stack: Stack, console: Console) -> bool:
    """Plays the call and writes what came of it; True when all of it happened."""
    console.print("\n[bold]One real emergency call[/] (seconds since the caller dialled)")
    folder = stack.folder / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    found = asterisk.find()
    library = Library([stack.folder / "asterisk" / "sounds" / stack.settings.language / "ivr"], [found.music] if found else [])
    with Network(stack.pstn, library) as network, Store(stack.settings) as store:
        newest = max((one.id for one in store.incidents(limit=1)), default=0)
        caller, ann = network.caller(STRANGER), network.phone(ANN.phone)
        narrator, problem, two_way = Narrator(console), "", False
        try:
            two_way = play(narrator, caller, ann, store.current_rate())
        except AssertionError as failed:
            problem = str(failed)
            narrator.tell("demo", f"failed: {problem}")
        report = ended_report(store, newest)
        if caller.has_dialled:
            write_stereo(folder / "call.wav", caller.leg.link.said, caller.leg.link.heard)
    ok = two_way and not problem and report is not None and report.summary.talked_seconds >= TALK_SECONDS
    write_summary(folder / "summary.json", narrator, report, ok=ok, two_way=two_way, problem=problem)
    if report is not None:
        console.print()
        console.print("[bold]What the records say[/] (ivr incident show; its seconds count from the digit 9)")
        console.print(timeline.render(report))
    return ok


def ended_report(store: Store, newest: int) -> IncidentReport | None:
    """The demo's incident, once it has ended; None when there was none."""
    deadline = time.monotonic() + END_SECONDS
    while True:
        mine = [one for one in store.incidents(limit=1) if one.id > newest]
        if not mine:
            return None
        if mine[0].status is IncidentStatus.ENDED or time.monotonic() > deadline:
            return store.report(mine[0].id)
        time.sleep(0.1)


def write_summary(path: Path, narrator: Narrator, report: IncidentReport | None, *, ok: bool, two_way: bool, problem: str) -> None:
    """The outcome for programs: offsets are seconds since the caller dialled."""
    path.write_text(
        json.dumps(
            {
                "ok": ok,
                "incident": report.summary.id if report else None,
                "reason": report.summary.reason if report else None,
                "two_way_audio": two_way,
                "bridged_seconds": round(report.summary.talked_seconds, 1) if report else 0.0,
                "heard": narrator.heard,
                "steps": narrator.steps,
                "problem": problem or None,
            },
            indent=2,
        )
        + "\n"
    )


def addresses(stack: Stack, console: Console) -> None:
    """Where everything is, for whoever wants to go on by hand."""
    ports, digits = stack.ports, stack.pstn.did
    places = Table.grid(padding=(0, 2))
    places.add_row("recording", f"{stack.folder / 'demo' / 'call.wav'} (caller left, hotline right)")
    places.add_row("summary", str(stack.folder / "demo" / "summary.json"))
    places.add_row("console", f"http://127.0.0.1:{ports.console_port}/ready")
    places.add_row("call", f"sip:{digits}@127.0.0.1:{ports.sip_port} from any SIP phone on this machine, as the carrier")
    places.add_row("softphone", f"register at 127.0.0.1:{ports.pstn_port} as one of these, then dial {digits}")
    places.add_row("password", stack.softphone_password)
    console.print("\n[bold]The stack stays up[/] ('make down' ends it)", places)
    people = Table(box=None, padding=(0, 2), header_style="dim")
    for column in ("user", "who", "account", "PIN"):
        people.add_column(column)
    for customer in CUSTOMERS:
        people.add_row(customer.phone.removeprefix("+"), customer.name, customer.account, customer.pin)
    for engineer in ENGINEERS:
        people.add_row(engineer.phone.removeprefix("+"), f"{engineer.name}, engineer", "", "")
    console.print(people)


def main() -> None:
    """Entry point."""
    console = Console()
    try:
        stack = default_stack()
        stack.up(lambda what, seconds: console.print(f"[green]✓[/] {seconds:5.1f} s  {what}", highlight=False))
        ok = demo(stack, console)
        addresses(stack, console)
    except SetupError as problem:
        sys.exit(f"✗ {problem}")
    if not ok:
        sys.exit("✗ The demo's call did not go as it should: see above, and the logs in " + str(stack.folder / "log"))


if __name__ == "__main__":
    main()
