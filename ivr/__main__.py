"""The command line: parses and delegates."""

from typing import Annotated

import typer

from ivr.cli_agreement import agreement
from ivr.cli_asterisk import asterisk_files
from ivr.cli_block import block, changes
from ivr.cli_customer import customer
from ivr.cli_doctor import doctor
from ivr.cli_engineer import engineer
from ivr.cli_follow_up import follow_up
from ivr.cli_import import import_agreements, import_customers
from ivr.cli_message import message
from ivr.cli_money import money
from ivr.cli_rate import rate
from ivr.cli_rota import rota, who_rings
from ivr.command_line import AsJson, Commands, print_json, ready, records, screen
from ivr.command_options import Once

app = typer.Typer(name="ivr", help="The paid emergency hotline.", no_args_is_help=True, pretty_exceptions_enable=False)
incident = Commands("incident", "Incidents and their timelines.")
app.add_typer(incident, name="incident")
app.add_typer(money, name="money")
app.add_typer(message, name="message")
app.add_typer(engineer, name="engineer")
app.add_typer(rota, name="rota")
app.command(cls=Once)(who_rings)
app.command(cls=Once)(doctor)
app.command(cls=Once)(asterisk_files)
app.add_typer(follow_up, name="follow-up")
app.add_typer(customer, name="customer")
customer.command(name="import")(import_customers)
agreement.command(name="import")(import_agreements)
app.add_typer(agreement, name="agreement")
app.add_typer(rate, name="rate")
app.add_typer(block, name="block")
app.command(cls=Once)(changes)


@app.command()
def serve() -> None:
    """Take calls: the FastAGI server beside Asterisk. SIGTERM lets calls in progress finish."""
    from ivr import serve as process

    with ready(logs=True) as given:
        process.main(given)


@app.command()
def console() -> None:
    """The web console: health, readiness, and what Stripe has to tell."""
    from ivr.console import app as process

    with ready(logs=True) as given:
        process.main(given)


@app.command()
def worker() -> None:
    """The jobs beside the calls: settling, and sweeping up after killed processes."""
    from ivr import worker as process

    with ready(logs=True) as given:
        process.main(given)


@app.command()
def migrate() -> None:
    """Bring the database up to date. Safe to run at any time."""
    from ivr.migrate import migrate as bring_up_to_date

    with ready() as given:
        bring_up_to_date(str(given.database_url))


@incident.command()
def show(number: Annotated[int, typer.Argument(help="The incident's number, as spoken to the caller.")], as_json: AsJson = False) -> None:
    """One incident: who called, who came, and every second of it."""
    from ivr import timeline

    with records() as (_, store):
        report = store.report(number)
        print_json(timeline.as_data(report)) if as_json else screen().print(timeline.render(report))


@incident.command(name="list")
def list_incidents(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20, as_json: AsJson = False
) -> None:
    """The newest incidents."""
    from ivr import timeline

    with records() as (_, store):
        found = store.incidents(limit)
        print_json([timeline.summary_data(one) for one in found]) if as_json else screen().print(timeline.render_list(found))


if __name__ == "__main__":
    app()
