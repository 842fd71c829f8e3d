#!/bin/sh
# Copies the data while the server runs, and keeps the last seven copies.
set -eu
folder=${1:-backups}
mkdir -p "$folder"
sqlite3 tern.db ".backup '$folder/tern-$(date +%F).db'"
ls -1t "$folder"/tern-*.db | tail -n +8 | while read -r old; do
  rm -- "$old"
done
