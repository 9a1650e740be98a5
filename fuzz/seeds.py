#!/usr/bin/env python3
"""Write the examples of our rules as seeds: seeds.py FOLDER, one folder for each target. Standard library only."""
import hashlib
import pathlib
import re
import sys

out = pathlib.Path(sys.argv[1])
rules = pathlib.Path(__file__).resolve().parent.parent / "rules"
BLOCK = re.compile(r"^```(py|ts|tsx|js|jsx)\b[^\n]*\n(.*?)^```", re.M | re.S)
# What chooses the dialect: the first byte, as the targets read it.
TARGETS = {
    "py": [("lower_python", b""), ("values", b"\x00"), ("flows", b"\x00")],
    "js": [("lower_javascript", b"\x00"), ("values", b"\x01"), ("flows", b"\x01")],
    "ts": [("lower_javascript", b"\x01"), ("values", b"\x02"), ("flows", b"\x02")],
    "jsx": [("lower_javascript", b"\x02")],
    "tsx": [("lower_javascript", b"\x02")],
}
count = 0
for page in sorted(rules.glob("**/*.md")):
    for language, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        for target, first in TARGETS[language]:
            data = first + text.encode()
            place = out / target / hashlib.sha1(data).hexdigest()
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            count += 1
# Patterns, written as literals in the examples.
for page in sorted(rules.glob("**/*.md")):
    for pattern in re.findall(r"(?<![\w)\]])/((?:[^/\\\n]|\\.)+)/[gimsuy]*[.,;)]", page.read_text(encoding="utf-8")):
        data = b"\x00" + pattern.encode()
        place = out / "patterns" / hashlib.sha1(data).hexdigest()
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        count += 1
# Manifests and lockfiles: those of the rules' examples, and one of each kind from the tests of the readers.
LOCKFILES = [
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "deno.lock", "poetry.lock",
    "Pipfile.lock", "uv.lock", "pdm.lock", "pylock.toml", "requirements.txt", "package.json", "deno.json",
    "pyproject.toml", "Pipfile", "setup.cfg", "setup.py", "environment.yml", "requirements.in",
]
FILE = re.compile(r"^```\w+ file=(\S+)[^\n]*\n(.*?)^```", re.M | re.S)
SAMPLE = re.compile(r'^\s*\(?\s*"([^"\s]+)",\s*"((?:[^"\\\n]|\\.)*)"', re.M)


def lockfile(name, text):
    """One seed alone, one beside a manifest."""
    global count
    if name not in LOCKFILES:
        return
    for beside in (0, 1):
        first = next(n for n in range(128 * beside, 256) if n % len(LOCKFILES) == LOCKFILES.index(name))
        data = bytes([first]) + text.encode()
        place = out / "lockfiles" / hashlib.sha1(data).hexdigest()
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        count += 1


for page in sorted(rules.glob("**/*.md")):
    for path, text in FILE.findall(page.read_text(encoding="utf-8")):
        lockfile(path.rsplit("/", 1)[-1], text)
tests = rules.parent / "crates" / "intel" / "src" / "packages" / "tests.rs"
samples = tests.read_text(encoding="utf-8").split("const SAMPLES", 1)[1]
for name, text in SAMPLE.findall(samples):
    lockfile(name, text.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\"))
print(count, "seeds")
