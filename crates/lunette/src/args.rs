//! Arguments.
#![allow(clippy::doc_markdown, reason = "what stands here is printed by --help, without markup")]

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use lunette_core::finding::Confidence;
use lunette_core::risk::Severity;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  lunette assess                          assess the current folder, a short summary on the terminal
  lunette assess api -o ../report.md      write the whole report (also .json, .sarif)
  lunette assess --fail-on high           for CI: exit code 1 when something High or Critical is found
  lunette assess --request \"We need SOC 2 by March; is session handling sound?\"
  lunette routes --format json            every route with its guards and inputs
  lunette rls                             who reaches which table, as the migrations leave it
  lunette sbom -o app.cdx.json            a bill of materials
  lunette explain py-weak-hash            what a rule looks for, why, and how to fix it

Exit codes:
  0  fine
  1  findings at or above --fail-on
  2  wrong usage or configuration
  3  the assessment is incomplete: something that should have been looked at was not

Lunette reads and advises. It never changes, runs or installs anything of the project.";

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "lunette",
    version,
    about = "Backend security specialist: reads a backend project and writes a Backend Security Assessment Report",
    after_help = EXAMPLES,
    styles = STYLES,
    max_term_width = 110
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// When to use colours; `NO_COLOR` and `CLICOLOR_FORCE` are honoured
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto)]
    pub(crate) color: ColorChoice,

    /// No progress on stderr
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Assess a project and write the report
    Assess(AssessArgs),
    /// List the routes of a project: method, path, handler, guards, inputs
    Routes(ViewArgs),
    /// Show what the project is: size, scope, complexity, context, stage, technologies
    Profile(ViewArgs),
    /// Show who reaches what in the database: role by command, as the migrations leave it
    Rls(ViewArgs),
    /// Compare a running database with what the migrations leave; exit code 1 when they differ
    Drift(DriftArgs),
    /// Write a bill of materials (CycloneDX 1.6)
    Sbom(DocumentArgs),
    /// Write what the known weaknesses of packages mean for the project (VEX)
    Vex(DocumentArgs),
    /// Keep, show and question the snapshot of advisories on this machine
    Intel {
        #[command(subcommand)]
        command: IntelCommand,
    },
    /// List the rules
    Rules(RulesArgs),
    /// Explain a rule: what it finds, why it matters, how to fix it, with examples
    Explain {
        /// The rule's id, as in findings and in `lunette rules`
        rule: String,
    },
    /// Serve coding agents over MCP (stdio); read-only
    Mcp {
        /// The only folder that the server reads
        #[arg(long, default_value = ".")]
        root: PathBuf,
        /// The date of assessments (default: today, UTC)
        #[arg(long, value_name = "YYYY-MM-DD")]
        date: Option<String>,
    },
    /// Check model files of your own
    Models {
        #[command(subcommand)]
        command: CheckCommand,
    },
    /// Print shell completions
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
    /// Show what the kernel refuses to the part of Lunette that reads projects
    Probe {
        /// A folder to be confined to
        #[arg(default_value = ".")]
        path: PathBuf,
    },
}

/// What to do with the snapshot.
#[derive(Debug, Subcommand)]
pub(crate) enum IntelCommand {
    /// Download OSV's advisories for npm and PyPI, CISA KEV and EPSS, and make a snapshot of them
    Update {
        /// Take the same files from a folder instead: npm/all.zip, PyPI/all.zip, known_exploited_vulnerabilities.json,
        /// epss_scores-*.csv.gz
        #[arg(long, value_name = "DIR")]
        from: Option<PathBuf>,
    },
    /// Say what the snapshot holds and how old it is
    Status,
    /// Validate advisories of your own (YAML) and say what is wrong, with line numbers
    Check {
        /// The folder
        folder: PathBuf,
    },
    /// Show what is known of an advisory or a package
    Show {
        /// CVE-…, GHSA-…, PYSEC-…, or a package URL (pkg:npm/lodash@4.17.20)
        what: String,
    },
}

/// What to do with files of one's own.
#[derive(Debug, Subcommand)]
pub(crate) enum CheckCommand {
    /// Validate every file of a folder and say what is wrong, with line numbers
    Check {
        /// The folder
        folder: PathBuf,
    },
}

/// Arguments of `assess`.
#[derive(Debug, Args)]
pub(crate) struct AssessArgs {
    /// The project's folder
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,

    /// Write the report; the format follows the extension (.md, .json, .sarif); `-` is Markdown on stdout.
    /// May be repeated
    #[arg(short, long = "output", value_name = "FILE")]
    pub(crate) outputs: Vec<PathBuf>,

