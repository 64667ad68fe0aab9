"""What the hotline is measured against: the same covered call, written as one usually would with other means.

``conf/`` is a second Asterisk's dialplan: the call in native dialplan, and the way to the three Python programs beside it.
Written to be fair, not to be fit for use: no second try, no resume, no failsafe, no meter.
"""
