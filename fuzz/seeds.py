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
print(count, "seeds")
