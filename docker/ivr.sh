#!/bin/sh
exec /opt/ivr/venv/bin/python -m ivr "$@"
