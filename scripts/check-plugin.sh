#!/usr/bin/env bash
# Validates the plugin for Claude Code with its own validator: offline, with an empty home.
set -euo pipefail
cd "$(dirname "$0")/.."
tools="${LUNETTE_TOOLS:-$HOME/.cache/lunette-tools}/claude"
mkdir -p "$tools"
if [ ! -e "$tools/node_modules/.bin/claude" ]; then
  npm install --silent --no-audit --no-fund --prefix "$tools" node@22 @anthropic-ai/claude-code@2.1.330 >/dev/null
fi
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
env -i HOME="$home" PATH="$tools/node_modules/node/bin:/usr/bin:/bin" "$tools/node_modules/.bin/claude" plugin validate --strict plugin
