"""``make demo``: brings the stack up and plays one real, paid emergency call on it, narrated with its seconds.

Writes ``demo/summary.json`` and ``demo/call.wav`` (the caller left, the hotline right) into the state folder and exits
non-zero if anything of the call, or of its money, did not happen. The stack stays up.
"""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from ivr import tariff, timeline
from ivr.audit import audit
from ivr.embedded import asterisk
from ivr.embedded.__main__ import default_stack
from ivr.embedded.cast import ANN, BEN, CUSTOMERS, ENGINEERS
from ivr.embedded.demo_call import MINUTES, STRANGER, TALK_SECONDS, Scene, expected_cents, play
from ivr.embedded.ears import Library
from ivr.embedded.narrator import Narrator
from ivr.embedded.pstn import Network
from ivr.embedded.recording import write_stereo
from ivr.embedded.stack import Stack
from ivr.errors import HotlineError, SetupError
from ivr.event_words import money
from ivr.model.money import Rate
from ivr.model.offer import OfferEnd
from ivr.model.report import IncidentReport
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway

SETTLED_SECONDS: Final = 15.0
"""How long the demo waits for the end of the incident and for its settlement."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the call: what the records say, and what was wrong ("" when nothing was)."""

    report: IncidentReport | None
    two_way: bool
    problem: str

    @property
    def money(self) -> dict[str, Any]:
        """Held, captured, released … in cents; empty when there was no incident."""
        return timeline.money_of(self.report) if self.report else {}


def demo(stack: Stack, console: Console) -> bool:
    """Plays the call and writes what came of it; True when all of it happened."""
    console.print("\n[bold]One real emergency call[/] (seconds since the caller dialled)")
    folder = stack.folder / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    found = asterisk.find()
    library = Library([stack.folder / "asterisk" / "sounds" / stack.settings.language / "ivr"], [found.music] if found else [])
    with Network(stack.pstn, library) as network, Store(stack.settings) as store:
        narrator = Narrator(console)
        newest = max((one.id for one in store.incidents(limit=1)), default=0)
        scene = Scene(narrator, network.caller(STRANGER), network.phone(ANN.phone), network.phone(BEN.phone), store, newest)
        outcome = _played(scene, StripeGateway(stack.settings))
        if scene.caller.has_dialled:
            write_stereo(folder / "call.wav", scene.caller.leg.link.said, scene.caller.leg.link.heard)
    write_summary(folder / "summary.json", narrator, outcome)
    if outcome.report is not None:
        console.print("\n[bold]What the records say[/] (ivr incident show; its seconds count from the digit 9)")
        console.print(timeline.render(outcome.report))
    return not outcome.problem


def _played(scene: Scene, stripe: StripeGateway) -> Outcome:
    """The call, its settlement, and the comparison with Stripe."""
    two_way, problem = False, ""
    try:
        two_way = play(scene)
    except (AssertionError, HotlineError) as failed:
        problem = str(failed)
        if scene.caller.has_dialled:
            scene.caller.hangs_up()
    report = settled_report(scene.store, scene.newest)
    if report is None:
        problem = problem or "there is no incident"
    elif not problem:
        problem = wrong(report, scene.rate, two_way=two_way) or _audited(scene, stripe, report)
    if problem:
        scene.narrator.tell("demo", f"failed: {problem}")
    return Outcome(report, two_way, problem)


def wrong(report: IncidentReport, rate: Rate, *, two_way: bool) -> str:
    """The first thing that is not as it should be; "" when all is right."""
    found = timeline.money_of(report)
    held, due = tariff.block_cents(rate, MINUTES), expected_cents(rate)
    ends = [event.detail.get("end") for event in report.events if event.kind == "offer_ended"]
    facts = {
        "both did not hear each other all the time": two_way,
        f"the talk was shorter than {TALK_SECONDS:g} s": report.summary.talked_seconds >= TALK_SECONDS,
        f"the offers ended as {ends}": ends == [OfferEnd.NOT_ACCEPTED, OfferEnd.ACCEPTED],
        "the money is not settled": found["settled"],
        f"the money is {found}": (found["held"], found["charge"], found["captured"], found["released"]) == (held, due, due, held - due),
        "nothing was left to release": 0 < found["captured"] < found["held"],
    }
    return next((what for what, is_so in facts.items() if not is_so), "")


def _audited(scene: Scene, stripe: StripeGateway, report: IncidentReport) -> str:
    """Tells the money, compares every hold with Stripe, and says what differs."""
    found = timeline.money_of(report)
    told = ", ".join(f"{name} {money(found[name], found['currency'])}" for name in ("held", "captured", "released"))
    scene.narrator.tell("money", told, **{name: found[name] for name in ("held", "captured", "released")})
    try:
        differences = audit(scene.store, stripe)
    except HotlineError as problem:
        return f"the audit could not be made: {problem}"
    if differences:
        return f"the records and Stripe differ, run `ivr money audit` in `make shell`: {differences[0].means}"
    scene.narrator.tell("audit", "every hold in the records agrees with Stripe")
    return ""


def settled_report(store: Store, newest: int) -> IncidentReport | None:
    """The demo's incident, once all of its money is settled; as it stands when that takes too long; None when there was none."""
    deadline = time.monotonic() + SETTLED_SECONDS
    while True:
        mine = [one.id for one in store.incidents(limit=1) if one.id > newest]
        if not mine:
            return None
        report = store.report(mine[0])
        over = report.summary.ended_at is not None and timeline.money_of(report)["settled"]
        if over or time.monotonic() > deadline:
            return report
        time.sleep(0.1)


def write_summary(path: Path, narrator: Narrator, outcome: Outcome) -> None:
    """The outcome for programs: offsets are seconds since the caller dialled, money is in cents."""
    report, found = outcome.report, outcome.money
    path.write_text(
        json.dumps(
            {
                "ok": not outcome.problem,
                "incident": report.summary.id if report else None,
                "reason": report.summary.reason if report else None,
                "two_way_audio": outcome.two_way,
                "bridged_seconds": round(report.summary.talked_seconds, 1) if report else 0.0,
                **{name: found.get(name) for name in ("currency", "held", "captured", "released")},
                "heard": narrator.heard,
                "steps": narrator.steps,
                "problem": outcome.problem or None,
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
    places.add_row("Stripe", f"{stack.stripe_url}, a sandbox: its test cards are in the README")
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
