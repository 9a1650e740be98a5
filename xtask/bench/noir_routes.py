#!/usr/bin/env python3
"""Compares the routes that Lunette finds with those that OWASP noir's functional tests expect.

usage: noir_routes.py NOIR_CHECKOUT ROUTES_COMMAND [--show SPEC] [--only PREFIX]

ROUTES_COMMAND prints the routes of the folder given as its last argument as a JSON list of objects with `method` and
`path`. For every spec of the Express, Fastify, Koa, NestJS, Hono, Next.js and Flask stacks, method and path pairs are
compared; parameters are compared by name whatever their syntax (`:id`, `{id}`, `<int:id>`, `[id]`), a slash at the end
does not count. noir writes a route for all methods as one pair per method: a route with the method ANY therefore
stands for every expected pair of its path, and for one extra pair when none is expected there. Further pairs count as
extra only where the spec tells how many endpoints there are; others name only some. `--exclude-path` of a spec is
honoured by leaving out routes of such files.
"""
import json
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

STACKS = ("express", "fastify", "koa", "nestjs", "hono", "nextjs", "flask")
FOLDERS = ("javascript", "typescript", "python")


def blank_comments(text):
    return "\n".join("" if line.lstrip().startswith("#") else line for line in text.splitlines())


def expected(spec):
    """Fixture folders and expected pairs of one spec."""
    text = blank_comments(spec.read_text(encoding="utf-8"))
    folders = re.findall(r"fixtures/[\w./-]+", text)
    pairs = set()
    for url, method in re.findall(r'Endpoint\.new\(\s*"((?:[^"\\]|\\.)*)"\s*,\s*"(\w+)"', text):
        pairs.add((method, url.replace('\\\\', '\\').replace('\\"', '"')))
    for url, method in re.findall(r'"((?:/)[^"]*)"\s*,\s*"(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|QUERY)"', text):
        pairs.add((method, url.replace('\\\\', '\\')))
    # Endpoints looked up one by one; `find!` fails when there is none, `none?` and the like tell the opposite.
    for looked_up in re.findall(r"find!\s*\{([^}]*)\}", text):
        method = re.search(r'method\s*==\s*"(\w+)"', looked_up)
        url = re.search(r'url\s*==\s*"([^"]*)"', looked_up)
        if method and url:
            pairs.add((method.group(1), url.group(1)))
    for methods, url in re.findall(r'wildcard_methods = \[([^\]]*)\](?s:.*?)Endpoint\.new\("([^"]*)", m\)', text):
        pairs |= {(method, url) for method in re.findall(r'"(\w+)"', methods)}
    complete = ":endpoints" in text
    exclude = re.search(r'exclude_path"\] = YAML::Any\.new\("([^"]*)"\)', text)
    return sorted({folder.rstrip("/") for folder in folders}), pairs, complete, exclude.group(1).split(",") if exclude else []


def normal(path):
    path = re.sub(r"<(?:[\w.]+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", path)
    path = re.sub(r"\[\[?(?:\.\.\.)?(\w+)\]\]?", r"{\1}", path)
    path = re.sub(r":(\w+)(?:\((?:[^()]|\([^)]*\))*\))?", r"{\1}", path)
    path = "/" + path.lstrip("/")
    return path.rstrip("/") or "/"


def found(command, folder, exclude):
    run = subprocess.run(command + [str(folder)], capture_output=True, text=True, check=True)
    kept = [route for route in json.loads(run.stdout) if not any(fnmatch(route["file"], glob) for glob in exclude)]
    return {(route["method"], normal(route["path"])) for route in kept}


def compare(want, have):
    missed, extra = set(want), set()
    paths = {path for _, path in want}
    for method, path in have:
        if method == "ANY":
            if path in paths:
                missed = {pair for pair in missed if pair[1] != path}
            else:
                extra.add((method, path))
        elif (method, path) in want:
            missed.discard((method, path))
        else:
            extra.add((method, path))
    return missed, extra


def main():
    noir, command = Path(sys.argv[1]), sys.argv[2].split()
    show = sys.argv[sys.argv.index("--show") + 1] if "--show" in sys.argv else None
    only = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else ""
    base = noir / "spec" / "functional_test"
    cases = {}
    for folder in FOLDERS:
        for stack in STACKS:
            for spec in sorted((base / "testers" / folder).glob(f"{stack}*_spec.cr")):
                fixtures, pairs, complete, exclude = expected(spec)
                name = f"{folder}/{spec.stem.removesuffix('_spec')}"
                roots = [one for one in fixtures if not any(other != one and one.startswith(other + "/") for other in fixtures)]
                multi = "multi_base" in spec.stem
                if multi:
                    inner = re.findall(r"functional_test/(fixtures/[\w./-]+)\"", spec.read_text(encoding="utf-8"))
                    roots = sorted(set(inner)) or roots
                cases[name] = (stack, roots, {(method, normal(path)) for method, path in pairs}, complete, exclude)
    totals = {}
    for name, (stack, roots, want, complete, exclude) in cases.items():
        if not name.split("/")[1].startswith(only):
            continue
        have = set()
        for root in roots:
            if (base / root).is_dir():
                have |= found(command, base / root, exclude)
        missed, extra = compare(want, have)
        if not complete:
            extra = set()
        row = totals.setdefault(stack, [0, 0, 0, 0])
        row[0] += len(want)
        row[1] += len(want) - len(missed)
        row[2] += len(extra)
        row[3] += len(have)
        if missed or extra or show == "all":
            print(f"{name}: {len(want) - len(missed)}/{len(want)} extra {len(extra)}  [{', '.join(roots)}]")
            if show in (name, "all", "diff"):
                for pair in sorted(missed):
                    print("   missed", *pair)
                for pair in sorted(extra):
                    print("   extra ", *pair)
    total = [sum(row[at] for row in totals.values()) for at in range(4)]
    for stack, row in [*totals.items(), ("total", total)]:
        recall = 100 * row[1] / row[0] if row[0] else 100.0
        share = 100 * row[2] / row[0] if row[0] else 0.0
        print(f"{stack:8} expected {row[0]:4}  found {row[1]:4}  recall {recall:5.1f}%  extra {row[2]:3} ({share:.1f}%)")


if __name__ == "__main__":
    main()
