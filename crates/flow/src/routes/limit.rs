//! Paths of routes: joined, and as limits of what middleware applies to.

/// A path below which something applies.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Limit {
    /// Segments; parameters and `*` match all.
    Segments(Vec<String>),
    /// A pattern: what it matches is not worked out, so it is not taken as a limit that a route falls under.
    Pattern,
}

impl Limit {
    pub(super) fn new(path: &str) -> Self {
        if path.starts_with("/^") || path.contains('(') {
            return Self::Pattern;
        }
        Self::Segments(path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect())
    }

    /// Whether a path, as its segments, lies below.
    pub(super) fn covers(&self, path: &[&str]) -> bool {
        let Self::Segments(limit) = self else { return false };
        for (at, want) in limit.iter().enumerate() {
            match path.get(at) {
                _ if want.starts_with('*') => return true,
                Some(have) if have == want || want.starts_with([':', '{', '$']) => {}
                _ => return false,
            }
        }
        true
    }
}

/// Joins two pieces of a path with one slash between them. `keep_end` keeps the slash of a child that is only that.
pub(super) fn join(first: &str, second: &str, keep_end: bool) -> String {
    if second.is_empty() || (second == "/" && !keep_end && !first.is_empty()) {
        return first.to_owned();
    }
    if first.is_empty() {
        return second.to_owned();
    }
    format!("{}/{}", first.trim_end_matches('/'), second.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::Limit;

    #[test]
    fn segment_by_segment() {
        let covers = |limit: &str, path: &str| {
            Limit::new(limit).covers(&path.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>())
        };
        for (limit, path) in
            [("/", "/a"), ("/a", "/a"), ("/a", "/a/b"), ("/a/*", "/a/b/c"), ("/:id/x", "/1/x"), ("*", "/a")]
        {
            assert!(covers(limit, path), "{limit} covers {path}");
        }
        for (limit, path) in [("/a", "/ab"), ("/a/b", "/a"), ("/^a/", "/a"), ("/a", "/b/a")] {
            assert!(!covers(limit, path), "{limit} does not cover {path}");
        }
    }
}
