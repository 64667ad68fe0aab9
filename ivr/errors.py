"""The whole exception tree.

HotlineError
├── CallerGone              the leg hung up, or Asterisk took it back: a normal ending, not a fault
├── Unavailable             something outside did not answer in time; the dialplan's failsafe takes the caller
│   ├── StoreUnavailable    PostgreSQL
│   ├── SwitchboardDown     Asterisk's manager interface
│   ├── StripeUnavailable   Stripe; what was asked may or may not have happened
│   └── NotPaged            a paging service; somebody on duty does not know yet
├── CardDeclined            the bank, or Stripe for it, does not accept the card; says why
├── StripeRefused           Stripe answered that the request itself is wrong: an alarm, never a reason to repeat it
├── ForgedWebhook           a webhook whose signature, age or text is not Stripe's
├── NotYet                  the money of this incident can't be decided or moved yet; a job tries again
├── BadAmount               no amount of money: not a whole number of cents above zero, absurd, or of an unknown currency
├── AsteriskFault           Asterisk answered something that its protocol does not allow
├── IllegalChange           a status change that the records forbid
├── UnknownRecord           no incident, offer, customer … with this number
└── SetupError              the machine or the settings are not fit; its text says what, what it means, what to do
"""

from ivr.model.money import Decline


class HotlineError(Exception):
    """Root of every exception that this project raises on purpose."""


class CallerGone(HotlineError):
    """The leg is over for this script: hung up, or taken back by the dialplan. A normal ending."""


class Unavailable(HotlineError):
    """Something outside did not answer within its deadline."""


class StoreUnavailable(Unavailable):
    """PostgreSQL did not answer within its deadline."""


class SwitchboardDown(Unavailable):
    """Asterisk's manager interface is not connected or did not answer."""


class StripeUnavailable(Unavailable):
    """Stripe did not answer within its deadline, or answered that it could not. What was asked may have happened all the same."""


class NotPaged(Unavailable):
    """A paging service did not take a page. Its text never holds an address."""


class CardDeclined(HotlineError):
    """The card was not accepted."""

    def __init__(self, decline: Decline) -> None:
        super().__init__(decline.value)
        self.decline = decline


class StripeRefused(HotlineError):
    """Stripe says that the request is wrong (key, parameter, state). Its text never holds what was sent."""


class ForgedWebhook(HotlineError):
    """The signature, the age or the text of a webhook is not what Stripe would send."""


class NotYet(HotlineError):
    """The money of this incident can't be decided or moved yet: it has not ended, or the meter still counts."""


class BadAmount(HotlineError):
    """Not a whole number of cents above zero, more than Stripe takes, or in a currency that is not known here."""


class AsteriskFault(HotlineError):
    """Asterisk sent a reply or an environment that the AGI protocol does not allow."""


class IllegalChange(HotlineError):
    """The records refuse this change of status (enforced in SQL)."""


class UnknownRecord(HotlineError):
    """There is no incident, offer, customer … with this number."""


class SetupError(HotlineError):
    """The machine or the settings are not fit. The text says what happened, what it means and what to do."""
