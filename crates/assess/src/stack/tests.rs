//! Each format alone, mixed, and what must show nothing.

#![allow(clippy::unwrap_used)]

use super::*;

pub(super) fn files(files: &[(&str, &str)]) -> Vec<SourceFile> {
    let mut files: Vec<SourceFile> = files
        .iter()
        .map(|(path, text)| SourceFile {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
            bytes: text.len() as u64,
            lines: text.lines().count(),
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Checks the technologies: `name version @ first evidence`.
#[track_caller]
fn check(tree: &[(&str, &str)], expected: &[&str]) {
    let found = stack(&files(tree), &[]);
    let shown: Vec<String> = found
        .technologies
        .iter()
        .map(|technology| {
            let version = technology.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
            format!("{}{version} @ {}", technology.name, technology.evidence[0])
        })
        .collect();
    assert_eq!(shown, expected, "{tree:?} skipped {:?}", found.skipped);
}

/// Checks the declared packages: `name range -> resolved [dev] @ place`.
#[track_caller]
fn check_declared(tree: &[(&str, &str)], expected: &[&str]) {
    let (found, skipped) = declared(&files(tree));
    let shown: Vec<String> = found
        .iter()
        .map(|package| {
            format!(
                "{} {} -> {}{} @ {}",
                package.name,
                package.range.as_deref().unwrap_or("-"),
                package.resolved.as_deref().unwrap_or("-"),
                if package.dev { " dev" } else { "" },
                package.place
            )
        })
        .collect();
    assert_eq!(shown, expected, "{tree:?}");
    assert!(skipped.is_empty(), "{skipped:?}");
}

const EXPRESS: (&str, &str) = ("package.json", "{\n \"dependencies\": {\n  \"express\": \"^4.18.0\"\n }\n}");

#[test]
fn words_in_documents_show_nothing() {
    check(
        &[
            ("README.md", "# App\nBuilt with flask, express and supabase. pip install flask\n"),
            ("docs/flask.txt", "flask==2.0\n"),
            ("flask.png", ""),
        ],
        &[],
    );
    check(&[("src/app.py", "# flask\n"), ("data/package-lock.txt", "express")], &[]);
}

#[test]
fn frameworks_alone() {
    for (name, package) in [
        ("Express", "express"),
        ("Fastify", "fastify"),
        ("Koa", "koa"),
        ("NestJS", "@nestjs/core"),
        ("Hono", "hono"),
        ("Next.js", "next"),
    ] {
        let manifest = format!("{{\"dependencies\": {{\"{package}\": \"1.2.3\"}}}}");
        check(&[("package.json", &manifest)], &["Node.js @ package.json", &format!("{name} 1.2.3 @ package.json:1")]);
    }
    for (name, package) in
        [("Flask", "Flask"), ("Flask-Login", "flask_login"), ("Flask-Talisman", "flask.talisman"), ("Django", "Django")]
    {
        let found = stack(&files(&[("requirements.txt", &format!("{package}==2.0.1\n"))]), &[]);
        let technology = found.technologies.iter().find(|technology| technology.name == name).unwrap();
        assert_eq!(technology.version.as_deref(), Some("2.0.1"), "{name}");
    }
}

#[test]
fn a_mixed_project() {
    check(
        &[
            ("api/requirements.txt", "flask>=2\nflask-login\npsycopg2-binary==2.9.9\n"),
            (
                "web/package.json",
                "{\"dependencies\": {\"express\": \"^4.18.0\", \"@supabase/supabase-js\": \"2\"}, \"devDependencies\": {\"jest\": \"^29\"}, \"engines\": {\"node\": \">=20\"}}",
            ),
            (
                "web/package-lock.json",
                "{\"lockfileVersion\": 3, \"packages\": {\"\": {}, \"node_modules/express\": {\"version\": \"4.18.2\"}, \"node_modules/x/node_modules/express\": {\"version\": \"3.0.0\"}}}",
            ),
            ("supabase/config.toml", "project_id = \"x\"\n[db]\nmajor_version = 15\n"),
            ("supabase/functions/pay/index.ts", "serve()"),
            ("supabase/functions/_shared/index.ts", ""),
            (
                "docker-compose.yml",
                "services:\n  web:\n    build: .\n    ports: [\"80:80\"]\n  db:\n    image: postgres:16-alpine\n  cache:\n    image: bitnami/redis\n",
            ),
            (
                "Dockerfile",
                "ARG V=3.11\nFROM --platform=linux/amd64 python:${V}-slim AS base\nFROM base\nFROM node:${X:-20}\n",
            ),
            (".github/workflows/ci.yml", "on: push\n"),
        ],
        &[
            "Node.js 20 @ Dockerfile:4",
            "Python 3.11 @ Dockerfile:2",
            "Express 4.18.2 @ web/package.json:1",
            "Flask >=2 @ api/requirements.txt:1",
            "Supabase @ supabase/config.toml",
            "PostgreSQL 16, 15 @ docker-compose.yml:6",
            "Redis @ docker-compose.yml:8",
            "Flask-Login @ api/requirements.txt:2",
            "Jest ^29 @ web/package.json:1",
            "Docker @ Dockerfile",
            "Docker Compose @ docker-compose.yml",
            "GitHub Actions @ .github/workflows/ci.yml",
        ],
    );
}

#[test]
fn lockfiles_settle_versions() {
    let locks = [
        (
            "package-lock.json",
            "{\"lockfileVersion\": 1, \"dependencies\": {\"express\": {\"version\": \"4.18.2\", \"dependencies\": {\"express\": {\"version\": \"1.0.0\"}}}}}",
        ),
        ("npm-shrinkwrap.json", "{\"packages\": {\"node_modules/express\": {\"version\": \"4.18.2\"}}}"),
        (
            "yarn.lock",
            "# yarn lockfile v1\n\n\"express@^4.0.0\":\n  version \"4.0.1\"\n\nexpress@^4.18.0, express@^4.18.1:\n  version \"4.18.2\"\n  resolved \"x\"\n",
        ),
        (
            "yarn.lock",
            "__metadata:\n  version: 8\n\n\"express@npm:^4.18.0\":\n  version: 4.18.2\n  resolution: \"express@npm:4.18.2\"\n\n\"app@workspace:.\":\n  version: 0.0.0-use.local\n",
        ),
        (
            "pnpm-lock.yaml",
            "lockfileVersion: 5.4\nspecifiers:\n  express: ^4.18.0\ndependencies:\n  express: 4.18.2_debug@4.0.0\npackages: {/express/4.18.2: {}}\n",
        ),
        (
            "pnpm-lock.yaml",
            "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      express:\n        specifier: ^4.18.0\n        version: 4.18.2(debug@4.0.0)\npackages:\n  express@4.18.2: {}\nsnapshots:\n  express@4.18.2(debug@4.0.0): {}\n",
        ),
        (
            "bun.lock",
            "{\n \"lockfileVersion\": 1,\n \"packages\": {\n  \"express\": [\"express@4.18.2\", \"\", {}],\n  \"x/express\": [\"express@3.0.0\"],\n },\n}",
        ),
    ];
    for lock in locks {
        check_declared(&[EXPRESS, lock], &["express ^4.18.0 -> 4.18.2 @ package.json:3"]);
    }
}

#[test]
fn workspaces_get_their_own_versions() {
    let manifest = "{\"dependencies\": {\"express\": \"*\"}}";
    let tree = |lock: (&'static str, &'static str)| {
        [("packages/a/package.json", manifest), ("packages/b/package.json", manifest), lock]
    };
    let expected = ["express * -> 4.0.0 @ packages/a/package.json:1", "express * -> 5.0.0 @ packages/b/package.json:1"];
    check_declared(
        &tree((
            "package-lock.json",
            "{\"packages\": {\"node_modules/express\": {\"version\": \"5.0.0\"}, \"packages/a/node_modules/express\": {\"version\": \"4.0.0\"}, \"node_modules/b\": {\"resolved\": \"packages/b\", \"link\": true}}}",
        )),
        &expected,
    );
    check_declared(
        &tree((
            "pnpm-lock.yaml",
            "importers:\n  packages/a:\n    dependencies:\n      express: {specifier: '*', version: 4.0.0}\n      b: {specifier: '*', version: 'link:../b'}\n  packages/b:\n    dependencies:\n      express: {specifier: '*', version: 5.0.0}\npackages:\n  /express@4.0.0: {}\n  /express@5.0.0: {}\n",
        )),
        &expected,
    );
}

#[test]
fn manifests_of_node_and_deno() {
    check_declared(
        &[(
            "package.json",
            "{\n // comment\n \"dependencies\": {\"a\": \"npm:@s/real@^1.0.0\", \"b\": \"file:../b\"},\n \"devDependencies\": {\"c\": \"2.0.0\",},\n \"peerDependencies\": {\"d\": \"\"}\n}",
        )],
        &[
            "@s/real ^1.0.0 -> - @ package.json:3",
            "b file:../b -> - @ package.json:3",
            "c 2.0.0 -> 2.0.0 dev @ package.json:4",
            "d - -> - @ package.json:5",
        ],
    );
    check_declared(
        &[
            (
                "deno.json",
                "{\"imports\": {\n\"h\": \"npm:hono@^4\",\n\"s\": \"jsr:@supabase/supabase-js@2\",\n\"e\": \"https://esm.sh/stripe@12.0.0?target=deno\",\n\"x\": \"./x.ts\"}}",
            ),
            (
                "deno.lock",
                "{\"version\": \"4\", \"specifiers\": {\"npm:hono@^4\": \"4.6.1\"}, \"npm\": {\"hono@4.6.1\": {}}}",
            ),
        ],
        &[
            "hono ^4 -> 4.6.1 @ deno.json:2",
            "@supabase/supabase-js 2 -> - @ deno.json:3",
            "stripe 12.0.0 -> 12.0.0 @ deno.json:4",
        ],
    );
    check(
        &[("deno.json", "{\"imports\": {\"h\": \"npm:hono@4.6.1\"}}")],
        &["Deno @ deno.json", "Hono 4.6.1 @ deno.json:1"],
    );
}

#[test]
fn manifests_of_python() {
    check_declared(
        &[
            (
                "requirements.txt",
                "# comment\n-r more/base.txt\n-r requirements-dev.txt\n--index-url https://x\nFlask[async] >= 2.0, <3 ; python_version > '3.8'  # web\nrequests==2.31.0 \\\n    --hash=sha256:abc\n-e git+https://g.example/x.git#egg=Own_Lib&subdirectory=a\nurllib3 @ https://x.example/u.whl\nnot a requirement!\n-e .\n",
            ),
            ("more/base.txt", "gunicorn~=21.2\n-r ../requirements.txt\n"),
            ("requirements-dev.txt", "pytest\n"),
        ],
        &[
            "gunicorn ~=21.2 -> - @ more/base.txt:1",
            // Production includes it, whatever its name says.
            "pytest - -> - @ requirements-dev.txt:1",
            "flask >=2.0,<3 -> - @ requirements.txt:5",
            "requests ==2.31.0 -> 2.31.0 @ requirements.txt:6",
            "own-lib - -> - @ requirements.txt:8",
            "urllib3 @https://x.example/u.whl -> - @ requirements.txt:9",
        ],
    );
    check_declared(
        &[
            (
                "pyproject.toml",
                "[project]\nrequires-python = \">=3.11\"\ndependencies = [\n  \"flask>=3\",\n  \"SQLAlchemy\",\n]\n[project.optional-dependencies]\npg = [\"psycopg[binary]\"]\ntest = [\"pytest\"]\n[dependency-groups]\nlint = [\"ruff\", {include-group = \"test\"}]\n",
            ),
            (
                "uv.lock",
                "version = 1\n[[package]]\nname = \"flask\"\nversion = \"3.0.2\"\n[[package]]\nname = \"sqlalchemy\"\nversion = \"2.0.1\"\n",
            ),
        ],
        &[
            "flask >=3 -> 3.0.2 @ pyproject.toml:4",
            "sqlalchemy - -> 2.0.1 @ pyproject.toml:5",
            "psycopg - -> - @ pyproject.toml:8",
            "pytest - -> - dev @ pyproject.toml:9",
            "ruff - -> - dev @ pyproject.toml:11",
        ],
    );
    check_declared(
        &[
            (
                "pyproject.toml",
                "[tool.poetry.dependencies]\npython = \"^3.11\"\nflask = \"^2.3\"\nredis = {version = \"4.5.0\", optional = true}\n[tool.poetry.group.dev.dependencies]\nblack = \"*\"\n[tool.poetry.group.web.dependencies]\ngunicorn = \"*\"\n",
            ),
            ("poetry.lock", "[[package]]\nname = \"Flask\"\nversion = \"2.3.3\"\n"),
        ],
        &[
            "flask ^2.3 -> 2.3.3 @ pyproject.toml:3",
            "redis ==4.5.0 -> 4.5.0 @ pyproject.toml:4",
            "black - -> - dev @ pyproject.toml:6",
            "gunicorn - -> - @ pyproject.toml:8",
        ],
    );
    check_declared(
        &[
            (
                "Pipfile",
                "[packages]\nflask = \"*\"\n[dev-packages]\npytest = {version = \">=7\"}\n[requires]\npython_version = \"3.10\"\n",
            ),
            (
                "Pipfile.lock",
                "{\"default\": {\"flask\": {\"version\": \"==2.2.5\"}}, \"develop\": {\"pytest\": {\"version\": \"==7.4.0\"}}}",
            ),
        ],
        &["flask - -> 2.2.5 @ Pipfile:2", "pytest >=7 -> 7.4.0 dev @ Pipfile:4"],
    );
}

#[test]
fn older_manifests_of_python() {
    check_declared(
        &[
            (
                "setup.cfg",
                "[metadata]\nname = x\n[options]\npython_requires = >=3.8\ninstall_requires =\n    flask>=2\n    # comment\n    requests; python_version<'4'\n[options.extras_require]\ntest = pytest\ndb =\n  psycopg2\n",
            ),
            (
                "setup.py",
                "from setuptools import setup\nDEPS = ['hidden']\nsetup(\n  install_requires=[\n    'flask>=2',  # it's \"web\"\n    \"sqlalchemy\",\n  ],\n  tests_require = ('pytest',),\n  extras_require={'pg': ['psycopg2']},\n  python_requires='>=3.7',\n)\n",
            ),
            (
                "environment.yml",
                "dependencies:\n  - python=3.10\n  - conda-forge::flask=2.2.2\n  - numpy>=1.2\n  - pip:\n    - redis==4.0.0\n",
            ),
        ],
        &[
            "flask ==2.2.2 -> 2.2.2 @ environment.yml:3",
            "numpy >=1.2 -> - @ environment.yml:4",
            "redis ==4.0.0 -> 4.0.0 @ environment.yml:6",
            "flask >=2 -> - @ setup.cfg:6",
            "requests - -> - @ setup.cfg:8",
            "pytest - -> - dev @ setup.cfg:10",
            "psycopg2 - -> - @ setup.cfg:12",
            "flask >=2 -> - @ setup.py:5",
            "sqlalchemy - -> - @ setup.py:6",
            "pytest - -> - dev @ setup.py:8",
            "psycopg2 - -> - @ setup.py:9",
        ],
    );
}

#[test]
fn runtimes_state_their_version() {
    check(&[(".nvmrc", "v20.11.1\n")], &["Node.js 20.11.1 @ .nvmrc:1"]);
    check(&[("runtime.txt", "python-3.11.4\n")], &["Python 3.11.4 @ runtime.txt:1"]);
    check(
        &[(".tool-versions", "# x\nnodejs 18.0.0\npython 3.9.1\nruby 3\n")],
        &["Node.js 18.0.0 @ .tool-versions:2", "Python 3.9.1 @ .tool-versions:3"],
    );
    check(&[("package.json", "{\"engines\": {\"node\": \">=18 <21\"}}")], &["Node.js >=18 <21 @ package.json:1"]);
}

#[test]
fn infrastructure_is_seen() {
    let found = stack(
        &files(&[
            (
                "k8s/app.yaml",
                "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - image: docker.io/library/nginx:1.25\n---\napiVersion: v1\nkind: Service\n",
            ),
            ("chart/templates/x.yaml", "apiVersion: v1\nkind: ConfigMap\n{{- if .Values.x }}\n"),
            ("infra/main.tf", "provider \"aws\" {\n}\n"),
            (".env", "A=1\n"),
            (".env.example", "A=\n"),
            ("nginx/default.conf", "server {}\n"),
            (".gitlab-ci.yml", "test: {}\n"),
            ("values.yaml", "a: [\n"),
        ]),
        &[Listed { path: "Jenkinsfile".to_owned(), bytes: 1 }],
    );
    let infra = &found.infrastructure;
    let shown = |places: &[Place]| places.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        infra.kubernetes.iter().map(|(kind, place)| format!("{kind} {place}")).collect::<Vec<_>>(),
        ["template chart/templates/x.yaml", "Deployment k8s/app.yaml:1", "Service k8s/app.yaml:9",]
    );
    assert_eq!(
        infra.images,
        [Image {
            name: "docker.io/library/nginx".to_owned(),
            tag: Some("1.25".to_owned()),
            place: Place::line("k8s/app.yaml", 7)
        }]
    );
    assert_eq!(shown(&infra.env_files), [".env"]);
    assert_eq!(shown(&infra.env_templates), [".env.example"]);
    assert_eq!(shown(&infra.proxies), ["nginx/default.conf"]);
    assert_eq!(shown(&infra.pipelines), [".gitlab-ci.yml", "Jenkinsfile"]);
    let names: Vec<&str> = found.technologies.iter().map(|technology| technology.name.as_str()).collect();
    assert_eq!(names, ["AWS", "Kubernetes", "GitLab CI", "Jenkins", "Terraform", "nginx"]);
    assert!(found.skipped.is_empty(), "values.yaml is nobody's manifest: {:?}", found.skipped);
}

#[test]
fn what_does_not_parse_is_in_the_ledger() {
    let deep = format!("{{\"dependencies\": {}", "[".repeat(50_000));
    let found = stack(
        &files(&[
            ("a/package.json", "{\"dependencies\": {"),
            ("b/package.json", &deep),
            ("pyproject.toml", "a = [\n"),
            ("pnpm-lock.yaml", "a: *x\n"),
            ("compose.yaml", "services: [\n"),
            ("supabase/config.toml", "x = \n"),
            ("requirements.txt", "flask==2.0\n"),
        ]),
        &[],
    );
    let paths: Vec<&str> = found.skipped.iter().map(|skipped| skipped.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "a/package.json",
            "b/package.json",
            "compose.yaml",
            "pnpm-lock.yaml",
            "pyproject.toml",
            "supabase/config.toml"
        ]
    );
    assert!(found.skipped.iter().all(|skipped| skipped.detail.starts_with("line ")));
    assert!(found.technologies.iter().any(|technology| technology.name == "Flask"));
}

#[test]
fn odd_inputs_never_stop_the_reading() {
    for text in [
        "",
        "{}",
        "[]",
        "null",
        "\"x\"",
        "{\"dependencies\": 3}",
        "{\"dependencies\": {\"\": null, \"x\": {}}}",
        "\u{0}\u{feff}",
        "é=\n[é]\n",
        "@",
        "a@",
        "  version",
        "ignored:\n  version",
        "install_requires=['",
        "FROM\nFROM $\nFROM ${\nFROM a:${b}\nARG\nARG x",
    ] {
        for name in [
            "package.json",
            "package-lock.json",
            "yarn.lock",
            "pnpm-lock.yaml",
            "bun.lock",
            "deno.json",
            "deno.lock",
            "pyproject.toml",
            "Pipfile",
            "Pipfile.lock",
            "poetry.lock",
            "setup.cfg",
            "setup.py",
            "environment.yml",
            "requirements.txt",
            ".nvmrc",
            "Dockerfile",
            "compose.yml",
            "k.yaml",
            "supabase/config.toml",
            "m.tf",
        ] {
            let _ = stack(&files(&[(name, text)]), &[]);
        }
    }
}

#[test]
fn technologies_of_development_are_told_apart() {
    let found = stack(
        &files(&[
            ("package.json", "{\"dependencies\": {\"express\": \"1\"}, \"devDependencies\": {\"jest\": \"1\"}}"),
            ("Dockerfile", "FROM x\n"),
        ]),
        &[],
    );
    let dev: Vec<&str> =
        found.technologies.iter().filter(|it| found.is_for_development(it)).map(|it| it.name.as_str()).collect();
    assert_eq!(dev, ["Jest"]);
}

#[test]
fn evidence_is_bounded_and_near_the_root_first() {
    let manifest = "{\"dependencies\": {\"express\": \"4.0.0\"}}";
    let paths: Vec<String> = (0..50).map(|index| format!("p/{index:02}/package.json")).collect();
    let mut tree: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), manifest)).collect();
    tree.push(("package.json", "{\"dependencies\": {\"express\": \"5.0.0\"}}"));
    let found = stack(&files(&tree), &[]);
    let express = found.technologies.iter().find(|technology| technology.name == "Express").unwrap();
    assert_eq!(express.version.as_deref(), Some("5.0.0, 4.0.0"));
    assert_eq!(express.evidence.len(), 5);
    assert_eq!(express.evidence[0].path, "package.json");
}
