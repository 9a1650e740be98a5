#!/usr/bin/env bash
# Validates SARIF files with Microsoft's sarif-multitool, including GitHub's own rules ("Ghas").
#
#   scripts/check-sarif.sh FILE...
#
# Exits 0 when no file has an error or a warning, 1 when one has, 2 when the check could not run. One warning is known
# and let through: SARIF2005 wants an informationUri, and the project has no public page that could be named.
# The tool is installed from npm into $LUNETTE_TOOLS (default ~/.cache/lunette-tools) when it is not there: never into
# the repository. Its own exit code is 0 even with errors, hence the log is counted here. Its binary is called directly
# because the npm wrapper passes the arguments through a shell, which splits them at the semicolon.
set -euo pipefail

version=5.7.0
tools=${LUNETTE_TOOLS:-$HOME/.cache/lunette-tools}
prefix=$tools/sarif-multitool-$version
binary=$prefix/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool

if [ $# -eq 0 ]; then
  echo "usage: scripts/check-sarif.sh FILE..." >&2
  exit 2
fi
if [ "$(uname -s)" != Linux ]; then
  echo "check-sarif: only the Linux package of sarif-multitool is supported" >&2
  exit 2
fi
if [ ! -x "$binary" ]; then
  echo "check-sarif: installing @microsoft/sarif-multitool-linux $version into $prefix" >&2
  mkdir -p "$prefix"
  npm install --prefix "$prefix" --no-save --no-audit --no-fund --loglevel=error \
    "@microsoft/sarif-multitool-linux@$version" >&2
  chmod +x "$binary"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The tool is a .NET program: without ICU data it must be told so, and it keeps its unpacked files in a cache.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_BUNDLE_EXTRACT_BASE_DIR=$tools/dotnet

failed=0
for file in "$@"; do
  if [ ! -s "$file" ]; then
    echo "check-sarif: $file: not there or empty" >&2
    exit 2
  fi
  log=$work/log.sarif
  rm -f "$log"
  if ! "$binary" validate "$file" --rule-kind "Sarif;Ghas" --level "Error;Warning;Note" \
      -o "$log" --log ForceOverwrite >"$work/out" 2>&1 || [ ! -s "$log" ]; then
    cat "$work/out" >&2
    echo "check-sarif: $file: the validator failed" >&2
    exit 2
  fi
  # Counts by level and prints what is not a note. A result without a level has that of its rule, by default "warning".
  node - "$file" "$log" <<'JS' || failed=1
const [, , file, log] = process.argv;
const text = require("fs").readFileSync(log, "utf8").replace(/^\uFEFF/, "");
const counts = { error: 0, warning: 0, note: 0, none: 0 };
for (const run of JSON.parse(text).runs ?? []) {
  for (const result of run.results ?? []) {
    const rule = run.tool.driver.rules?.[result.ruleIndex ?? -1];
    let level = result.level ?? rule?.defaultConfiguration?.level ?? "warning";
    if (level === "warning" && result.ruleId === "SARIF2005" && /nformationUri$/.test(result.message.id ?? "")) {
      level = "note";
    }
    counts[level] += 1;
    if (level === "note" && !process.env.CHECK_SARIF_NOTES) continue;
    const where = result.locations?.[0]?.physicalLocation?.region?.startLine ?? "?";
    const message = result.message.text ??
      (rule?.messageStrings?.[result.message.id]?.text ?? result.message.id ?? "")
        .replace(/\{(\d+)\}/g, (_, i) => result.message.arguments?.[i] ?? "");
    console.log(`${file}:${where}: ${level} ${result.ruleId}: ${message}`);
  }
  for (const invocation of run.invocations ?? []) {
    for (const notification of invocation.toolExecutionNotifications ?? []) {
      if (notification.level === "error") {
        counts.error += 1;
        console.log(`${file}: error ${notification.descriptor?.id ?? ""}: ${notification.message?.text}`);
      }
    }
  }
}
console.log(`${file}: ${counts.error} errors, ${counts.warning} warnings, ${counts.note} notes`);
process.exit(counts.error + counts.warning > 0 ? 1 : 0);
JS
done
exit "$failed"
