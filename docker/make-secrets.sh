#!/bin/sh
# Makes what is missing of secrets/: one file each, for its reader alone. Run it as root, from the folder of docker-compose.yml.
# Usage: docker/make-secrets.sh [PORT of PostgreSQL; else IVR_POSTGRES_PORT, which .env may hold, else 5432]
set -eu
umask 077

# sudo drops the environment, so .env is looked at too.
setting() {
    eval "given=\${$1:-}"
    [ -n "$given" ] || given=$(sed -n "s/^$1=\([0-9][0-9]*\).*/\1/p" .env 2>/dev/null || true)
    printf '%s' "${given:-$2}"
}

reader=$(setting IVR_UID 5060)
postgres=999
port=${1:-$(setting IVR_POSTGRES_PORT 5432)}

secret() {
    [ -e "secrets/$1" ] || printf '%s' "$2" >"secrets/$1"
}

random() {
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

mkdir -p secrets
secret postgres_password "$(random)"
secret database_password "$(random)"
secret ivr_database_url "postgresql://ivr:$(cat secrets/database_password)@127.0.0.1:$port/ivr"
secret ivr_pin_pepper "$(random)"
secret ivr_ami_secret "$(random)"
secret ivr_doctor_secret "$(random)"
chown "$reader:$reader" secrets secrets/*
chown "$postgres:$postgres" secrets/postgres_password secrets/database_password
chmod 0500 secrets
chmod 0400 secrets/*
ls -l secrets
