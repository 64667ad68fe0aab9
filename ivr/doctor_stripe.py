"""What `ivr doctor` looks at for Stripe: it answers to our key, that key moves money or does not, and its webhooks come."""

from collections.abc import Iterator

from ivr.config import Settings
from ivr.errors import HotlineError
from ivr.findings import Finding, fault, ok, warning
from ivr.store import Store


def stripe(settings: Settings) -> Iterator[Finding]:
    """Answers to the key, when there is one."""
    from ivr.stripe_gateway import StripeGateway

    if settings.stripe_key is None:
        yield warning("stripe", "there is no key: nobody can pay, and who is not covered is connected unpaid", "Set IVR_STRIPE_KEY.")
        return
    gateway = StripeGateway(settings)
    try:
        gateway.ping()
        key = settings.stripe_key.get_secret_value()
        money = "with a test key: no real money moves" if "_test_" in key else "with a live key"
        yield ok("stripe", f"answers at {settings.stripe_url or 'api.stripe.com'}, {money}")
    except HotlineError as refused:
        yield fault("stripe", f"{refused}", "Mend IVR_STRIPE_KEY or the network; until then IVR_STRIPE_DOWN decides what callers meet.")
    finally:
        gateway.close()
    if settings.stripe_webhook_secret is None:
        yield warning("stripe", "webhooks can't be believed: the worker finds out a minute later", "Set IVR_STRIPE_WEBHOOK_SECRET.")
    else:
        yield from _webhooks(settings)


def _webhooks(settings: Settings) -> Iterator[Finding]:
    """Whether Stripe's secret is ours only its own webhooks show."""
    try:
        with Store(settings) as store:
            payments, heard = store.payments_heard()
    except HotlineError:  # "database" says so
        return
    if payments and not heard:
        text = f"none of its webhooks came for the last {payments} payments: the worker finds out a minute later"
        mend = "Mend the endpoint at Stripe, what passes /stripe/webhook on, or IVR_STRIPE_WEBHOOK_SECRET; see ivr console's log."
        yield warning("stripe", text, mend)
