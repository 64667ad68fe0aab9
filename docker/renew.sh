#!/bin/sh
# New code, settings or secrets while calls go on: one service after the other, so that one serve always takes new calls.
# Each is made anew even if compose sees no change: it does not see that of a secret's file.
# With "asterisk" Asterisk too, which drains first: until its last call is over this node takes no new one.
set -eu
docker compose build
docker compose run --rm migrate
docker compose run --rm asterisk-files
for service in serve2 serve worker console; do
    docker compose up --detach --wait --no-deps --force-recreate "$service"
done
[ "${1:-}" != asterisk ] || docker compose up --detach --wait --no-deps --force-recreate asterisk
