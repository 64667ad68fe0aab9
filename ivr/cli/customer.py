"""``ivr customer``: who may call, with which account, PIN and phones."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from ivr.administration.entries import CustomerRecord
from ivr.administration.forms import CustomerForm, faults
from ivr.cli import administration_text
from ivr.cli.pin_option import Pin, PinFrom, chosen_pin
from ivr.cli.shared import AsJson, Commands, Yes, answer, fail, print_json, records, refuse, screen, sure
from ivr.config import Settings

if TYPE_CHECKING:
    from ivr.store import Store

customer = Commands("customer", "Customers: who may call, with which account, PIN and phones.")

_OPTIONS = {
    "account": "ACCOUNT", "name": "--name", "email": "--email", "language": "--language",
    "phones": "--phone", "drop_phones": "--drop-phone",
}  # fmt: skip

AccountNumber = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account number, digits alone.")]
PhoneNumbers = Annotated[
    list[str] | None, typer.Option("--phone", help="A phone that belongs to the customer; may be given several times.")
]
Email = Annotated[str | None, typer.Option(help="For receipts; '' for none.")]
Language = Annotated[str | None, typer.Option(help="What the customer hears: en (English) or es (Spanish).")]
Trunks = Annotated[bool | None, typer.Option("--trunks/--no-trunks", help="Whether the customer rents our SIP trunks.")]


@customer.command()
def add(
    account: AccountNumber,
    name: Annotated[str, typer.Option(help="The customer's name, as a person says it.")],
    phone: PhoneNumbers = None,
    email: Email = None,
    trunks: Trunks = None,
    language: Language = None,
    pin: Pin = None,
    as_json: AsJson = False,
) -> None:
    """Enter a customer. Without --pin one is made and shown once."""
    with records() as (given, store):
        form = _form(given, account=account, name=name, email=email, trunks=trunks, language=language, phones=phone)
        source = pin or PinFrom.NEW
        secret = chosen_pin(source, account)
        if not store.write_customers([_row(given, form, secret)], "add"):
            _known(store, account)
        _entered(given, store, form, secret if source is PinFrom.NEW else None, as_json)


@customer.command()
def change(
    account: AccountNumber,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    phone: PhoneNumbers = None,
    drop_phone: Annotated[list[str] | None, typer.Option(help="A phone that belongs to the customer no more; several times.")] = None,
    email: Email = None,
    trunks: Trunks = None,
    language: Language = None,
    pin: Pin = None,
    reopen: Annotated[bool, typer.Option("--reopen", help="Take back `ivr customer end`.")] = False,
    as_json: AsJson = False,
) -> None:
    """Change what is named; the rest stays. A new PIN counts from this moment on."""
    with records() as (given, store):
        form = _form(given, account=account, name=name, email=email, trunks=trunks, language=language, phones=phone, drop_phones=drop_phone)
        before = store.customer_record(account)
        secret = chosen_pin(pin, account) if pin else None
        row = _row(given, form, secret) | ({"closed": False} if reopen else {})
        if len(row) == 1:
            refuse("Say what to change: --name, --phone, --drop-phone, --email, --trunks, --language, --pin or --reopen.")
        if unknown := sorted(set(form.drop_phones) - set(before.phones)):
            fail(f"{unknown[0]} is no phone of {account}; these are: {', '.join(before.phones) or 'none'}.")
        store.write_customers([row], "change")
        _entered(given, store, form, secret if pin is PinFrom.NEW else None, as_json, before.phones if reopen else ())


@customer.command()
def end(account: AccountNumber, yes: Yes = False, as_json: AsJson = False) -> None:
    """A customer who left: recognised no more. Incidents, agreements and the account number stay."""
    with records() as (given, store):
        record = store.customer_record(account)
        if record.closed_at is None:
            sure(f"End customer {account}? From now on nobody is recognised by this account.", yes)
            store.write_customers([{"account": account, "closed": True}], "change")
        _shown(given, store, account, as_json)


@customer.command()
def show(account: AccountNumber, as_json: AsJson = False) -> None:
    """One customer, with phones and agreements."""
    with records() as (given, store):
        _shown(given, store, account, as_json)


@customer.command(name="list")
def list_customers(
    find: Annotated[str | None, typer.Option(help="Only those in whose account, name or phones this stands.")] = None,
    ended: Annotated[bool, typer.Option("--ended", help="Also those who left.")] = False,
    as_json: AsJson = False,
) -> None:
    """The customers, by account."""
    with records() as (_, store):
        found = store.customers(find, ended=ended)
    answer([asdict(one) for one in found], administration_text.listed(found), as_json)


@customer.command()
def speak(
    account: Annotated[str | None, typer.Argument(metavar="ACCOUNT", help="Whose; with --missing everybody's who has none.")] = None,
    missing: Annotated[bool, typer.Option("--missing", help="All names that have no sound yet.")] = False,
) -> None:
    """Make the sound of a customer's name, for the engineers' whisper. Needs the extra `speech`."""
    from ivr import name_sounds

    if (account is None) is not missing:
        refuse("Say an ACCOUNT, or --missing.")
    with records() as (given, store):
        everybody = [] if account else [one for one in store.customers() if name_sounds.sound_of(given, one.account) is None]
        for one in [store.customer_record(account)] if account else everybody:
            name_sounds.make(given, one.account, one.name)
            typer.echo(f"{one.account}: {one.name}, {name_sounds.seconds(str(name_sounds.folder(given) / one.account)):.1f} s")


def _form(given: Settings, **values: Any) -> CustomerForm:
    """What was typed, checked. Exits with 2."""
    try:
        typed = {name: value for name, value in values.items() if value is not None}
        return CustomerForm.model_validate(typed, context={"country": given.country})
    except ValidationError as wrong:
        refuse(*faults(wrong, _OPTIONS))


def _row(given: Settings, form: CustomerForm, pin: str | None) -> dict[str, Any]:
    """The form as the records take it; only what was given."""
    from ivr.pins import hash_pin

    row: dict[str, Any] = form.model_dump(include=form.model_fields_set - {"phones", "drop_phones"})
    row |= {"add_phones": form.phones} if form.phones else {}
    row |= {"drop_phones": form.drop_phones} if form.drop_phones else {}
    return row | ({"pin_hash": hash_pin(pin, given.pin_pepper)} if pin else {})


def _known(store: "Store", account: str) -> None:
    """Says why a customer can't be added. Exits with 1."""
    record = store.customer_record(account)
    if record.closed_at is None:
        fail(f"There is a customer {account} already. `ivr customer change {account} …` changes it.")
    fail(f"Customer {account} left on {record.closed_at.astimezone():%Y-%m-%d}. `ivr customer change {account} --reopen` takes that back.")


