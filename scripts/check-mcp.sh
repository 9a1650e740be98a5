#!/usr/bin/env bash
# Lists and calls every tool of the MCP server with the MCP inspector's command line, over stdio.
set -euo pipefail
cd "$(dirname "$0")/.."
tools="${LUNETTE_TOOLS:-$HOME/.cache/lunette-tools}/mcp"
mkdir -p "$tools"
if [ ! -x "$tools/node_modules/.bin/mcp-inspector" ]; then
  # The inspector needs Node.js 22; the package `node` brings one along.
  npm install --silent --no-audit --no-fund --prefix "$tools" node@22 @modelcontextprotocol/inspector@2.12.0 >/dev/null
fi
export PATH="$tools/node_modules/node/bin:$tools/node_modules/.bin:$PATH"
cargo build --quiet --locked
binary="$PWD/target/debug/lunette"
project="$PWD/examples/orders"

inspect() {
  mcp-inspector --cli "$binary" mcp --root "$project" --date 2026-11-24 "$@" 2> "$tools/stderr.txt" || { cat "$tools/stderr.txt" >&2; return 1; }
  # The server must not break off after it has answered.
  ! grep -E "panicked|broke off" "$tools/stderr.txt" >&2
}

inspect --method tools/list > "$tools/list.json"
names=$(python3 -c 'import json,sys; print(" ".join(t["name"] for t in json.load(open(sys.argv[1]))["tools"]))' "$tools/list.json")
echo "tools: $names"
[ "$names" = "assess explain_finding findings project_profile read_rules routes" ]

call() {
  local name="$1"; shift
  inspect --method tools/call --tool-name "$name" "$@" > "$tools/$name.json"
  python3 - "$name" "$tools/$name.json" <<'PY'
import json, sys
name, path = sys.argv[1:]
answer = json.load(open(path))
assert not answer.get("isError"), answer
assert answer.get("structuredContent"), f"{name} gave no structured content"
print(f"{name}: ok, {len(json.dumps(answer['structuredContent']))} bytes")
PY
}
call assess --tool-arg "request=Is session handling sound?"
call findings --tool-arg min_severity=low
id=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["structuredContent"]["findings"][0]["id"])' "$tools/findings.json")
call explain_finding --tool-arg "id=$id"
call project_profile
call routes
call read_rules

if inspect --method tools/call --tool-name explain_finding --tool-arg id=LN-NONE > "$tools/error.json" 2>&1; then
  echo "a wrong id was not reported as an error" >&2
  exit 1
fi
echo "mcp: every tool listed and called"
