"""The whole exception tree.

HotlineError
├── CallerGone              the leg hung up, or Asterisk took it back: a normal ending, not a fault
├── Unavailable             something outside did not answer in time; the dialplan's failsafe takes the caller
│   ├── StoreUnavailable    PostgreSQL
│   └── SwitchboardDown     Asterisk's manager interface
├── AsteriskFault           Asterisk answered something that its protocol does not allow
├── IllegalChange           a status change that the records forbid
├── UnknownRecord           no incident, offer, customer … with this number
└── SetupError              the machine or the settings are not fit; its text says what, what it means, what to do
"""


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


class AsteriskFault(HotlineError):
    """Asterisk sent a reply or an environment that the AGI protocol does not allow."""


class IllegalChange(HotlineError):
    """The records refuse this change of status (enforced in SQL)."""


class UnknownRecord(HotlineError):
    """There is no incident, offer, customer … with this number."""


class SetupError(HotlineError):
    """The machine or the settings are not fit. The text says what happened, what it means and what to do."""