def _entered(given: Settings, store: "Store", form: CustomerForm, made_pin: str | None, as_json: bool, back: Sequence[str] = ()) -> None:
    """The customer as it is now, the new PIN once, and what an administrator should know. ``back``: phones of who was taken back.

    The sound comes last: it may fail, and the PIN is said this once.
    """
    from ivr import name_sounds

    stale = None
    if form.name is not None:
        stale = name_sounds.forget_gently(given, form.account)
    _warn_of_shared(store, form.account, [*form.phones, *(phone for phone in back if phone not in form.drop_phones)])
    _shown(given, store, form.account, as_json, made_pin)
    if form.name is not None:
        _spoken(given, form.account, form.name)
    if stale and name_sounds.sound_of(given, form.account):
        typer.echo(stale, err=True)


def _spoken(given: Settings, account: str, name: str) -> None:
    from ivr import name_sounds
    from ivr.errors import SetupError

    try:
        name_sounds.make(given, account, name)
        typer.echo("Engineers will hear the name.", err=True)
    except (SetupError, OSError) as hint:
        typer.echo(f"Hint: engineers will hear the account number, not the name. {hint}", err=True)


def _warn_of_shared(store: "Store", account: str, phones: Sequence[str]) -> None:
    for phone, others in store.phone_sharers(account, phones).items():
        typer.echo(f"Warning: {phone} is a phone of {', '.join(others)} too: calls from it are recognised as nobody's.", err=True)


def _shown(given: Settings, store: "Store", account: str, as_json: bool, pin: str | None = None) -> None:
    from ivr import name_sounds

    record: CustomerRecord = store.customer_record(account)
    agreements = store.agreement_records(account)
    sound = name_sounds.sound_of(given, account)
    if as_json:
        more = {"agreements": [one.as_data() for one in agreements], "spoken_name": sound} | ({"pin": pin} if pin else {})
        return print_json(asdict(record) | more)
    screen().print(administration_text.shown(record, agreements, sound))
    if pin:
        typer.echo(f"\nThe PIN is {pin}. It is shown this once; give it to the customer.")
    return None
