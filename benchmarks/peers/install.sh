#!/bin/sh
# One environment for every peer, outside the repository, its bytecode compiled:
# install.sh FOLDER
set -eu
here=$(dirname "$0")
for peer in evidently nannyml whylogs tfdv; do
    uv venv -q --python 3.11 "$1/$peer"
    uv pip install -q --compile-bytecode --python "$1/$peer/bin/python" \
        -r "$here/$peer.txt"
done
