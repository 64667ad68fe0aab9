"""Rival: classic AGI. Asterisk starts this program for each call; pyst2 as it comes."""

from asterisk.agi import AGI

from bench.rivals.covered import call

if __name__ == "__main__":
    call(AGI())
