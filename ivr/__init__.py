"""The paid emergency hotline. Start reading at :mod:`ivr.call`, which is the whole call on one screen."""
