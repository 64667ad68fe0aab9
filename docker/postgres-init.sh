#!/bin/sh
# Run once by the image of PostgreSQL, on an empty database: the hotline's own user owns its own database and nothing else.
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --set password="$(cat /run/secrets/database_password)" --username postgres <<'SQL'
CREATE ROLE ivr LOGIN PASSWORD :'password';
CREATE DATABASE ivr OWNER ivr;
SQL
