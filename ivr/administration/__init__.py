"""What administrators enter, before it is in the records: customers, agreements, rates, blocked phones, the rota's hand-overs.

What may be entered, what whole tables would change, and how it stands afterwards. The commands (``ivr/cli/``) are on one side of it,
:mod:`ivr.records.administration` is on the other; no script of a call uses it.
"""
