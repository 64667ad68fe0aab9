#!/bin/sh
# KAMAILIO_LISTEN=udp:203.0.113.5:5060  KAMAILIO_NODES="203.0.113.11:5060 203.0.113.12:5060"  KAMAILIO_CARRIER=198.51.100.7:5060
set -eu
nodes=/run/kamailio/nodes.list
for node in $KAMAILIO_NODES; do
    echo "1 sip:ready@$node"
done >"$nodes"
exec kamailio -DD -E -m 32 -M 4 -w /tmp -Y /run/kamailio -P /run/kamailio/kamailio.pid -f /etc/kamailio/kamailio.cfg \
    -A "LISTEN=$KAMAILIO_LISTEN" -A "CARRIER_HOST=\"${KAMAILIO_CARRIER%:*}\"" -A "CARRIER_PORT=\"${KAMAILIO_CARRIER##*:}\"" \
    -A "NODES_FILE=\"$nodes\""
