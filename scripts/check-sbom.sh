#!/bin/sh
# Checks CycloneDX files with the strict validator of cyclonedx-python-lib: check-sbom.sh FILE.cdx.json ...
# Without files it makes those of examples/ and of a sample with every kind of source first.
# The validator is installed into a temporary folder; where that cannot be done, the script says so and fails.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM

if [ $# -eq 0 ]; then
    mkdir -p "$scratch/sample"
    cat > "$scratch/sample/package.json" <<'JSON'
{
  "name": "@acme/shop", "version": "1.0.0", "private": true, "license": "MIT OR Apache-2.0",
  "dependencies": { "lodash": "^4.17.0", "left": "github:acme/left#0123456789abcdef0123456789abcdef01234567", "other": "*" }
}
JSON
    cat > "$scratch/sample/requirements.txt" <<'TEXT'
PyYAML==5.3 --hash=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
flask>=2
tool @ https://example.org/tool-1.0.tar.gz
TEXT
    for folder in "$root"/examples/* "$scratch/sample"; do
        [ -d "$folder" ] || continue
        (cd "$root" && cargo run --quiet -p lunette-intel --example documents -- "$folder" "$scratch/out/$(basename "$folder")")
    done
    set -- "$scratch"/out/*/*.cdx.json
fi

python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" --quiet --disable-pip-version-check install 'cyclonedx-python-lib[json-validation]>=11,<12'
"$scratch/venv/bin/python" - "$@" <<'PYTHON'
import json
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

validator = JsonStrictValidator(SchemaVersion.V1_6)
failed = False
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        text = file.read()
    json.loads(text)
    error = validator.validate_str(text)
    print(f"{path}: {'valid' if error is None else error}")
    failed |= error is not None
sys.exit(1 if failed else 0)
PYTHON
