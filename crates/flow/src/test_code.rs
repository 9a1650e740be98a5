//! Which files are test code, and which show how the rest is used.

/// Whether a path is test code by the conventions of both languages.
pub fn is_test_path(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = |name: &str| {
        matches!(
            name,
            "test" | "tests" | "__tests__" | "spec" | "specs" | "fixtures" | "__fixtures__" | "__mocks__" | "e2e"
        )
    };
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let marker = stem.rsplit_once('.').map_or("", |(_, marker)| marker);
    folders.split('/').any(folder)
        || name == "conftest.py"
        || (extension == "py" && (stem.starts_with("test_") || stem.ends_with("_test")))
        || matches!(marker, "spec" | "test")
}

/// Whether a path is beside the program: test code, or an example, a demonstration or a measurement of it.
pub(crate) fn is_aside(path: &str) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    let shows = |name: &str| {
        matches!(
            name,
            "example" | "examples" | "demo" | "demos" | "sample" | "samples" | "bench" | "benchmark" | "benchmarks"
        )
    };
    is_test_path(path) || folders.split('/').any(shows)
}

#[cfg(test)]
mod tests {
    use super::{is_aside, is_test_path};

    #[test]
    fn test_code_is_known_by_its_path() {
        for path in
            ["tests/a.py", "src/__tests__/a.js", "a.spec.ts", "a.test.js", "test_a.py", "a_test.py", "x/conftest.py"]
        {
            assert!(is_test_path(path), "{path}");
        }
        for path in ["testcode/a.py", "src/attest.js", "contest.py", "latest/a.ts", "inspect.py", "protest_a.py"] {
            assert!(!is_test_path(path), "{path}");
        }
        assert!(
            is_aside("demo/server.js")
                && is_aside("tests/a.py")
                && !is_aside("src/demo.js")
                && !is_test_path("demo/server.js")
        );
    }
}
