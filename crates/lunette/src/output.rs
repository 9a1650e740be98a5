//! What is written, and where. In the parent process only.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// Where and in which form a report goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    /// The file; `None` is standard output.
    pub(crate) path: Option<PathBuf>,
    /// The form.
    pub(crate) format: ReportFormat,
}

/// Forms of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReportFormat {
    Markdown,
    Json,
    Sarif,
}

/// The outputs asked for, checked before any work is done.
///
/// # Errors
/// An unknown extension, a folder that does not exist, a folder given as a file, the same file twice.
pub(crate) fn parse(paths: &[PathBuf]) -> Result<Vec<Output>, Failure> {
    let mut outputs = Vec::new();
    for path in paths {
        let output = parse_one(path)?;
        if outputs.contains(&output) {
            return Err(Failure::usage(format!("-o {} is given twice", path.display())));
        }
        outputs.push(output);
    }
    Ok(outputs)
}

fn parse_one(path: &Path) -> Result<Output, Failure> {
    if path.as_os_str() == "-" {
        return Ok(Output { path: None, format: ReportFormat::Markdown });
    }
    let shown = path.display();
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let format = match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("md" | "markdown") => ReportFormat::Markdown,
        Some("sarif") => ReportFormat::Sarif,
        Some("json") if name.ends_with(".sarif.json") => ReportFormat::Sarif,
        Some("json") => ReportFormat::Json,
        Some("html") => {
            return Err(Failure::usage(format!("-o {shown}: HTML is not in this version; use .md, .json or .sarif")));
        }
        _ => {
            return Err(Failure::usage(format!(
                "-o {shown}: the extension decides the format; use .md, .json or .sarif, or `-` for Markdown on stdout"
            )));
        }
    };
    if path.is_dir() {
        return Err(Failure::usage(format!("-o {shown} is a folder; name a file")));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(Failure::usage(format!("-o {shown}: the folder {} does not exist", folder.display())));
    }
    Ok(Output { path: Some(path.to_owned()), format })
}

/// Writes a report whole or not at all: into a file beside it, then renamed over it.
///
/// # Errors
/// When the system refuses.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::internal(format!("cannot write {}: {error}", path.display()));
    // A device or pipe named as output (`/dev/stdout`, `>(…)`) is written to, not replaced.
    if path.exists() && !path.is_file() {
        return std::fs::write(path, bytes).map_err(failed);
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    let partial = path.with_file_name(name);
    let result = (|| {
        let mut file = std::fs::File::create(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&partial, path)
    })();
    result.map_err(|error| {
        // The half-written file is of no use; that it cannot be removed adds nothing to the error told.
        let _ = std::fs::remove_file(&partial);
        failed(error)
    })
}

/// Writes to standard output; a closed pipe (`| head`) is no error.
///
/// # Errors
/// Any other failure.
pub(crate) fn stdout(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::internal(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_extension_decides() {
        let format = |name: &str| parse_one(Path::new(name)).map(|output| output.format);
        assert_eq!(format("a.md").unwrap(), ReportFormat::Markdown);
        assert_eq!(format("A.JSON").unwrap(), ReportFormat::Json);
        assert_eq!(format("a.sarif").unwrap(), ReportFormat::Sarif);
        assert_eq!(format("a.sarif.json").unwrap(), ReportFormat::Sarif);
        assert_eq!(format("-").unwrap(), ReportFormat::Markdown);
        for bad in ["a", "a.txt", "no/such/folder/a.md", "."] {
            assert_eq!(format(bad).unwrap_err().code, Failure::USAGE, "{bad}");
        }
        assert!(parse(&["a.md".into(), "a.md".into()]).is_err());
    }
}
