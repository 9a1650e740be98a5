//! Containers, orchestration, pipelines and environment files: what there is, and where.
//!
//! Counts and places only. What is wrong with them is the matter of rules.

use std::collections::BTreeMap;

use lunette_core::place::Place;
use lunette_core::project::{SkipReason, Skipped};
use lunette_core::text::{printable, shorten};
use lunette_read::{Listed, SourceFile};

use super::languages::{has_extension, is_dockerfile, is_env_file};
use crate::tree::{self, Node, Value};

/// A container image in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its name with registry, without tag and digest.
    pub name: String,
    /// Its tag, when there is one that is no variable.
    pub tag: Option<String>,
    /// Where it is named.
    pub place: Place,
}

/// A service of a compose file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Whether it is built here, so that it is a part of the project.
    pub built: bool,
    /// Whether it publishes ports on the host.
    pub published: bool,
    /// Where.
    pub place: Place,
}

/// What a project's files say of its infrastructure; every list by path and line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Infrastructure {
    /// Container build files.
    pub dockerfiles: Vec<Place>,
    /// Images, of build files, compose files and cluster manifests.
    pub images: Vec<Image>,
    /// Compose files.
    pub compose: Vec<Place>,
    /// Their services.
    pub services: Vec<Service>,
    /// Cluster manifests, with the kind of object.
    pub kubernetes: Vec<(String, Place)>,
    /// Pipelines of any CI system.
    pub pipelines: Vec<Place>,
    /// Terraform files.
    pub terraform: Vec<Place>,
    /// Terraform providers, by name.
    pub providers: Vec<(String, Place)>,
    /// Configuration of reverse proxies.
    pub proxies: Vec<Place>,
    /// Files with environment variables in the tree; templates (`.env.example`) are not among them.
    pub env_files: Vec<Place>,
    /// Templates of environment files.
    pub env_templates: Vec<Place>,
    /// `supabase/config.toml` files.
    pub supabase: Vec<Place>,
    /// Supabase edge functions, by their entry file.
    pub edge_functions: Vec<Place>,
    /// The Postgres version that Supabase is configured for.
    pub supabase_postgres: Option<(String, Place)>,
    /// What did not parse.
    pub skipped: Vec<Skipped>,
}

impl Infrastructure {
    /// Reads what the files say.
    pub fn read(files: &[SourceFile], listed: &[Listed]) -> Self {
        let mut found = Infrastructure::default();
        for path in files.iter().map(|file| file.path.as_str()).chain(listed.iter().map(|file| file.path.as_str())) {
            found.by_path(path);
        }
        for file in files {
            found.by_text(&file.path, &file.text);
        }
        for places in [
            &mut found.env_files,
            &mut found.env_templates,
            &mut found.pipelines,
            &mut found.proxies,
            &mut found.edge_functions,
        ] {
            places.sort();
            places.dedup();
        }
        found
    }

