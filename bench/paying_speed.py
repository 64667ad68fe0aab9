"""How fast a paying caller is answered, measured by sound: from a card field's ``#``, and from the confirmation to the bank's answer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from bench.measures import Measure, latency
from ivr.embedded.demo_call import CARD
from ivr.embedded.handset import Handset
from ivr.embedded.pstn import Network
from ivr.embedded.stack import Stack
from ivr.embedded.stripe_sandbox import SandboxControl

BANK_SECONDS: Final = (0.0, 0.5)
"""How long the sandbox's bank takes for a confirmation."""
ANSWERS: Final = (
    ("4000000000000002", "decline_declined"), ("4000000000009995", "decline_insufficient_funds"), (CARD["number"], "card_approved"),
)  # fmt: skip
"""The three cards of a call, each with the prompt that it leads to."""

_guests = (f"+1555556{place:04}" for place in count())


@dataclass(frozen=True, slots=True)
class PayingTimes:
    """Seconds from the end of a key to the first 20 ms of the prompt that it leads to."""

    fields: list[float] = field(default_factory=list)
    results: list[float] = field(default_factory=list)


def measure(stack: Stack, network: Network, *, calls: int, say: Callable[[str], None]) -> list[Measure]:
    """``calls`` guests for each of the bank's delays, one after the other; each keys three cards in."""
    sandbox = SandboxControl(stack.stripe_url)
    found = {}
    try:
        for bank in BANK_SECONDS:
            sandbox.account(confirm_seconds=bank)
            found[bank] = [paying_call(network, say) for _ in range(calls)]
    finally:
        sandbox.account(confirm_seconds=0)
    fields = [seconds for times in found.values() for each in times for seconds in each.fields]
    results = [
        latency(f"1 to the bank's answer, less its {bank:g} s", [seconds - bank for each in times for seconds in each.results], 150)
        for bank, times in found.items()
    ]
    return [latency("a card field's # to the next prompt", fields, 300), *results]


def paying_call(network: Network, say: Callable[[str], None]) -> PayingTimes:
    """A guest whose first two cards are declined. Hangs up when the third is approved; the hold is released then."""
    caller, times = network.caller(next(_guests)), PayingTimes()
    caller.dials()
    caller.hears("main_menu")
    caller.presses("9")
    caller.hears("disclosure_terms", within=20)
    caller.presses("1")
    caller.hears("ask_category")
    caller.presses("1")
    caller.hears("ask_account")
    caller.presses("*")
    caller.hears("prepay")
    caller.presses("1")
    for number, answer in ANSWERS:
        _keys_in(caller, number, times)
        one = caller.presses("1")
        times.results.append(caller.hears(answer, within=15).arrived - one)
    caller.hangs_up()
    say(f"paying call: fields {_listed(times.fields)} s, answers {_listed(times.results)} s")
    return times


def _keys_in(caller: Handset, number: str, times: PayingTimes) -> None:
    caller.hears("ask_card_number", within=20)
    for keys, following in ((number, "ask_expiry"), (CARD["expiry"], "ask_code"), (CARD["code"], "ask_zip")):
        pound = caller.presses(keys + "#")
        times.fields.append(caller.hears(following).arrived - pound)
    pound = caller.presses(CARD["zip"] + "#")
    times.fields.append(caller.hears_sequence("confirm_hold", "40", "dollars").arrived - pound)
    caller.hears("confirm_card", within=20)


def _listed(seconds: list[float]) -> str:
    return " ".join(f"{each:.3f}" for each in seconds)
