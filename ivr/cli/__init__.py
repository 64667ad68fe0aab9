"""``ivr …``: a file for each group of commands. They parse, ask the records and show; what may be entered is in ``ivr/administration/``."""
