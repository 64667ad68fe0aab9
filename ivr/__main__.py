"""The command line: parses and delegates."""

import typer

from ivr.cli.agreement import agreement
from ivr.cli.asterisk import asterisk_files
from ivr.cli.block import block, changes
from ivr.cli.customer import customer
from ivr.cli.doctor import doctor
from ivr.cli.engineer import engineer
from ivr.cli.follow_up import follow_up
from ivr.cli.imports import import_agreements, import_customers
from ivr.cli.incident import incident
from ivr.cli.message import message
from ivr.cli.money import money
from ivr.cli.options import Once
from ivr.cli.rate import rate
from ivr.cli.rota import rota, who_rings
from ivr.cli.shared import ready

app = typer.Typer(name="ivr", help="The paid emergency hotline.", no_args_is_help=True, pretty_exceptions_enable=False)
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


if __name__ == "__main__":
    app()
