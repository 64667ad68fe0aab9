"""Names shared with the dialplan, once. ``tests/unit/test_channel_variables.py`` holds the dialplan against this table."""

from typing import Final

INCIDENT: Final = "IVR_INCIDENT"
"""Both legs: the incident's number. Set by ``call``; what lets another process go on with the call."""

OFFER: Final = "IVR_OFFER"
"""Engineer's leg: the offer's id, set when the engineer is rung."""

ACCEPTED: Final = "IVR_ACCEPTED"
"""Both legs: ``1`` from the accept on. From then on the failsafe phones never ring."""

DONE: Final = "IVR_DONE"
"""``1`` as the last command of a finished script. On the caller's leg, after ``call`` or ``ending``, the dialplan hangs up."""

ENGINEER_CHANNEL: Final = "IVR_ENGINEER_CHANNEL"
"""Caller's leg: the channel that the dialplan shall bridge next; empty when there is none."""

TALK_SECONDS: Final = "IVR_TALK_SECONDS"
"""Caller's leg: seconds that the next talk may last, its grace included; ``0`` is no limit."""

EXPIRED: Final = "IVR_EXPIRED"
"""Caller's leg: ``1`` when the talk was ended by its limit (extension ``T``)."""

ENGINEER_CAUSE: Final = "IVR_ENGINEER_CAUSE"
"""Caller's leg, set by the dialplan after a talk: Q.850 cause by which the engineer's leg ended; ``0`` when it could not be joined."""

TRIED: Final = "IVR_TRIED"
"""Caller's leg, dialplan only: how many ``serve`` processes this script was already sent to."""

IN_TALK: Final = "IVR_IN_TALK"
"""Caller's leg, dialplan only: ``1`` while bridged, so that ``T`` knows what it ended."""

TALKING_TO: Final = "IVR_TALKING_TO"
"""Caller's leg, dialplan only: the engineer's channel of the present talk."""

LIMIT: Final = "IVR_LIMIT"
"""Both legs, dialplan only: the leg's limit in seconds, put aside while a key's script runs."""

LEFT: Final = "IVR_LEFT"
"""Both legs, dialplan only: what is left of that limit after a key's script, in seconds."""

SINCE: Final = "IVR_SINCE"
"""Both legs, set by the dialplan while a key's script runs: when the key was pressed (seconds since the epoch); else empty."""

ANNOUNCE_TO: Final = "IVR_ANNOUNCE_TO"
"""An announcement's own channel: the caller's channel, whose talk it is said into."""

LINE_LOST: Final = "IVR_LINE_LOST"
"""Engineer's leg (shared), dialplan only: ``1`` when the caller's line went in the talk, and the caller may call again."""

WAITED: Final = "IVR_WAITED"
"""Caller's leg, dialplan only: seconds waited for a free line."""

LANGUAGE: Final = "IVR_LANGUAGE"
"""Caller's leg (shared), dialplan only: its language when the talk begins, for what is announced into the talk."""

LANGUAGE_CHOSEN: Final = "IVR_LANGUAGE_CHOSEN"
"""Caller's leg, set by the dialplan: ``1`` when the caller chose a language in the main menu; then no record changes it."""

FAILSAFE: Final = "IVR_FAILSAFE"
"""Caller's leg, set by the dialplan: how far the failsafe phones got: ``calling``, ``answered`` or ``nobody``; empty without them."""

FAILSAFE_SINCE: Final = "IVR_FAILSAFE_SINCE"
"""Caller's leg, dialplan only: when this round of the failsafe phones began (seconds since the epoch)."""

FAILSAFE_SPENT: Final = "IVR_FAILSAFE_SPENT"
"""Caller's leg, dialplan only: seconds spent with the failsafe phones since the last talk, before this round; empty without them."""

FAILSAFE_ROUNDS: Final = "IVR_FAILSAFE_ROUNDS"
"""Caller's leg, dialplan only: how often the script was asked again after a round of the failsafe phones."""

FAILSAFE_ACCEPTED: Final = "IVR_FAILSAFE_ACCEPTED"
"""Caller's leg (shared), dialplan only: ``1`` when the holder of a failsafe phone pressed 1."""
