#!/usr/bin/env bash
# Runs Chroma for a comparison in the same run.
#
#   Benchmarks/vector_peer.sh [--install] FILE DIMS CLIENTS
#
# See vector_peer.py. When something is missing it says what, and exits with 3; with --install it fetches the Python
# packages into .deps first.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$here/.deps/vector-peer
packages=(chromadb==1.5.9 numpy==2.4.6)

if [[ ${1:-} == --install ]]; then
    shift
    if [[ ! -d $venv/installed ]]; then
        [[ -x $venv/bin/pip ]] || python3 -m venv "$venv" >&2
        "$venv/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}" >&2
        mkdir "$venv/installed"
    fi
fi
if [[ ! -d $venv/installed ]]; then
    echo "missing: the Python packages (Benchmarks/vector_peer.sh --install)" >&2
    exit 3
fi
exec "$venv/bin/python" "$here/Benchmarks/vector_peer.py" "$@"
