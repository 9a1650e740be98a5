//! `.npmrc` and `.yarnrc.yml`: registries, and whether scripts of packages run.

use std::collections::BTreeMap;

use lunette_core::place::Place;

/// What the files say, by folder.
pub(super) struct Npmrc(BTreeMap<String, Settings>);

/// What the file of one folder says.
#[derive(Default)]
pub(super) struct Settings {
    /// The registry of packages without a scope of their own.
    pub(super) registry: Option<(String, Place)>,
    /// Registries of scopes (`@acme`).
    pub(super) scopes: BTreeMap<String, (String, Place)>,
    /// Whether scripts of packages are not run.
    pub(super) ignore_scripts: bool,
}

impl Npmrc {
    pub(super) fn read(files: &[(&str, &str)]) -> Self {
        let mut out: BTreeMap<String, Settings> = BTreeMap::new();
        for (path, text) in files {
            let name = super::file_name(path);
            if name != ".npmrc" && name != ".yarnrc.yml" {
                continue;
            }
            let settings = out.entry(super::folder(path).to_owned()).or_default();
            for (number, line) in (1..).zip(text.lines()) {
                if name == ".npmrc" {
                    npm_line(settings, path, number, line);
                } else {
                    yarn_line(settings, path, number, line);
                }
            }
        }
        Npmrc(out)
    }

    /// The settings that hold for a file: of its folder and those above, the nearest first.
    pub(super) fn of<'n>(&'n self, path: &str) -> impl Iterator<Item = &'n Settings> + use<'n> {
        let mut folders = vec![super::folder(path).to_owned()];
        while let Some(last) = folders.last()
            && !last.is_empty()
        {
            let up = super::folder(last).to_owned();
            folders.push(up);
        }
        folders.into_iter().filter_map(|folder| self.0.get(&folder))
    }
}

fn npm_line(settings: &mut Settings, path: &str, number: u32, line: &str) {
    let line = line.trim();
    if line.starts_with(['#', ';']) {
        return;
    }
    let Some((key, value)) = line.split_once('=') else { return };
    let (key, value) = (key.trim(), value.trim().trim_matches(['"', '\'']));
    let place = Place::line(path, number);
    match key {
        "registry" => settings.registry = Some((value.to_owned(), place)),
        "ignore-scripts" => settings.ignore_scripts = value == "true",
        _ => {
            if let Some(scope) = key.strip_suffix(":registry") {
                settings.scopes.insert(scope.to_owned(), (value.to_owned(), place));
            }
        }
    }
}

/// Only what stands on a line of its own at the top level: all that matters here does.
fn yarn_line(settings: &mut Settings, path: &str, number: u32, line: &str) {
    let Some((key, value)) = line.split_once(':') else { return };
    let value = value.trim().trim_matches(['"', '\'']);
    match key {
        "npmRegistryServer" => settings.registry = Some((value.to_owned(), Place::line(path, number))),
        "enableScripts" => settings.ignore_scripts = value == "false",
        _ => {}
    }
}