    fn by_path(&mut self, path: &str) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let place = || Place::file(path);
        if is_env_file(path) {
            let template = ["example", "sample", "template", "dist", "defaults"].iter().any(|word| name.contains(word));
            if template { self.env_templates.push(place()) } else { self.env_files.push(place()) }
        }
        if is_pipeline(path) {
            self.pipelines.push(place());
        }
        let is_proxy = matches!(
            name,
            "Caddyfile" | "haproxy.cfg" | "traefik.yml" | "traefik.toml" | "envoy.yaml" | "httpd.conf" | "apache2.conf"
        ) || (has_extension(name, &["conf"]) && path.contains("nginx"));
        if is_proxy {
            self.proxies.push(place());
        }
        // `supabase/functions/<name>/index.ts` is an edge function; folders that begin with `_` are shared code.
        if let Some((_, rest)) = path.split_once("supabase/functions/")
            && let Some((function, file)) = rest.split_once('/')
            && matches!(file, "index.ts" | "index.js" | "index.tsx" | "main.ts")
            && !function.starts_with('_')
        {
            self.edge_functions.push(place());
        }
    }

    fn by_text(&mut self, path: &str, text: &str) {
        let name = path.rsplit('/').next().unwrap_or(path);
        if is_dockerfile(path) {
            self.dockerfiles.push(Place::file(path));
            self.dockerfile(path, text);
        } else if is_compose(name) {
            self.compose.push(Place::file(path));
            self.yaml(path, text, Self::compose);
        } else if has_extension(name, &["yml", "yaml"]) {
            // Templates of charts are no YAML until they are rendered.
            let is_manifest = text.lines().any(|line| line.starts_with("apiVersion:"))
                && text.lines().any(|line| line.starts_with("kind:"));
            if is_manifest && text.contains("{{") {
                self.kubernetes.push(("template".to_owned(), Place::file(path)));
            } else if is_manifest {
                self.yaml(path, text, Self::manifest);
            }
        } else if has_extension(name, &["tf"]) {
            self.terraform.push(Place::file(path));
            self.providers(path, text);
        } else if path == "supabase/config.toml" || path.ends_with("/supabase/config.toml") {
            self.supabase.push(Place::file(path));
            match tree::toml(text) {
                Ok(config) => {
                    if let Some(version) = config.at(&["db", "major_version"])
                        && let Some(text) = version.text()
                    {
                        self.supabase_postgres = Some((text.to_owned(), Place::line(path, version.line)));
                    }
                }
                Err(error) => self.unparsed(path, &error),
            }
        }
    }

    fn unparsed(&mut self, path: &str, error: &tree::ParseError) {
        let detail = format!("line {}: {}", error.line, shorten(&printable(&error.message), 120));
        self.skipped.push(Skipped { path: path.to_owned(), reason: SkipReason::Syntax, detail });
    }

    fn yaml(&mut self, path: &str, text: &str, read: fn(&mut Self, &str, &Node)) {
        match tree::yaml(text) {
            Ok(documents) => documents.iter().for_each(|document| read(self, path, document)),
            Err(error) => self.unparsed(path, &error),
        }
    }

    /// `FROM` lines, with the defaults of `ARG` filled in; a name of an earlier stage is no image.
    fn dockerfile(&mut self, path: &str, text: &str) {
        let mut arguments: BTreeMap<String, String> = BTreeMap::new();
        let mut stages: Vec<String> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let mut words = line.split_whitespace();
            match words.next().map(str::to_ascii_uppercase).as_deref() {
                Some("ARG") => {
                    if let Some((name, value)) = words.next().and_then(|word| word.split_once('=')) {
                        arguments.insert(name.to_owned(), value.trim_matches(['"', '\'']).to_owned());
                    }
                }
                Some("FROM") => {
                    let mut words = words.skip_while(|word| word.starts_with("--"));
                    let Some(image) = words.next() else { continue };
                    if !stages.iter().any(|stage| stage.eq_ignore_ascii_case(image)) && image != "scratch" {
                        self.image(&filled_in(image, &arguments), Place::line(path, index as u32 + 1));
                    }
                    if words.next().is_some_and(|word| word.eq_ignore_ascii_case("as")) {
                        stages.extend(words.next().map(str::to_owned));
                    }
                }
                _ => {}
            }
        }
    }

    fn image(&mut self, reference: &str, place: Place) {
        let without_digest = reference.split('@').next().unwrap_or(reference);
        let (name, tag) = match without_digest.rsplit_once(':') {
            // A port of a registry is no tag.
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (without_digest, None),
        };
        if name.is_empty() || name.contains('$') || name.len() > 255 {
            return;
        }
        let tag = tag.filter(|tag| !tag.contains('$')).map(str::to_owned);
        self.images.push(Image { name: name.to_ascii_lowercase(), tag, place });
    }

    fn compose(&mut self, path: &str, document: &Node) {
        for (key, service) in document.get("services").map(Node::entries).unwrap_or_default() {
            let place = Place::line(path, key.line);
            if let Some(image) = service.text_of("image") {
                let line = service.get("image").map_or(key.line, |image| image.line);
                self.image(image, Place::line(path, line));
            }
            self.services.push(Service {
                name: key.text.clone(),
                built: service.get("build").is_some(),
                published: service.get("ports").is_some_and(|ports| !ports.items().is_empty()),
                place,
            });
        }
    }

    fn manifest(&mut self, path: &str, document: &Node) {
        let (Some(kind), true) = (document.text_of("kind"), document.get("apiVersion").is_some()) else { return };
        self.kubernetes.push((shorten(&printable(kind), 60), Place::line(path, document.line)));
        self.pod_images(path, document, 0);
    }

    /// `image` of every container, wherever the pod's specification stands.
    fn pod_images(&mut self, path: &str, node: &Node, depth: usize) {
        if depth > 12 {
            return;
        }
        for (key, value) in node.entries() {
            match (key.text.as_str(), &value.value) {
                ("containers" | "initContainers", Value::List(items)) => {
                    for item in items {
                        if let Some(image) = item.get("image")
                            && let Some(text) = image.text()
                        {
                            self.image(text, Place::line(path, image.line));
                        }
                    }
                }
                (_, Value::Map(_)) => self.pod_images(path, value, depth + 1),
                _ => {}
            }
        }
    }

    fn providers(&mut self, path: &str, text: &str) {
        for (index, line) in text.lines().enumerate() {
            let Some(rest) = line.strip_prefix("provider").map(str::trim_start) else { continue };
            if let Some((name, _)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
                self.providers.push((name.to_owned(), Place::line(path, index as u32 + 1)));
            }
        }
    }
}

fn is_compose(name: &str) -> bool {
    has_extension(name, &["yml", "yaml"])
        && (name.starts_with("docker-compose") || name.starts_with("compose.") || name.starts_with("compose-"))
}

fn is_pipeline(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    (has_extension(path, &["yml", "yaml"]) && path.starts_with(".github/workflows/"))
        || matches!(
            path,
            ".gitlab-ci.yml" | ".circleci/config.yml" | ".travis.yml" | ".drone.yml" | ".buildkite/pipeline.yml"
        )
        || matches!(name, "Jenkinsfile" | "azure-pipelines.yml" | "bitbucket-pipelines.yml" | "cloudbuild.yaml")
}

/// An image with `${NAME}`, `$NAME` and `${NAME:-default}` replaced where the value is known.
fn filled_in(image: &str, arguments: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(image.len());
    let mut rest = image;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let braced = rest[at + 1..].strip_prefix('{').and_then(|braced| braced.split_once('}'));
        let (name, default, after) = if let Some((inner, after)) = braced {
            let (name, default) = inner.split_once(":-").map_or((inner, None), |(name, default)| (name, Some(default)));
            (name, default, after)
        } else {
            let name = &rest[at + 1..];
            let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name.len());
            (&name[..end], None, &name[end..])
        };
        match arguments.get(name).map(String::as_str).or(default) {
            Some(value) => out.push_str(value),
            None => out.push('$'),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}
