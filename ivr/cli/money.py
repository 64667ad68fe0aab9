"""``ivr money``: what an administrator does about money. Expected errors are sentences and exit code 1."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from ivr.cli.shared import AsJson, Commands, answer, fail, print_json, records, screen
from ivr.errors import NotYet, StripeRefused, StripeUnavailable
from ivr.event_words import money as amount
from ivr.model.money import Debt
from ivr.tables import minute, table

if TYPE_CHECKING:
    from ivr.audit import Difference  # at run time only where it is needed: it takes Stripe's library with it

money = Commands("money", "Money: compare with Stripe, settle again, refund, see debts.")

_DAYS = 8


@money.command()
def audit(as_json: AsJson = False) -> None:
    """Compare every hold with Stripe, row by row. Exit code 1 when something differs."""
    from ivr import audit as auditing
    from ivr.stripe_gateway import StripeGateway

    with records() as (given, store):
        differences = auditing.audit(store, StripeGateway(given))
        holds = len(store.all_holds())
    if as_json:
        print_json({"holds": holds, "differences": [asdict(one) for one in differences]})
    elif differences:
        columns = ("incident", "hold", "what", "in the records", "at Stripe", "what it means", "what to do")
        screen().print(table(map(_difference, differences), *columns))
    else:
        typer.echo(f"{holds} {'hold agrees' if holds == 1 else 'holds agree'} with Stripe.")
    if differences:
        raise typer.Exit(1)


@money.command()
def debts(as_json: AsJson = False) -> None:
    """What callers owe because nothing was held, or the hold had lapsed."""
    with records() as (_, store):
        found = store.debts()
    if as_json:
        return print_json([asdict(one) for one in found])
    if not found:
        return typer.echo("Nobody owes anything.")
    return screen().print(table(map(_debt, found), "incident", "owes", "because", "since", "settled"))


@money.command()
def refund(
    number: Annotated[int, typer.Argument(metavar="INCIDENT", help="The incident's number.")],
    cents: Annotated[int, typer.Option(help="How much to give back, in cents; never more than was captured.")],
    reason: Annotated[str, typer.Option(help="Why; it stands on the timeline.")],
    as_json: AsJson = False,
) -> None:
    """Give captured money back to the card."""
    from ivr import refunds
    from ivr.stripe_gateway import StripeGateway

    with records() as (given, store):
        done = refunds.refund(store, StripeGateway(given), number, cents, reason)
        currency = store.hold(done[0].hold_id).currency
    return answer([asdict(one) for one in done], f"{amount(cents, currency)} of incident {number} given back.", as_json)


@money.command()
def reconcile(as_json: AsJson = False) -> None:
    """Settle now what is not settled, and cancel what no hold stands for; the worker does the same each minute."""
    from ivr import reconcile as reconciling
    from ivr import settlement
    from ivr.stripe_gateway import StripeGateway

    failed: dict[int, str] = {}
    with records() as (given, store):
        gateway = StripeGateway(given)

        def settle(incident_id: int) -> None:
            try:
                settlement.settle(store, gateway, incident_id)
            except (NotYet, StripeRefused, StripeUnavailable) as why:
                failed[incident_id] = str(why)

        found = reconciling.reconcile_once(store, gateway, settle, grace=0, since=datetime.now(UTC) - timedelta(days=_DAYS))
    settled = [number for number in found.queued if number not in failed]
    if as_json:
        print_json({"settled": settled, "failed": failed, "cancelled": found.cancelled, "refunded": found.refunded})
    else:
        typer.echo(f"settled {len(settled)}, cancelled at Stripe {len(found.cancelled)}, refunded {len(found.refunded)}")
    if failed:
        fail("\n".join(f"incident {number} could not be settled: {why}" for number, why in failed.items()))


def _debt(one: Debt) -> tuple[str, ...]:
    settled = f"{one.settled_at.astimezone():%Y-%m-%d}" if one.settled_at else "no"
    return str(one.incident_id), amount(one.cents, one.currency), one.reason.replace("_", " "), minute(one.at), settled


def _difference(one: "Difference") -> tuple[str, ...]:
    number = "-" if one.incident_id is None else str(one.incident_id)
    return number, one.hold_id, one.what, one.records, one.stripe, one.means, one.todo
