"""``ivr serve``: wires the process and runs it until SIGTERM, then lets the calls in progress finish."""

import logging
import resource
import signal
from functools import partial
from threading import Thread

from ivr import metrics, prompts
from ivr.call import SCRIPTS
from ivr.config import Settings
from ivr.hangup_events import Hangups, missed
from ivr.heartbeat import Heartbeat
from ivr.hotline import Hotline
from ivr.hungup import hungup
from ivr.meter import Meter
from ivr.orphans import stop_orphans
from ivr.server import Server
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from ivr.switchboard import Switchboard
from ivr.time_warnings import TimeWarnings

log = logging.getLogger(__name__)


def main(settings: Settings) -> None:
    """Serve calls. Starts also while the database or Asterisk is away: whoever calls then reaches the failsafe phones."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold what callers type
    prompts.use_overrides(settings.recordings_folder)
    store = Store(settings)
    switchboard = Switchboard(settings)
    hotline = Hotline(settings, store, switchboard, StripeGateway(settings))
    meter = Meter(store, switchboard)
    time_warnings = TimeWarnings(store, switchboard, meter, grace=settings.grace_seconds)
    heartbeat = Heartbeat(store, switchboard)
    hangups = Hangups(switchboard, partial(hungup, hotline))
    switchboard.on_connect(partial(stop_orphans, hotline))
    switchboard.on_connect(partial(missed, switchboard, store.open_legs, partial(hungup, hotline)))
    server = Server(settings, {name: partial(script, hotline) for name, script in SCRIPTS.items()})
    drain = Thread(target=server.drain, args=(settings.drain_seconds,), name="drain", daemon=True)

    def terminate(*_: object) -> None:
        if drain.ident is None:  # not started yet; once is enough
            drain.start()

    signal.signal(signal.SIGTERM, terminate)
    metrics.watch(connected=lambda: switchboard.connected, talks=meter.talking, running=lambda: server.running)
    metrics.listen(settings, settings.metrics_port, "IVR_METRICS_PORT")
    switchboard.start()
    meter.start()
    time_warnings.start()
    hangups.start()
    heartbeat.start()
    log.info("serving calls on %s:%d", settings.agi_host, settings.agi_port)
    try:
        server.serve_forever()
    finally:
        heartbeat.stop()
        hangups.stop()
        time_warnings.stop()
        meter.stop()
        switchboard.stop()
        store.close()
