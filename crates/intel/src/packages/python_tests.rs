//! Python's manifests and lockfiles, alone and together.

#![allow(clippy::unwrap_used)]

use super::tests::check;
use super::*;

const PYPROJECT: &str = "[project]\nname = \"app\"\nversion = \"1\"\nrequires-python = \">=3.11\"\ndependencies = [\"Flask>=3\"]\n[project.optional-dependencies]\nfast = [\"orjson==3.1\"]\n[dependency-groups]\ndev = [\"pytest\", {include-group = \"x\"}]\n";

#[test]
fn pyproject_alone() {
    let found = check(
        &[("pyproject.toml", PYPROJECT)],
        &[
            "flask direct @pyproject.toml:5",
            "orjson@3.1 direct optional @pyproject.toml:7",
            "pytest direct dev @pyproject.toml:9",
        ],
    );
    assert_eq!(found.packages[0].bound.as_deref(), Some("3"));
    assert_eq!(found.packages[0].purl(), "pkg:pypi/flask");
    assert_eq!(found.manifests[0].runtimes[0].1, ">=3.11");
    assert_eq!(found.manifests[0].name.as_deref(), Some("app"));
}

#[test]
fn poetry_takes_roots_from_the_manifest() {
    let lock = "[[package]]\nname = \"Flask\"\nversion = \"3.0.1\"\noptional = false\ngroups = [\"main\"]\nfiles = [{file = \"x\", hash = \"sha256:aa\"}]\n[package.dependencies]\nWerkzeug = \">=3\"\n[[package]]\nname = \"werkzeug\"\nversion = \"3.0.0\"\ngroups = [\"main\", \"dev\"]\n[[package]]\nname = \"pytest\"\nversion = \"8.0\"\ngroups = [\"dev\"]\n";
    let found = check(
        &[("pyproject.toml", PYPROJECT), ("poetry.lock", lock)],
        &[
            "flask@3.0.1 direct @poetry.lock:2",
            "werkzeug@3.0.0 via flask@3.0.1 @poetry.lock:10",
            "pytest@8.0 direct dev @poetry.lock:14",
        ],
    );
    assert_eq!(found.packages[0].requested.as_deref(), Some(">=3"));
    assert_eq!(found.packages[0].hashes, [("sha256".to_owned(), "aa".to_owned())]);
    // An extra that the lockfile does not have is not installed.
    assert_eq!(found.manifests[0].declared.iter().map(|one| one.package).collect::<Vec<_>>(), [Some(0), None, Some(2)]);
}

#[test]
fn uv_with_members_and_extras() {
    let lock = "version = 1\n[[package]]\nname = \"app\"\nversion = \"1\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"flask\" }, { name = \"m\" }]\n[package.dev-dependencies]\ndev = [{ name = \"pytest\" }]\n[[package]]\nname = \"flask\"\nversion = \"3.0.1\"\nsource = { registry = \"https://pypi.org/simple\" }\nwheels = [{ url = \"u\", hash = \"sha256:aa\" }]\n[package.optional-dependencies]\nasync = [{ name = \"asgiref\" }]\n[[package]]\nname = \"asgiref\"\nversion = \"3.0\"\n[[package]]\nname = \"m\"\nversion = \"0.1\"\nsource = { editable = \"libs/m\" }\n[[package]]\nname = \"pytest\"\nversion = \"8.0\"\nsource = { git = \"https://github.com/x/pytest?rev=main#0123456789abcdef0123456789abcdef01234567\" }\n";
    check(
        &[("uv.lock", lock)],
        &[
            "flask@3.0.1 direct @uv.lock:10",
            "asgiref@3.0 via flask@3.0.1 @uv.lock:17",
            "m@0.1 direct Workspace @uv.lock:20",
            "pytest@8.0 direct dev Git { url: \"https://github.com/x/pytest\", commit: Some(\"0123456789abcdef0123456789abcdef01234567\") } @uv.lock:24",
        ],
    );
}

#[test]
fn pipfile_names_what_is_direct() {
    let pipfile = "[[source]]\nurl = \"https://user:pw@pypi.example.org/simple\"\n[packages]\nflask = \"*\"\nx = {git = \"https://h/x.git\", ref = \"main\"}\n[dev-packages]\npytest = \"8.0\"\n[requires]\npython_version = \"3.11\"\n";
    let lock = "{\"default\": {\n\"flask\": {\"version\": \"==3.0.1\", \"index\": \"pypi\"},\n\"werkzeug\": {\"version\": \"==3.0.0\", \"markers\": \"python_version > '3'\"}},\n\"develop\": {\"werkzeug\": {\"version\": \"==3.0.0\"},\n\"pytest\": {\"version\": \"==8.0\"}}}";
    let found = check(
        &[("Pipfile", pipfile), ("Pipfile.lock", lock)],
        &[
            "flask@3.0.1 direct @Pipfile.lock:2",
            "werkzeug@3.0.0 @Pipfile.lock:3",
            "pytest@8.0 dev @Pipfile.lock:5",
            "x direct Git { url: \"https://h/x.git\", commit: None } @Pipfile:5",
        ],
    );
    assert_eq!(found.manifests[0].indexes[0].0, "https://pypi.example.org/simple");
    assert_eq!(found.packages[1].marker.as_deref(), Some("python_version > '3'"));
}