    /// Exit with 1 when a finding is at or above this level
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = Level::None)]
    pub(crate) fail_on: Level,

    /// Leave out findings that are less sure than this
    #[arg(long, value_name = "LEVEL", value_enum)]
    pub(crate) min_confidence: Option<Sure>,

    /// Findings in this earlier report (.json or .sarif) do not count for --fail-on and are marked as known
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,

    /// Folder with an intelligence snapshot (advisories, KEV, EPSS)
    #[arg(long, value_name = "DIR")]
    pub(crate) intel: Option<PathBuf>,

    /// Folder with advisories of your own (YAML), added to the public ones
    #[arg(long, value_name = "DIR")]
    pub(crate) advisories: Option<PathBuf>,

    /// A running database to judge instead of what the migrations leave, read in one read-only transaction:
    /// postgresql://user:password@host/name
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,

    /// The date of the assessment (default: today, UTC)
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) date: Option<String>,

    /// What you want to know, in your words; decides kind and emphasis of the assessment
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) request: String,

    /// The kind of assessment, when the request should not decide it
    #[arg(long, value_enum)]
    pub(crate) kind: Option<Kind>,

    /// Never use the network (the default)
    #[arg(long, conflicts_with = "online")]
    pub(crate) offline: bool,

    /// Research advisories, fixed versions and runtimes on the web. Only public facts are sent: ids of advisories, names
    /// and versions that public advisories name, release lines. The project's rules may forbid it. A search provider is
    /// described in research.toml in your configuration folder (or LUNETTE_RESEARCH)
    #[arg(long)]
    pub(crate) online: bool,

    /// Folder with rules of your own, added to the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Option<PathBuf>,

    /// Folder with models of your own, added to the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(crate) models: Option<PathBuf>,

    /// Threads to use; the result is the same with any number
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

/// Arguments of `drift`.
#[derive(Debug, Args)]
pub(crate) struct DriftArgs {
    /// The project's folder
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// The running database, read in one read-only transaction: postgresql://user:password@host/name
    #[arg(long, value_name = "URL")]
    pub(crate) database: String,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// Arguments of `sbom` and `vex`.
#[derive(Debug, Args)]
pub(crate) struct DocumentArgs {
    /// The project's folder
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// Write to this file (.cdx.json; for VEX also .openvex.json) instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Folder with an intelligence snapshot (default: the user's own)
    #[arg(long, value_name = "DIR")]
    pub(crate) intel: Option<PathBuf>,
    /// Folder with advisories of your own (YAML), added to the public ones
    #[arg(long, value_name = "DIR")]
    pub(crate) advisories: Option<PathBuf>,
    /// The date of the document (default: today, UTC)
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) date: Option<String>,
}

/// Arguments of `routes`, `profile` and `rls`.
#[derive(Debug, Args)]
pub(crate) struct ViewArgs {
    /// The project's folder
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Folder with models of your own, added to the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(crate) models: Option<PathBuf>,
}

/// Arguments of `rules`.
#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Check the rule files of a folder of your own instead of listing
    #[arg(long, value_name = "DIR")]
    pub(crate) check: Option<PathBuf>,
}

/// A severity, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    Critical,
    High,
    Medium,
    Low,
    None,
}

impl Level {
    /// The severity it stands for.
    pub(crate) fn severity(self) -> Option<Severity> {
        match self {
            Self::Critical => Some(Severity::Critical),
            Self::High => Some(Severity::High),
            Self::Medium => Some(Severity::Medium),
            Self::Low => Some(Severity::Low),
            Self::None => None,
        }
    }
}

/// A confidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sure {
    Tentative,
    Firm,
    Confirmed,
}

impl From<Sure> for Confidence {
    fn from(sure: Sure) -> Self {
        match sure {
            Sure::Tentative => Self::Tentative,
            Sure::Firm => Self::Firm,
            Sure::Confirmed => Self::Confirmed,
        }
    }
}

/// A form of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

/// A kind of assessment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Vulnerability,
    SecureCoding,
    Architecture,
    Compliance,
    IncidentResponse,
}

impl From<Kind> for lunette_core::assessment::AssessmentKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Vulnerability => Self::Vulnerability,
            Kind::SecureCoding => Self::SecureCoding,
            Kind::Architecture => Self::Architecture,
            Kind::Compliance => Self::Compliance,
            Kind::IncidentResponse => Self::IncidentResponse,
        }
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    Auto,
    Always,
    Never,
}

impl From<ColorChoice> for anstream::ColorChoice {
    fn from(choice: ColorChoice) -> Self {
        match choice {
            ColorChoice::Auto => Self::Auto,
            ColorChoice::Always => Self::Always,
            ColorChoice::Never => Self::Never,
        }
    }
}
