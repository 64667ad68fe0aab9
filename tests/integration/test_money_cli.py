"""``ivr money`` as an administrator runs it: clear words, and exit codes that a script can rely on."""

import json
from uuid import uuid4

import pytest

from ivr.config import Settings
from ivr.embedded.stripe_sandbox import SandboxControl
from ivr.model.incident import EndReason
from ivr.model.money import Hold, HoldStatus
from ivr.settlement import settle
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from tests.integration.administering import Said, ivr, own_process
from tests.integration.paying import card, consented, held, opened, prepaid, statuses, talked, unpaid


def money(paying: Settings, *arguments: str) -> Said:
    """``ivr money …`` with this test's Stripe."""
    assert paying.stripe_key is not None
    key = paying.stripe_key.get_secret_value()
    return ivr(paying, "money", *arguments, IVR_STRIPE_URL=paying.stripe_url, IVR_STRIPE_KEY=key, IVR_STRIPE_SECONDS="3")


@pytest.fixture
def settled(store: Store, gateway: StripeGateway) -> Hold:
    """An incident of which 42.50 USD were captured."""
    hold = prepaid(store, gateway)
    talked(store, hold.incident_id, 1000.0)
    settle(store, gateway, hold.incident_id)
    return store.hold(hold.id)


def test_audit_says_how_many_agree(paying: Settings, store: Store, gateway: StripeGateway, settled: Hold) -> None:
    """Exit code 0: held, captured and released ones; also as JSON."""
    prepaid(store, gateway)
    shown = money(paying, "audit")
    assert (shown.returncode, shown.stdout) == (0, "2 holds agree with Stripe.\n")
    assert json.loads(money(paying, "audit", "--json").stdout) == {"holds": 2, "differences": []}


def test_audit_names_what_differs_and_what_to_do(
    paying: Settings, store: Store, gateway: StripeGateway, sandbox: SandboxControl, settled: Hold
) -> None:
    """One line a difference, row by row, and exit code 1. What agrees is not listed."""
    lapsed = prepaid(store, gateway)
    sandbox.expire(lapsed.intent_id or "")
    unheard = opened(store, gateway, consented(store).id)
    gateway.confirm(unheard.intent_id or "", card(), key="unheard")
    gateway.refund(settled.intent_id or "", 100, key=str(uuid4()))
    shown = money(paying, "audit")
    assert shown.returncode == 1
    for words in (
        str(lapsed.id),
        "has lapsed",
        str(unheard.id),
        "Stripe holds a caller's money",
        str(settled.id),
        "refunded",
        "money reconcile",
    ):
        assert words in shown.stdout
    data = json.loads(money(paying, "audit", "--json").stdout)
    assert [(found["hold_id"], found["what"], found["records"], found["stripe"]) for found in data["differences"]] == [
        (str(settled.id), "refunded", "0", "100"),
        (str(lapsed.id), "status", "held", "canceled"),
        (str(unheard.id), "status", "created", "requires_capture"),
    ]


def test_audit_notices_wrong_amounts_and_payments_that_are_not_there(
    paying: Settings, store: Store, gateway: StripeGateway, settled: Hold, database_url: str
) -> None:
    """What only a person with the database open could have done."""
    from ivr.migrate import run_script

    gone = prepaid(store, gateway)
    run_script(
        database_url,
        f"""
        ALTER TABLE hold DISABLE TRIGGER USER;
        UPDATE hold SET amount_cents = 7000, capture_cents = 4000 WHERE id = '{settled.id}';
        UPDATE hold SET intent_id = 'pi_nowhere' WHERE id = '{gone.id}';
        ALTER TABLE hold ENABLE TRIGGER USER""",
    )
    data = json.loads(money(paying, "audit", "--json").stdout)
    assert [(found["what"], found["records"], found["stripe"]) for found in data["differences"]] == [
        ("amount", "7000 USD", "7500 USD"),
        ("captured", "4000", "4250"),
        ("payment", "held", "unknown"),
        ("a payment that no hold stands for", "nothing", "requires_capture, 7500 cents"),
    ]


def test_reconcile_settles_what_was_left(paying: Settings, store: Store, gateway: StripeGateway) -> None:
    """At once, without the worker; the second run finds nothing to do."""
    hold = prepaid(store, gateway)
    talked(store, hold.incident_id, 1000.0)
    first, second = money(paying, "reconcile"), money(paying, "reconcile", "--json")
    assert (first.returncode, first.stdout) == (0, "settled 1, cancelled at Stripe 0, refunded 0\n")
    assert json.loads(second.stdout) == {"settled": [], "failed": {}, "cancelled": [], "refunded": []}
    assert statuses(store, hold.incident_id) == [HoldStatus.CAPTURED]


def test_reconcile_goes_on_after_one_that_cannot_be_settled(paying: Settings, store: Store, gateway: StripeGateway) -> None:
    """The one is named and the exit code is 1; the others are settled."""
    stuck = prepaid(store, gateway)
    talked(store, stuck.incident_id, 1000.0)
    gateway.capture(stuck.intent_id or "", 7500, key="by hand")
    hold = prepaid(store, gateway)
    talked(store, hold.incident_id, 1000.0)
    shown = money(paying, "reconcile")
    assert shown.returncode == 1
    assert f"incident {stuck.incident_id} could not be settled" in shown.stderr
    assert shown.stdout == "settled 1, cancelled at Stripe 0, refunded 0\n"
    assert statuses(store, hold.incident_id) == [HoldStatus.CAPTURED]


