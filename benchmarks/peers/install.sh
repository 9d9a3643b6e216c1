#!/bin/sh
# One environment for every peer, outside the repository: install.sh FOLDER
set -eu
here=$(dirname "$0")
for peer in evidently nannyml whylogs tfdv; do
    uv venv -q --python 3.11 "$1/$peer"
    uv pip install -q --python "$1/$peer/bin/python" -r "$here/$peer.txt"
done
