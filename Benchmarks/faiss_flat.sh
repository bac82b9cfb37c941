#!/usr/bin/env bash
# Runs FAISS's exact search for a comparison in the same run.
#
#   Benchmarks/faiss_flat.sh [--install] FILE DIMS QUERIES
#
# See faiss_flat.py. When something is missing it says what, and exits with 3; with --install it fetches the Python
# packages into .deps first.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$here/.deps/faiss-peer
packages=(faiss-cpu==1.15.1 numpy==2.4.6)

if [[ ${1:-} == --install ]]; then
    shift
    if [[ ! -d $venv/installed ]]; then
        [[ -x $venv/bin/pip ]] || python3 -m venv "$venv" >&2
        "$venv/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}" >&2
        mkdir "$venv/installed"
    fi
fi
if [[ ! -d $venv/installed ]]; then
    echo "missing: the Python packages (Benchmarks/faiss_flat.sh --install)" >&2
    exit 3
fi
exec "$venv/bin/python" "$here/Benchmarks/faiss_flat.py" "$@"
