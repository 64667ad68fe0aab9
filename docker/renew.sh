#!/bin/sh
# New code or new settings while calls go on: one service after the other, so that one serve always takes new calls.
# With "asterisk" Asterisk too, which drains first: until its last call is over this node takes no new one.
set -eu
docker compose build
docker compose run --rm migrate
docker compose run --rm asterisk-files
for service in serve2 serve worker console; do
    docker compose up --detach --wait --no-deps "$service"
done
[ "${1:-}" != asterisk ] || docker compose up --detach --wait --no-deps --force-recreate asterisk
