#!/bin/sh
# Puts the vendors' JavaScript clients into .node/, for the tests of the proxy. Needs Node and npm.
set -eu
if ! command -v npm >/dev/null 2>&1; then
  echo "there is no npm on the PATH; install Node 20 or later with npm, then: make node" >&2
  exit 3
fi
mkdir -p .node
cp deploy/node/package.json .node/package.json
npm install --prefix .node --no-audit --no-fund --no-package-lock --loglevel=error
