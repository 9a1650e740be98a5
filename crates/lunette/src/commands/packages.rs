//! `lunette sbom` and `lunette vex`: documents on the packages of a project for other programs.

use std::path::Path;

use lunette_assess::{Options, PackageDocument};

use super::{open, plan};
use crate::args::DocumentArgs;
use crate::exit::{Failure, Status};
use crate::output;
use crate::progress::Bar;
use crate::worker::{self, Frame, Terminal};

/// Which document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    Sbom,
    Vex,
}

/// In the parent: checks the name, writes what the worker sends.
pub(crate) fn direct(document: Document, args: &DocumentArgs, terminal: Terminal) -> Result<Status, Failure> {
    form(document, args)?;
    crate::date::resolve(args.date.as_deref())?;
    worker::run(terminal, None, |frame| match frame {
        Frame::Output(_, bytes) => match args.output.as_deref().filter(|path| path.as_os_str() != "-") {
            Some(path) => output::write(path, &bytes),
            None => output::stdout(&bytes),
        },
        _ => Ok(()),
    })
}

/// In the worker.
pub(crate) fn work(
    document: Document,
    args: &DocumentArgs,
    quiet: bool,
    send: &mut dyn FnMut(Frame),
) -> Result<Status, Failure> {
    let form = form(document, args)?;
    let date = crate::date::resolve(args.date.as_deref())?;
    let plan = plan(&args.path)?;
    let intel = super::intel::open(
        args.intel.as_deref(),
        super::intel::own_advisories(&plan, args.advisories.as_deref())?,
        &date,
    )?;
    let opened = open(&plan)?;
    let exclude = args.output.iter().filter_map(|path| below(path, &plan.root)).collect();
    let options = Options { date, intel, exclude, confinement: opened.confinement.clone(), ..Options::default() };
    let bar = Bar::new(quiet);
    let text = lunette_assess::package_document(&opened.root, &options, form, &bar).map_err(super::assess::failure)?;
    drop(bar);
    send(Frame::Output(0, text.into_bytes()));
    Ok(Status::FINE)
}

fn below(path: &Path, root: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let real = folder.canonicalize().ok()?.join(path.file_name()?);
    Some(real.strip_prefix(root).ok()?.to_string_lossy().into_owned())
}

/// The form, by the output's name.
fn form(document: Document, args: &DocumentArgs) -> Result<PackageDocument, Failure> {
    let name = args.output.as_ref().and_then(|path| path.file_name()).map(|name| name.to_string_lossy().to_lowercase());
    let is = |extension: &str| name.as_deref().is_some_and(|name| name.ends_with(extension));
    let plain = name.is_none() || name.as_deref() == Some("-");
    match document {
        Document::Sbom if plain || is(".cdx.json") => Ok(PackageDocument::Sbom),
        Document::Vex if is(".cdx.json") => Ok(PackageDocument::CycloneDxVex),
        Document::Vex if plain || is(".openvex.json") => Ok(PackageDocument::OpenVex),
        Document::Sbom => Err(Failure::usage("-o names a CycloneDX file: NAME.cdx.json".to_owned())),
        Document::Vex => Err(Failure::usage(
            "-o names an OpenVEX or a CycloneDX file: NAME.openvex.json or NAME.cdx.json".to_owned(),
        )),
    }
}
