//! Models of routes with their API paths as nodes and their access paths parsed.

use crate::lazy::Regex;
use lunette_core::project::{InputKind, Proves};
use lunette_lang::ir::Language;
use rustc_hash::FxHashMap;

use super::schema::{FileEntrySpec, ViewClassSpec};
use crate::access::AccessPath;
use crate::api::NodeId;

/// What all models say of routes.
#[derive(Debug, Default)]
pub(crate) struct RouteModels {
    pub(crate) entries: Vec<Entry>,
    pub(crate) classes: Vec<ClassEntry>,
    pub(crate) files: Vec<FileEntry>,
    pub(crate) views: Vec<ViewClass>,
    pub(crate) routers: FxHashMap<NodeId, Router>,
    pub(crate) prefix_calls: Vec<PrefixCall>,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) members: Vec<(NodeId, AccessPath, AccessPath)>,
    pub(crate) uses: Vec<Use>,
    pub(crate) ambient: Vec<Ambient>,
    pub(crate) guards: FxHashMap<NodeId, Proves>,
    pub(crate) checks: Vec<Check>,
    pub(crate) denials: Vec<(NodeId, Option<AccessPath>)>,
    pub(crate) exemptions: Vec<Exemption>,
    pub(crate) inputs: Vec<InputModel>,
}

/// Several access paths, tried in order.
pub(crate) type Paths = Vec<AccessPath>;

/// [`super::EntrySpec`].
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) framework: String,
    pub(crate) calls: Vec<NodeId>,
    pub(crate) decorators: Vec<NodeId>,
    pub(crate) router: Option<AccessPath>,
    pub(crate) module_router: bool,
    pub(crate) each: Option<AccessPath>,
    pub(crate) method: Option<String>,
    pub(crate) methods: Paths,
    pub(crate) default_methods: Vec<String>,
    pub(crate) path: Paths,
    pub(crate) handlers: Paths,
    pub(crate) guards: Paths,
    pub(crate) auth: Paths,
    pub(crate) schema: Option<AccessPath>,
    pub(crate) arguments: Option<Arguments>,
}

/// [`super::schema::ArgumentsSpec`].
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) plain: InputKind,
    pub(crate) class: InputKind,
    pub(crate) marked: FxHashMap<NodeId, InputKind>,
    pub(crate) typed: FxHashMap<NodeId, InputKind>,
    pub(crate) guards: Vec<NodeId>,
}

/// [`super::ClassEntrySpec`].
#[derive(Debug)]
pub(crate) struct ClassEntry {
    pub(crate) framework: String,
    pub(crate) decorators: Vec<NodeId>,
    pub(crate) prefix: Paths,
    pub(crate) version: Option<AccessPath>,
    pub(crate) neutral: Vec<String>,
    pub(crate) version_decorators: Vec<NodeId>,
    pub(crate) version_calls: Vec<NodeId>,
    pub(crate) version_kind: Option<AccessPath>,
    pub(crate) version_elsewhere: Vec<NodeId>,
    pub(crate) methods: FxHashMap<NodeId, String>,
    pub(crate) path: Paths,
    pub(crate) guards: Vec<NodeId>,
    pub(crate) inputs: FxHashMap<NodeId, InputKind>,
    pub(crate) converters: Vec<NodeId>,
    pub(crate) application: Vec<NodeId>,
}

/// [`FileEntrySpec`].
#[derive(Debug)]
pub(crate) struct FileEntry {
    pub(crate) framework: String,
    pub(crate) language: Language,
    pub(crate) file: Regex,
    pub(crate) calls: Vec<NodeId>,
    pub(crate) segments: Vec<(Regex, String)>,
    pub(crate) spec: FileEntrySpec,
}

