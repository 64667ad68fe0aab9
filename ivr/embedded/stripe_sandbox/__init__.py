"""A Stripe that stands on this machine: what the gateway uses of the API, with state, as Stripe's documentation says it behaves.

``/v1`` speaks Stripe's language; only the base URL differs. Beside it, for tests and trials alone (JSON in and out):

=======================================  ====================================================================================
``POST /_sandbox/faults``                ``{"method": "POST", "path": "/v1/*/confirm", "kind": …, "seconds": 2.0, "times": 1}``
``DELETE /_sandbox/faults``              no request is struck any more
``GET /_sandbox/requests``               ``{"requests": [{"method", "path", "key", "status"}, …]}``; never a body
``POST /_sandbox/expire/{pi}``           the hold lapses, as after seven days
``POST /_sandbox/account``               ``{"moto", "raw_cards", "confirm_seconds", "webhooks"}``: switches; answers how all stand
``GET /_sandbox/ready``                  200
=======================================  ====================================================================================

Kinds of fault: ``delay`` and ``delay_after`` (``seconds`` before or after the commit), ``500`` and ``500_after`` (before or after; the
idempotency key replays both), ``429``, ``cut_before`` and ``cut_after`` (the connection is closed without an answer).
``path`` is an ``fnmatch`` pattern of the URL's path, ``method`` ``*`` by default.

``webhooks``: ``deliver``, ``hold`` (until another mode is set), ``repeat`` (each twice), ``shuffle``.
``confirm_seconds`` delays every confirmation: the bank's own time, for the benchmark. ``moto`` and ``raw_cards`` are the permissions that
Stripe grants by hand; without the first the parameter is unknown, without the second card numbers are refused.
Switches stay, as all state does; faults and the list of requests end with the process.

Card numbers and codes are seen by ``cards.py`` alone, and never stored, logged or echoed.
"""

from ivr.embedded.stripe_sandbox.control import SandboxControl
from ivr.embedded.stripe_sandbox.running import KEY, WEBHOOK_SECRET, running

__all__ = ["KEY", "WEBHOOK_SECRET", "SandboxControl", "running"]
