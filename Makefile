.PHONY: help up down demo test trials check compose-trial bench compare prompts hear shell lock install
.DEFAULT_GOAL := help
PYTHON ?= python3
RUN := .venv/bin/python
INSTALL := @$(PYTHON) -m ivr.embedded.install
COMPILE = uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-annotate --no-header pyproject.toml
LOCK = $(COMPILE) requirements/build.in --extra embedded

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

install:
	$(INSTALL) embedded

up: install  ## the whole hotline on this machine, in the background
	@$(RUN) -m ivr.embedded up

down:  ## stop all of it
	@test ! -x $(RUN) || $(RUN) -m ivr.embedded down

demo: install  ## one real emergency call, narrated; the hotline stays up
	@$(RUN) -m ivr.embedded.demo

test:  ## what every commit must pass: check, then unit, integration and end-to-end tests, and the documentation's links
	$(INSTALL) dev
	@$(MAKE) --no-print-directory check
	@echo "unit tests" && $(RUN) -m pytest -q -n 2 -m "not long" tests/unit
	@echo "documentation: links, blocks, settings; its commands are run in make trials, which takes longer" && $(RUN) -m pytest -q -m "not long" tests/docs
	@echo "integration tests" && $(RUN) -m pytest -q -n 3 tests/integration
	@echo "end-to-end tests: real calls, mostly waiting for somebody to finish a sentence, so many at once" && $(RUN) -m pytest -q -n 11 -m "not long" tests/e2e

trials:  ## the long ones: every command of the documentation, a kill at every boundary of the payment path, and the calls that `make test` leaves out, at their natural speed
	$(INSTALL) dev
	@$(RUN) -m pytest -q -n 2 -m long tests/unit
	@$(RUN) -m pytest -q -m long tests/docs
	@IVR_TEST_TEMPO=1 $(RUN) -m pytest -q -n 6 -m long tests/e2e
	@$(RUN) -m pytest -q -n 4 -rP tests/trials
	@IVR_MONEY_EXAMPLES=100 $(RUN) -m pytest -q -rP --timeout 3600 tests/integration/test_money_machine.py

check:  ## lint and types
	$(INSTALL) dev
	@.venv/bin/ruff check . && .venv/bin/ruff format --check --quiet .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache

compose-trial:  ## the containers: every command of docs/compose.md, real calls through docker compose, and two nodes of which one is lost (needs docker, and root)
	$(INSTALL) dev
	@$(RUN) -m pytest -q -n 0 --timeout 1500 tests/compose

bench:  ## the benchmark, printed
	$(INSTALL) dev
	@$(RUN) -m bench

compare:  ## the hotline against its rivals, written to docs/benchmark.md: two hours
	$(INSTALL) bench
	@$(RUN) -m bench compare

prompts:  ## texts to sound files, only what changed
	$(INSTALL) speech
	@$(RUN) -m ivr.prompts.make

hear:  ## how many words of the prompts come through a telephone line
	$(INSTALL) hearing
	@$(RUN) -m tests.voice.hear

shell: install  ## a shell with the stack's settings
	@$(RUN) -m ivr.embedded shell

lock:  ## renew requirements/*.txt from pyproject.toml (needs uv)
	@$(LOCK) --upgrade --output-file requirements/embedded.txt
	@$(LOCK) --group dev --constraint requirements/embedded.txt --output-file requirements/dev.txt
	@$(LOCK) --extra speech --constraint requirements/embedded.txt --output-file requirements/speech.txt
	@$(COMPILE) --constraint requirements/embedded.txt --output-file requirements/production.txt
	@$(LOCK) --extra bench --constraint requirements/embedded.txt --output-file requirements/bench.txt
	@$(LOCK) --group hearing --constraint requirements/embedded.txt --output-file requirements/hearing.txt
