"""Card numbers and codes stay nowhere: not in exceptions, not in logs, not on the terminal."""

import logging
import os
import re
import subprocess
import sys
import traceback
from contextlib import ExitStack

import pytest

from ivr.embedded.stripe_sandbox import KEY, SandboxControl
from ivr.errors import HotlineError
from ivr.stripe_gateway import StripeGateway
from tests.integration.gateway.account import ANY_CONFIRM, NUMBER, a_card, a_gateway, a_hold, the_only

BAD = "4000000000000002"
CODE = "917"
ALONE = re.compile(rf"(?<![0-9a-f._]){CODE}(?![0-9a-f._])")
"""The code by itself: three digits also stand in clocks, addresses and numbers of requests."""

TALKATIVE = """
import logging, sys
logging.basicConfig(level=logging.DEBUG)
from tests.integration.gateway.account import a_card, a_gateway, a_hold
gateway = a_gateway(sys.argv[1], stripe_seconds=1)
logging.getLogger("ivr").debug("the log works")
created = gateway.create(a_hold())
for number in sys.argv[2:]:
    try:
        gateway.confirm(created.id, a_card(number), key=number[-4:])
    except Exception:
        logging.exception("the card ending %s", number[-4:])
"""


@pytest.mark.parametrize("trouble", ["declined", "500", "cut_before", "refused"])
def test_no_exception_carries_the_card(sandbox: SandboxControl, trouble: str) -> None:
    """Not in its text, its chain, or any local variable of its frames."""
    gateway = a_gateway(sandbox.url, stripe_seconds=0.5)
    created = gateway.create(a_hold())
    if trouble == "refused":
        sandbox.account(raw_cards=False)
    elif trouble != "declined":
        sandbox.faults(trouble, ANY_CONFIRM, times=99)
    with pytest.raises(HotlineError) as caught:
        gateway.confirm(created.id, a_card(BAD if trouble == "declined" else NUMBER), key="attempt")
    written = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "card = ****" in written
    for secret in (NUMBER, BAD, NUMBER[:6], BAD[:6]):
        assert secret not in written
    assert not ALONE.search(written)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    gateway.close()


def test_nothing_is_logged_or_printed_at_debug(sandbox: SandboxControl) -> None:
    """A process of its own with ``STRIPE_LOG=debug`` and everything logged: good card, declined card, refused request, errors."""
    sandbox.faults("500", "/v1/payment_intents")
    talk = subprocess.run(
        [sys.executable, "-c", TALKATIVE, sandbox.url, BAD, "4242424242424241", NUMBER],
        env=os.environ | {"STRIPE_LOG": "debug", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    said = talk.stdout + talk.stderr
    assert "the log works" in said
    assert "CardDeclined" in said
    assert "/confirm" in said  # the connections' own line: method, path and status
    for secret in (NUMBER, BAD, NUMBER[:6], BAD[:6], "payment_method_data", KEY):
        assert secret not in said
    assert not ALONE.search(said)
    assert the_only(sandbox)["status"] == "requires_capture"


def test_the_library_stays_silent_whoever_turns_it_up(
    gateway: StripeGateway, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Also after somebody set its logger's level. The connections' own line is there in any order of tests: the pager silences it."""
    loud = ("stripe", "urllib3", "urllib3.connectionpool")
    with ExitStack() as levels:
        for name in (None, *loud):
            levels.enter_context(caplog.at_level(logging.DEBUG, logger=name))
        created = gateway.create(a_hold())
        gateway.confirm(created.id, a_card(), key="attempt")
    written = caplog.text + "".join(capfd.readouterr())
    assert "/confirm" in written
    assert "payment_method_data" not in written
    assert NUMBER not in written