#[test]
fn requirements_with_includes_constraints_and_options() {
    let files = [
        (
            "requirements.txt",
            "--extra-index-url https://u:p@x.org/simple\n-r base.txt  # the base\n-c limits.txt\nFlask==3.0 \\\n  --hash=sha256:aa\n-e git+https://h.org/x/y.git@main#egg=y_z\n./wheels/numpy-1.0-py3-none-any.whl ; os_name == 'x'\n-e .\nbad==\n",
        ),
        ("base.txt", "requests[socks]>=2 ; python_version > '3'\n"),
        ("limits.txt", "urllib3==2.0\n"),
        ("requirements-dev.txt", "-r requirements.txt\npytest\n"),
    ];
    let found = check(
        &files,
        &[
            "requests direct @base.txt:1",
            "pytest direct dev @requirements-dev.txt:2",
            "flask@3.0 direct @requirements.txt:4",
            "y-z direct Git { url: \"https://h.org/x/y.git\", commit: None } @requirements.txt:6",
            "numpy@1.0 direct File(\"./wheels/numpy-1.0-py3-none-any.whl\") @requirements.txt:7",
        ],
    );
    assert_eq!(
        found.failures.iter().map(|one| (one.path.as_str(), one.line)).collect::<Vec<_>>(),
        [("requirements.txt", 9)]
    );
    let main = found.manifests.iter().find(|one| one.path == "requirements.txt").unwrap();
    assert_eq!(main.indexes, [("https://x.org/simple".to_owned(), true, main.indexes[0].2.clone())]);
    assert_eq!(main.overrides[0].0, "urllib3");
    let place = &found.packages[2].place;
    assert_eq!((place.column, place.end_column), (1, 13));
}

#[test]
fn compiled_requirements_settle_their_source() {
    let files = [("requirements.in", "flask\n"), ("requirements.txt", "flask==3.0\nwerkzeug==3.1\n")];
    let found = check(&files, &["flask@3.0 direct @requirements.txt:1", "werkzeug@3.1 direct @requirements.txt:2"]);
    assert_eq!(found.manifests[0].lockfile.as_deref(), Some("requirements.txt"));
    assert_eq!(found.manifests[0].declared[0].package, Some(0));
}

#[test]
fn setup_files_and_conda() {
    let py = "from setuptools import setup\nsetup(\n  install_requires=['flask==3.0', 'a%s' % x, f'b=={v}', 'c==1'.format(),\n   # 'd',\n   \"e>=1\"],\n  extras_require={'test': ['pytest'], 'fast': ['orjson']},\n  python_requires='>=3.8')\n";
    check(
        &[("setup.py", py)],
        &[
            "flask@3.0 direct @setup.py:3",
            "e direct @setup.py:5",
            "pytest direct dev @setup.py:6",
            "orjson direct optional @setup.py:6",
        ],
    );
    let cfg = "[metadata]\nname = x\n[options]\ninstall_requires =\n  flask==3.0\n  # no\n  a>=1\n[options.extras_require]\ntest = pytest\n";
    check(
        &[("setup.cfg", cfg)],
        &["flask@3.0 direct @setup.cfg:5", "a direct @setup.cfg:7", "pytest direct dev @setup.cfg:9"],
    );
    let conda = "name: x\ndependencies:\n  - python=3.11\n  - conda-forge::numpy=1.26.0=py311\n  - scipy>=1\n  - pip:\n    - flask==3.0\n    - -r x.txt\n";
    check(
        &[("environment.yml", conda)],
        &[
            "numpy@1.26.0 direct @environment.yml:4",
            "scipy direct @environment.yml:5",
            "flask@3.0 direct @environment.yml:7",
        ],
    );
}

#[test]
fn installed_trees_are_passed_over() {
    let manifest = "{\"dependencies\": {\"a\": \"1.0.0\"}}";
    check(
        &[
            ("node_modules/x/package.json", manifest),
            ("venv/lib/site-packages/x/requirements.txt", "flask==1\n"),
            ("package.json", manifest),
        ],
        &["a@1.0.0 direct @package.json:1"],
    );
}

#[test]
fn copies_of_a_version_are_taken_together() {
    let lock = "{\"packages\": {\"node_modules/a\": {\"version\": \"1.0.0\", \"dev\": true},\n\"node_modules/b/node_modules/a\": {\"version\": \"1.0.0\"}, \"node_modules/a/node_modules/a\": {\"version\": \"2.0.0\"}}}";
    let found = inventory(&[("package-lock.json", lock)]);
    let distinct = found.distinct();
    assert_eq!(
        distinct.iter().map(|one| (one.package.label(), one.copies.len())).collect::<Vec<_>>(),
        [("a@1.0.0".to_owned(), 2), ("a@2.0.0".to_owned(), 1)]
    );
    assert!(!distinct[0].package.dev && distinct[0].package.groups.is_empty());
}