def test_refund_gives_back_and_says_so(paying: Settings, store: Store, settled: Hold) -> None:
    """Once; the audit agrees afterwards."""
    given = money(paying, "refund", str(settled.incident_id), "--cents", "1250", "--reason", "we were slow")
    assert (given.returncode, given.stdout) == (0, f"12.50 USD of incident {settled.incident_id} given back.\n")
    assert [(one.cents, one.reason, one.stripe_id is not None) for one in store.refunds(settled.id)] == [(1250, "we were slow", True)]
    assert money(paying, "audit").returncode == 0


@pytest.mark.parametrize(
    ("cents", "words"),
    [
        ("4251", "at most 4250 cents"), ("0", "at most 4250 cents"), ("-1", "at most 4250 cents"), (str(2**64), "at most 4250 cents"),
        ("12.50", "Invalid value"), ("all", "Invalid value"),
    ],
)  # fmt: skip
def test_refund_refuses_what_is_no_amount(paying: Settings, store: Store, settled: Hold, cents: str, words: str) -> None:
    """In words, with an exit code, and nothing is asked of Stripe."""
    refused = money(paying, "refund", str(settled.incident_id), f"--cents={cents}", "--reason", "r")
    assert refused.returncode != 0
    assert words in refused.stderr
    assert "Traceback" not in refused.stderr
    assert store.refunds(settled.id) == []


def test_refund_refuses_what_was_not_captured(paying: Settings, store: Store, gateway: StripeGateway) -> None:
    """Held, released or never paid: there is nothing to give back; nor for an incident that there is not."""
    hold = prepaid(store, gateway)
    refused = money(paying, "refund", str(hold.incident_id), "--cents", "1", "--reason", "r")
    assert (refused.returncode, "nothing of it was captured" in refused.stderr) == (1, True)
    for number in ("7", "-1", str(10**30)):
        refused = money(paying, "refund", "--cents", "1", "--reason", "r", "--", number)
        assert (refused.returncode, refused.stderr.startswith("There is no incident") or "No record" in refused.stderr) == (1, True)


def test_refund_wants_a_reason(paying: Settings, store: Store, settled: Hold) -> None:
    """An empty one is none."""
    refused = money(paying, "refund", str(settled.incident_id), "--cents", "1", "--reason", " ")
    assert (refused.returncode, "Say why" in refused.stderr) == (1, True)
    assert money(paying, "refund", str(settled.incident_id), "--cents", "1").returncode == 2


def test_debts_are_listed(paying: Settings, store: Store, gateway: StripeGateway, sandbox: SandboxControl) -> None:
    """Who owes what and why; a sentence when nobody does."""
    assert money(paying, "debts").stdout == "Nobody owes anything.\n"
    debtor = unpaid(store)
    talked(store, debtor.id, 1000.0)
    hold = prepaid(store, gateway)
    talked(store, hold.incident_id, 1800.0)
    sandbox.expire(hold.intent_id or "")
    for number in (debtor.id, hold.incident_id):
        settle(store, gateway, number)
    shown = money(paying, "debts").stdout
    for words in (str(debtor.id), "42.50 USD", "unpaid", str(hold.incident_id), "75.00 USD", "hold expired"):
        assert words in shown
    assert [(debt["incident_id"], debt["cents"]) for debt in json.loads(money(paying, "debts", "--json").stdout)] == [
        (debtor.id, 4250), (hold.incident_id, 7500)
    ]  # fmt: skip


def test_without_stripe_the_commands_say_what_to_do(paying: Settings, settled: Hold) -> None:
    """No key, a wrong key, nobody there; as processes, since the libraries of Stripe write to the standard error too."""
    no_key = own_process(paying, "money", "audit")
    assert (no_key.returncode, "IVR_STRIPE_KEY" in no_key.stderr) == (1, True)
    wrong = own_process(paying, "money", "audit", IVR_STRIPE_URL=paying.stripe_url, IVR_STRIPE_KEY="sk_test_wrong")
    assert (wrong.returncode, "401" in wrong.stderr, "sk_test_wrong" in wrong.stderr) == (1, True, False)
    away = own_process(paying, "money", "audit", IVR_STRIPE_URL="http://127.0.0.1:9", IVR_STRIPE_KEY="sk_test_x", IVR_STRIPE_SECONDS="0.5")
    assert (away.returncode, "Stripe does not answer" in away.stderr) == (1, True)


def test_two_holds_in_one_refund(paying: Settings, store: Store, gateway: StripeGateway) -> None:
    """The administrator names the incident, not the holds."""
    incident = consented(store)
    for _ in range(2):
        held(store, gateway, incident.id, 15)
    talked(store, incident.id, 1800.0, EndReason.STABILISED)
    settle(store, gateway, incident.id)
    shown = money(paying, "refund", str(incident.id), "--cents", "5000", "--reason", "goodwill", "--json")
    assert [one["cents"] for one in json.loads(shown.stdout)] == [3750, 1250]
