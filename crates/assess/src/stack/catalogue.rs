//! The catalogue of technologies: `data/technologies.yml`, embedded.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use globset::{GlobSet, GlobSetBuilder};
use lunette_core::project::TechnologyKind;
use serde::Deserialize;

use super::packages::Ecosystem;
use crate::paths::globs;

/// An entry of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    kind: String,
    #[serde(default)]
    npm: Vec<String>,
    #[serde(default)]
    pypi: Vec<String>,
    #[serde(default)]
    npm_client: Vec<String>,
    #[serde(default)]
    pypi_client: Vec<String>,
    #[serde(default)]
    images: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    providers: Vec<String>,
}

/// A technology of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Known {
    pub(super) kind: TechnologyKind,
    pub(super) name: String,
}

/// What a package says of a technology.
#[derive(Debug)]
struct PackageRow {
    known: Known,
    /// Whether the package's version is the technology's.
    own: bool,
}

#[derive(Default)]
struct Catalogue {
    packages: BTreeMap<(Ecosystem, String), Vec<PackageRow>>,
    /// Packages by what their name begins with.
    families: Vec<(Ecosystem, String, PackageRow)>,
    images: BTreeMap<String, Vec<Known>>,
    providers: BTreeMap<String, Vec<Known>>,
    files: GlobSet,
    /// The technology of each pattern of `files`.
    file_known: Vec<Known>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(load);

#[expect(clippy::expect_used, reason = "the file is part of the program, and a test loads it")]
fn load() -> Catalogue {
    let entries: Vec<Entry> =
        serde_saphyr::from_str(include_str!("../../data/technologies.yml")).expect("technologies.yml is valid");
    let mut catalogue = Catalogue::default();
    let mut patterns = GlobSetBuilder::new();
    for entry in entries {
        let known =
            Known { kind: kind(&entry.kind).expect("a kind of technologies.yml is one of core's"), name: entry.name };
        for (ecosystem, names, own) in [
            (Ecosystem::Npm, entry.npm, true),
            (Ecosystem::PyPi, entry.pypi, true),
            (Ecosystem::Npm, entry.npm_client, false),
            (Ecosystem::PyPi, entry.pypi_client, false),
        ] {
            for name in names {
                let row = PackageRow { known: known.clone(), own };
                match name.strip_suffix('*') {
                    Some(family) => catalogue.families.push((ecosystem, family.to_owned(), row)),
                    None => catalogue.packages.entry((ecosystem, name)).or_default().push(row),
                }
            }
        }
        for image in entry.images {
            catalogue.images.entry(image).or_default().push(known.clone());
        }
        for provider in entry.providers {
            catalogue.providers.entry(provider).or_default().push(known.clone());
        }
        for file in entry.files {
            let [pattern, _] = globs(&file).expect("a pattern of technologies.yml is valid");
            patterns.add(pattern);
            catalogue.file_known.push(known.clone());
        }
    }
    catalogue.files = patterns.build().expect("the patterns of technologies.yml fit in one set");
    catalogue
}

fn kind(word: &str) -> Option<TechnologyKind> {
    use TechnologyKind as Kind;
    Some(match word {
        "runtime" => Kind::Runtime,
        "framework" => Kind::Framework,
        "platform" => Kind::Platform,
        "data-store" => Kind::DataStore,
        "security" => Kind::Security,
        "authentication" => Kind::Authentication,
        "validation" => Kind::Validation,
        "logging" => Kind::Logging,
        "testing" => Kind::Testing,
        "container" => Kind::Container,
        "ci" => Kind::Ci,
        "infrastructure" => Kind::Infrastructure,
        "messaging" => Kind::Messaging,
        "integration" => Kind::Integration,
        _ => return None,
    })
}

/// Technologies that a package shows, each with whether the package's version is the technology's.
pub(super) fn by_package(ecosystem: Ecosystem, name: &str) -> Vec<(&'static Known, bool)> {
    let ecosystem = if ecosystem == Ecosystem::Jsr { Ecosystem::Npm } else { ecosystem };
    let exact = CATALOGUE.packages.get(&(ecosystem, name.to_owned())).into_iter().flatten();
    let families = CATALOGUE
        .families
        .iter()
        .filter(|(of, family, _)| *of == ecosystem && name.starts_with(family.as_str()))
        .map(|(_, _, row)| row);
    exact.chain(families).map(|row| (&row.known, row.own)).collect()
}

/// Technologies that a container image shows, by its name without registry, tag and digest.
pub(super) fn by_image(name: &str) -> &'static [Known] {
    let mut cuts = name.rmatch_indices('/').map(|(at, _)| at + 1);
    let last = cuts.next().unwrap_or(0);
    let last_two = cuts.next().unwrap_or(0);
    [last_two, last].iter().find_map(|&at| CATALOGUE.images.get(&name[at..])).map_or(&[], Vec::as_slice)
}

/// Technologies that a Terraform provider shows.
pub(super) fn by_provider(name: &str) -> &'static [Known] {
    CATALOGUE.providers.get(name).map_or(&[], Vec::as_slice)
}

/// Technologies that a file shows by its path.
pub(super) fn by_file(path: &str) -> impl Iterator<Item = &'static Known> {
    CATALOGUE.files.matches(path).into_iter().filter_map(|index| CATALOGUE.file_known.get(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_loads_and_names_are_unique() {
        assert!(CATALOGUE.packages.len() > 300);
        for (package, rows) in &CATALOGUE.packages {
            let mut names: Vec<&str> = rows.iter().map(|row| row.known.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), rows.len(), "{package:?} is listed twice for one technology");
        }
        for (ecosystem, name) in CATALOGUE.packages.keys() {
            assert!(
                *ecosystem != Ecosystem::PyPi || *name == lunette_intel::packages::normalise(name),
                "{name} is not normalised"
            );
        }
    }

    #[test]
    fn packages_images_files_and_providers_are_found() {
        let names = |found: Vec<(&Known, bool)>| {
            found.into_iter().map(|(known, own)| (known.name.clone(), own)).collect::<Vec<_>>()
        };
        assert_eq!(names(by_package(Ecosystem::Npm, "express")), [("Express".to_owned(), true)]);
        assert_eq!(names(by_package(Ecosystem::Npm, "@supabase/supabase-js")), [("Supabase".to_owned(), false)]);
        assert!(by_package(Ecosystem::PyPi, "express").is_empty());
        assert_eq!(by_image("public.ecr.aws/docker/library/postgres")[0].name, "PostgreSQL");
        assert_eq!(by_provider("azurerm")[0].name, "Azure");
        assert_eq!(
            by_file("apps/api/Dockerfile.prod").map(|known| known.name.as_str()).collect::<Vec<_>>(),
            ["Docker"]
        );
        assert_eq!(by_file("README.md").count(), 0);
    }
}