/// [`ViewClassSpec`].
#[derive(Debug)]
pub(crate) struct ViewClass {
    pub(crate) framework: String,
    pub(crate) bases: Vec<NodeId>,
    pub(crate) via: Vec<NodeId>,
    pub(crate) decorators: Vec<NodeId>,
    pub(crate) path: Option<AccessPath>,
    pub(crate) decorator_methods: Option<AccessPath>,
    pub(crate) spec: ViewClassSpec,
}

/// [`super::RouterSpec`], by value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Router {
    pub(crate) prefix: Vec<Template>,
    pub(crate) guards: Paths,
}

/// A method that sets a router's prefix.
#[derive(Debug)]
pub(crate) struct PrefixCall {
    pub(crate) call: NodeId,
    pub(crate) exclude: Option<AccessPath>,
}

/// An access path, or text with access paths in it.
#[derive(Debug, Clone)]
pub(crate) struct Template(pub(crate) Vec<TemplatePart>);

/// A part of a template.
#[derive(Debug, Clone)]
pub(crate) enum TemplatePart {
    Text(String),
    Path(AccessPath),
}

/// [`super::MountSpec`].
#[derive(Debug)]
pub(crate) struct Mount {
    pub(crate) calls: Vec<NodeId>,
    pub(crate) parent: Option<AccessPath>,
    pub(crate) child: Option<AccessPath>,
    pub(crate) includes: Vec<NodeId>,
    pub(crate) child_parameter: Option<usize>,
    pub(crate) folder: Option<AccessPath>,
    pub(crate) folder_names: Option<AccessPath>,
    pub(crate) folder_plugins: Vec<NodeId>,
    pub(crate) folder_prefix: Option<String>,
    pub(crate) prefix: Paths,
    pub(crate) replaces_prefix: bool,
    pub(crate) guards: Paths,
    pub(crate) shared_through: Vec<NodeId>,
}

/// [`super::UseSpec`].
#[derive(Debug)]
pub(crate) struct Use {
    pub(crate) calls: Vec<NodeId>,
    pub(crate) decorators: Vec<NodeId>,
    pub(crate) router: Option<AccessPath>,
    pub(crate) functions: Paths,
    pub(crate) path: Option<AccessPath>,
    pub(crate) when: Option<(AccessPath, Vec<String>)>,
    pub(crate) needs: Option<AccessPath>,
    pub(crate) values_only: bool,
    pub(crate) everywhere: bool,
    pub(crate) whole_application: bool,
    pub(crate) error_parameters: Option<usize>,
    pub(crate) proves: Option<Proves>,
    pub(crate) proving: bool,
}

/// [`super::AmbientSpec`].
#[derive(Debug)]
pub(crate) struct Ambient {
    pub(crate) framework: String,
    pub(crate) calls: Vec<NodeId>,
    pub(crate) each: Option<AccessPath>,
    pub(crate) when: Option<(AccessPath, NodeId)>,
    pub(crate) functions: Paths,
    pub(crate) file: Option<Regex>,
    pub(crate) holds: Option<Regex>,
    pub(crate) spec: super::AmbientSpec,
}

/// [`super::CheckSpec`].
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) nodes: Vec<NodeId>,
    pub(crate) keys: Option<Regex>,
    pub(crate) proves: Proves,
    pub(crate) enforces: bool,
}

/// [`super::schema::ExemptionSpec`].
#[derive(Debug)]
pub(crate) struct Exemption {
    pub(crate) nodes: Vec<NodeId>,
    pub(crate) key: Option<Regex>,
    pub(crate) lifts: Vec<Proves>,
}

/// [`super::InputSpec`].
#[derive(Debug)]
pub(crate) struct InputModel {
    pub(crate) collections: Vec<NodeId>,
    pub(crate) members: bool,
    pub(crate) methods: Vec<String>,
    pub(crate) calls: Vec<NodeId>,
    pub(crate) name: Option<AccessPath>,
    pub(crate) whole: Vec<NodeId>,
    pub(crate) kind: InputKind,
    pub(crate) beside_others: bool,
}
