//! Files by their name: which language they are written in, and what the assessment wants of them.

use lunette_core::project::LanguageCount;
use lunette_read::{Listed, SourceFile, Want};

/// A language.
#[derive(Debug, PartialEq, Eq)]
pub struct Language {
    /// Its usual name.
    pub name: &'static str,
    /// Whether Lunette analyses it; the others are counted.
    pub analysed: bool,
    extensions: &'static [&'static str],
}

const fn analysed(name: &'static str, extensions: &'static [&'static str]) -> Language {
    Language { name, analysed: true, extensions }
}

const fn counted(name: &'static str, extensions: &'static [&'static str]) -> Language {
    Language { name, analysed: false, extensions }
}

/// The languages that are told apart.
pub static LANGUAGES: [Language; 36] = [
    analysed("TypeScript", &["ts", "tsx", "mts", "cts"]),
    analysed("JavaScript", &["js", "jsx", "mjs", "cjs"]),
    analysed("Python", &["py", "pyw"]),
    analysed("SQL", &["sql"]),
    counted("Prisma", &["prisma"]),
    counted("HTML", &["html", "htm", "jinja", "jinja2", "j2", "ejs", "hbs", "handlebars", "pug", "njk", "mustache"]),
    counted("Vue", &["vue"]),
    counted("Svelte", &["svelte"]),
    counted("Go", &["go"]),
    counted("Java", &["java"]),
    counted("Kotlin", &["kt", "kts"]),
    counted("Scala", &["scala"]),
    counted("Groovy", &["groovy"]),
    counted("Ruby", &["rb", "erb"]),
    counted("PHP", &["php", "phtml"]),
    counted("C#", &["cs", "cshtml", "razor"]),
    counted("F#", &["fs"]),
    counted("Visual Basic", &["vb"]),
    counted("Rust", &["rs"]),
    counted("C", &["c", "h"]),
    counted("C++", &["cc", "cpp", "cxx", "hpp", "hh"]),
    counted("Swift", &["swift"]),
    counted("Objective-C", &["m", "mm"]),
    counted("Dart", &["dart"]),
    counted("Elixir", &["ex", "exs"]),
    counted("Erlang", &["erl"]),
    counted("Clojure", &["clj", "cljs"]),
    counted("Haskell", &["hs"]),
    counted("Lua", &["lua"]),
    counted("Perl", &["pl", "pm"]),
    counted("R", &["r"]),
    counted("Shell", &["sh", "bash", "zsh", "ksh"]),
    counted("PowerShell", &["ps1", "psm1"]),
    counted("CoffeeScript", &["coffee"]),
    counted("GraphQL", &["graphql", "gql"]),
    counted("Solidity", &["sol"]),
];

/// What a file is to an assessment, told by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Source code.
    Code(&'static Language),
    /// A manifest or lockfile of packages, or a file that states a runtime's version.
    Manifest,
    /// Configuration of the application, its containers, pipelines or infrastructure.
    Config,
    /// Documents for people: never read for facts.
    Doc,
    /// Anything else.
    Other,
}

impl Interest {
    /// What to ask of the door.
    pub fn wanted(self) -> Want {
        match self {
            Self::Code(_) | Self::Manifest | Self::Config => Want::Read,
            Self::Doc | Self::Other => Want::Count,
        }
    }
}

/// The language of a path, by its extension.
pub fn language(path: &str) -> Option<&'static Language> {
    let extension = extension(path)?;
    LANGUAGES.iter().find(|language| language.extensions.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

fn extension(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, extension) = name.rsplit_once('.')?;
    (!stem.is_empty()).then_some(extension)
}

/// Whether a path has one of these extensions, in any case.
pub(super) fn has_extension(path: &str, wanted: &[&str]) -> bool {
    extension(path).is_some_and(|extension| wanted.iter().any(|wanted| extension.eq_ignore_ascii_case(wanted)))
}

const MANIFESTS: [&str; 11] = [
    "Procfile",
    "runtime.txt",
    ".nvmrc",
    ".node-version",
    ".python-version",
    ".tool-versions",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    "pip.conf",
    "pnpm-workspace.yaml",
];

const CONFIG_NAMES: [&str; 19] = [
    "Caddyfile",
    "Makefile",
    "Jenkinsfile",
    "Vagrantfile",
    "vercel.json",
    "now.json",
    "firebase.json",
    "netlify.toml",
    "tsconfig.json",
    "jsconfig.json",
    "nest-cli.json",
    "app.json",
    "ecosystem.config.json",
    "host.json",
    "serverless.json",
    "task-definition.json",
    ".dockerignore",
    "alembic.ini",
    "config.json",
];

const CONFIG_EXTENSIONS: [&str; 16] = [
    "yml",
    "yaml",
    "toml",
    "ini",
    "cfg",
    "conf",
    "env",
    "tf",
    "tfvars",
    "hcl",
    "properties",
    "service",
    "vcl",
    "rego",
    "bicep",
    "jsonc",
];

/// Whether a name is that of a container build file.
pub(super) fn is_dockerfile(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    ["dockerfile", "containerfile"].iter().any(|word| {
        name == *word
            || name.strip_prefix(word).is_some_and(|rest| rest.starts_with('.'))
            || name.strip_suffix(word).is_some_and(|stem| stem.ends_with('.'))
    })
}

/// Whether a name is that of a file with environment variables.
pub(super) fn is_env_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == ".env" || name.starts_with(".env.") || has_extension(name, &["env"]) || name == ".envrc"
}

/// What a file is to an assessment.
pub fn interest(path: &str) -> Interest {
    let name = path.rsplit('/').next().unwrap_or(path);
    if MANIFESTS.contains(&name) || lunette_intel::packages::is_read(path) {
        return Interest::Manifest;
    }
    if is_dockerfile(path)
        || is_env_file(path)
        || CONFIG_NAMES.contains(&name)
        || lunette_intel::hygiene::wants(path)
        || (name.starts_with("tsconfig.") && has_extension(name, &["json"]))
    {
        return Interest::Config;
    }
    if let Some(language) = language(path) {
        return Interest::Code(language);
    }
    let extension = extension(path).unwrap_or_default().to_ascii_lowercase();
    if CONFIG_EXTENSIONS.contains(&extension.as_str()) {
        return Interest::Config;
    }
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    if ["md", "mdx", "rst", "txt", "adoc"].contains(&extension.as_str())
        || ["readme", "license", "changelog", "notice", "authors"].contains(&stem.as_str())
    {
        return Interest::Doc;
    }
    Interest::Other
}

/// Files and lines by language, most lines first, then by name.
pub fn languages(files: &[SourceFile], listed: &[Listed]) -> Vec<LanguageCount> {
    let mut counts: Vec<LanguageCount> = Vec::new();
    let seen = files
        .iter()
        .map(|file| (file.path.as_str(), file.lines))
        .chain(listed.iter().map(|file| (file.path.as_str(), 0)));
    for (path, lines) in seen {
        // `setup.py` is a manifest and Python all the same.
        let Some(language) = language(path) else { continue };
        match counts.iter_mut().find(|count| count.name == language.name) {
            Some(count) => {
                count.files += 1;
                count.lines += lines;
            }
            None => counts.push(LanguageCount {
                name: language.name.to_owned(),
                files: 1,
                lines,
                analysed: language.analysed,
            }),
        }
    }
    counts.sort_by(|a, b| b.lines.cmp(&a.lines).then(b.files.cmp(&a.files)).then_with(|| a.name.cmp(&b.name)));
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_wanted() {
        let code = |name: &str| {
            LANGUAGES.iter().find(|language| language.name == name).map_or(Interest::Other, Interest::Code)
        };
        for (path, expected) in [
            ("src/a.ts", code("TypeScript")),
            ("src/A.PY", code("Python")),
            ("main.go", code("Go")),
            ("package.json", Interest::Manifest),
            ("api/requirements-dev.txt", Interest::Manifest),
            ("requirements/base.txt", Interest::Manifest),
            ("notes/base.txt", Interest::Doc),
            ("setup.py", Interest::Manifest),
            ("Dockerfile.prod", Interest::Config),
            ("api.Dockerfile", Interest::Config),
            ("dockerfile", Interest::Config),
            (".env.production", Interest::Config),
            (".github/workflows/ci.yml", Interest::Config),
            ("nginx/nginx.conf", Interest::Config),
            ("tsconfig.build.json", Interest::Config),
            ("README.md", Interest::Doc),
            ("LICENSE", Interest::Doc),
            ("data/x.json", Interest::Other),
            ("logo.png", Interest::Other),
            (".gitignore", Interest::Other),
        ] {
            assert_eq!(interest(path), expected, "{path}");
        }
    }

    #[test]
    fn languages_are_counted() {
        let file = |path: &str, lines| SourceFile { path: path.to_owned(), text: String::new(), bytes: 0, lines };
        let listed = [Listed { path: "b.go".to_owned(), bytes: 5 }];
        let counts = languages(&[file("a.py", 3), file("b.ts", 9), file("c.tsx", 1), file("x.json", 99)], &listed);
        let shown: Vec<_> = counts.iter().map(|c| (c.name.as_str(), c.files, c.lines, c.analysed)).collect();
        assert_eq!(shown, [("TypeScript", 2, 10, true), ("Python", 1, 3, true), ("Go", 1, 0, false)]);
    }
}
