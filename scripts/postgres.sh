#!/usr/bin/env bash
# A private, throw-away cluster of Postgres 15 for tests: never a server that is already there.
#
#   scripts/postgres.sh start DIR   makes a cluster in DIR (which must not exist), starts it, prints its URL
#   scripts/postgres.sh stop DIR    stops it and removes DIR
#
# The server listens on a Unix socket in DIR only, and on LUNETTE_POSTGRES_PORT of this machine where that is set. Postgres refuses to run as root: as root, the
# cluster belongs to `postgres`, or to `nobody` where there is no such user. LUNETTE_POSTGRES_BIN names another folder of
# binaries.
set -euo pipefail

bin=${LUNETTE_POSTGRES_BIN:-/usr/lib/postgresql/15/bin}

usage() { sed -n '4,5s/^# *//p' "$0" >&2; exit 2; }
[ $# -eq 2 ] || usage
dir=$2

# Runs a command as the user who may run Postgres.
as_owner() {
  if [ "$(id -u)" -ne 0 ]; then "$@"; return; fi
  local user=postgres
  getent passwd postgres >/dev/null || user=nobody
  setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups env HOME="$dir" "$@"
}

case $1 in
start)
  [ -x "$bin/initdb" ] || { echo "postgres.sh: no Postgres 15 in $bin (apt-get install postgresql-15)" >&2; exit 3; }
  [ ! -e "$dir" ] || { echo "postgres.sh: $dir exists" >&2; exit 2; }
  mkdir -m 700 -p "$dir"
  if [ "$(id -u)" -eq 0 ]; then
    owner=postgres
    getent passwd postgres >/dev/null || owner=nobody
    chown "$owner" "$dir"
  fi
  cd "$dir"
  as_owner "$bin/initdb" --pgdata="$dir/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync >"$dir/initdb.log"
  # Nothing in it is worth keeping: no fsync. One client at a time, small memory.
  as_owner "$bin/pg_ctl" --pgdata="$dir/data" --log="$dir/server.log" --wait start --silent --options="\
    -c listen_addresses='${LUNETTE_POSTGRES_PORT:+127.0.0.1}' -c port=${LUNETTE_POSTGRES_PORT:-5432} -c unix_socket_directories='$dir' -c fsync=off -c synchronous_commit=off \
    -c full_page_writes=off -c shared_buffers=32MB -c max_connections=20 -c autovacuum=off -c jit=off" >/dev/null
  echo "postgresql://postgres@localhost/postgres?host=$dir&port=${LUNETTE_POSTGRES_PORT:-5432}"
  ;;
stop)
  [ -d "$dir/data" ] || { echo "postgres.sh: no cluster in $dir" >&2; exit 2; }
  cd /
  as_owner "$bin/pg_ctl" --pgdata="$dir/data" --mode=immediate --silent stop || true
  rm -rf "$dir"
  ;;
*) usage ;;
esac
