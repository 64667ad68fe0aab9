#!/bin/sh
# Runs Asterisk, and drains it on SIGTERM: new calls are refused with 503, those in progress go on, and it ends with the last of them.
# Not Asterisk's own "core stop gracefully": that makes no channel any more, so a caller who waits could not get an engineer.
set -u
files=/srv/asterisk
conf="$files/etc/asterisk.conf"

command_line() {
    asterisk -C "$conf" -rx "$1"
}

drain() {
    trap '' TERM INT
    command_line "dialplan set global DRAINING 1" >/dev/null
    command_line "dialplan remove extension ready@from-trunk" >/dev/null
    echo "draining: no new calls; $(command_line "core show channels count" | head -n 1)"
    while [ "$(command_line "core show channels count" | sed -n 's/^\([0-9]*\) active channel.*/\1/p')" != 0 ] && kill -0 "$asterisk" 2>/dev/null; do
        sleep 1
    done
    echo "drained"
    command_line "core stop now" >/dev/null
}

mkdir -p "$files/spool" "$files/log"
ln -sf /dev/stdout "$files/log/messages.log"
asterisk -f -C "$conf" &
asterisk=$!
trap drain TERM INT
# A trapped signal ends a wait early, so it is waited for until it is gone.
wait "$asterisk"
status=$?
while kill -0 "$asterisk" 2>/dev/null; do
    wait "$asterisk"
    status=$?
done
exit "$status"
