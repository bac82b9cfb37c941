#!/usr/bin/env bash
# Runs the old stack (uvicorn with two workers, PostgreSQL, Redis with RQ) for a comparison in the same run.
#
#   Benchmarks/old_stack.sh FOLDER [--install]
#
# FOLDER holds old_stack.py. Prints `ready PORT` when POST /register answers there, then runs until standard input
# ends, and removes all that it made. When something is missing it says what, and exits with 3; with --install it
# fetches the Python packages into .deps/peers first.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=${1:?the folder that holds old_stack.py}
venv=$here/.deps/peers
packages=(fastapi uvicorn rq redis "psycopg[binary]" psycopg_pool)

missing() {
    echo "missing: $1" >&2
    exit 3
}

[[ -f $folder/old_stack.py ]] || missing "$folder/old_stack.py"
command -v redis-server >/dev/null || missing "redis-server (apt install redis-server)"
postgres=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[[ -n $postgres && -x $postgres/initdb ]] || missing "PostgreSQL's server (apt install postgresql)"
if [[ ${2:-} == --install && ! -x $venv/bin/uvicorn ]]; then
    python3 -m venv "$venv" >&2
    "$venv/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}" >&2
fi
[[ -x $venv/bin/uvicorn ]] || missing "the Python packages (Benchmarks/old_stack.sh $folder --install)"

work=$(mktemp -d)
chmod 755 "$work"
declare -A started=()
# In this order: who uses a server ends before it. PostgreSQL calls SIGQUIT an immediate shutdown.
clean_up() {
    trap - EXIT
    local what
    for what in uvicorn:TERM postgres:QUIT redis:TERM; do
        local id=${started[${what%:*}]:-}
        [[ -z $id ]] || { kill "-${what#*:}" "$id" && wait "$id"; } 2>/dev/null || true
    done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# PostgreSQL refuses to run as root. These words put another user in the place of this one, in the same process.
as_user=()
[[ $(id -u) != 0 ]] || as_user=(setpriv --reuid postgres --regid postgres --clear-groups)
wait_for() {
    local what=$1
    shift
    for _ in {1..150}; do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    echo "$what did not start: $(tail -n 3 "$work/$what.log" | tr '\n' ' ')" >&2
    exit 1
}

redis_port=$(free_port)
redis-server --port "$redis_port" --bind 127.0.0.1 --dir "$work" --save '' >"$work/redis.log" 2>&1 &
started[redis]=$!

sql_port=$(free_port)
mkdir "$work/sql"
[[ $(id -u) != 0 ]] || chown postgres "$work/sql"
"${as_user[@]}" "$postgres/initdb" -D "$work/sql" -A trust -U hearth >"$work/initdb.log" 2>&1
"${as_user[@]}" "$postgres/postgres" -D "$work/sql" -p "$sql_port" -k "$work/sql" -c listen_addresses=127.0.0.1 \
    >"$work/postgres.log" 2>&1 &
started[postgres]=$!
query() { psql -h 127.0.0.1 -p "$sql_port" -U hearth -d postgres -q -v ON_ERROR_STOP=1 -c "$1"; }
wait_for redis redis-cli -p "$redis_port" ping
wait_for postgres query 'select 1'
query 'create table project (id text primary key, name text)'
query 'create table character (id text primary key, project_id text, name text, path text)'

port=$(free_port)
mkdir "$work/pictures"
REDIS_PORT=$redis_port PGDSN="host=127.0.0.1 port=$sql_port user=hearth dbname=postgres" OUT=$work/pictures \
    "$venv/bin/uvicorn" --app-dir "$folder" old_stack:app --port "$port" --workers 2 --log-level error \
    >"$work/uvicorn.log" 2>&1 &
started[uvicorn]=$!
wait_for uvicorn curl -fsS "http://127.0.0.1:$port/"
echo "ready $port"
# A builtin, so that a signal is answered at once.
read -r _ || true
