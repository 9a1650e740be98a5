//! The last look at a question before anything leaves the machine.
//!
//! Questions come from the process that read the project, and that project may be hostile. So nothing is believed: an id, a
//! package and a version are sent only when public advisories (the snapshot, or those that ship with Lunette) name them,
//! a product only when it is on a fixed list. What a project calls its own cannot pass, whatever the other process says.

use lunette_core::research::Ask;
use lunette_intel::advisory::End;
use lunette_intel::index::{Entry, IndexError};
use lunette_intel::matching::{Knowledge, Shown};

/// Products whose calendars are asked for.
const PRODUCTS: [&str; 6] = ["nodejs", "python", "postgresql", "redis", "nginx", "mysql"];
/// CVEs of one advisory that are asked about.
const MAX_CVES: usize = 2;

/// A question that holds public facts only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Public {
    /// An advisory, its CVEs, and the packages that it names.
    Advisory { id: String, cves: Vec<String>, packages: Vec<String> },
    /// A version of a package that a public advisory calls fixed.
    Version { npm: bool, package: String, version: String },
    /// A release line.
    Release { product: String, release: String },
}

/// The question, when all of it is public; `None` is not sent.
///
/// # Errors
/// When the snapshot cannot be read.
pub(super) fn public(ask: &Ask, known: &Knowledge) -> Result<Option<Public>, IndexError> {
    match ask {
        Ask::Advisory { id } => advisory(id, known),
        Ask::Version { ecosystem, package, version } => published(ecosystem, package, version, known),
        Ask::Release { product, release } => {
            let line = release.len() <= 7 && release.split('.').count() <= 2;
            let line = line
                && release
                    .split('.')
                    .all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()));
            let known = PRODUCTS.contains(&product.as_str());
            Ok((line && known).then(|| Public::Release { product: product.clone(), release: release.clone() }))
        }
    }
}

fn advisory(id: &str, known: &Knowledge) -> Result<Option<Public>, IndexError> {
    let plain = |id: &str| id.len() <= 40 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !plain(id) {
        return Ok(None);
    }
    let Shown::Id { advisories, .. } = known.show(id)? else { return Ok(None) };
    // What is sent is written as the public record writes it, not as the project's process did.
    let same = |one: &&String| one.eq_ignore_ascii_case(id);
    let Some(own) = advisories
        .iter()
        .find_map(|detail| std::iter::once(&detail.record.id).chain(&detail.record.aliases).find(same))
    else {
        return Ok(None);
    };
    let mut cves: Vec<String> = Vec::new();
    let mut packages: Vec<String> = Vec::new();
    for detail in &advisories {
        let ids = std::iter::once(&detail.record.id).chain(&detail.record.aliases);
        cves.extend(ids.filter(|id| id.starts_with("CVE-") && plain(id)).cloned());
        packages.extend(detail.packages.iter().map(|(_, name, _)| name.clone()));
    }
    cves.sort();
    cves.dedup();
    // One that was asked for by its CVE is about that CVE.
    if own.starts_with("CVE-") {
        cves = vec![own.clone()];
    }
    cves.truncate(MAX_CVES);
    packages.sort();
    packages.dedup();
    Ok(Some(Public::Advisory { id: own.clone(), cves, packages }))
}

fn published(ecosystem: &str, package: &str, version: &str, known: &Knowledge) -> Result<Option<Public>, IndexError> {
    let (npm, kind) = match ecosystem {
        "npm" => (true, "npm"),
        "PyPI" => (false, "pypi"),
        _ => return Ok(None),
    };
    let name = |byte: u8| byte.is_ascii_alphanumeric() || b"@/._-".contains(&byte);
    if package.len() > 214 || version.len() > 40 || !package.bytes().all(name) {
        return Ok(None);
    }
    let Shown::Package(shown) = known.show(&format!("pkg:{kind}/{}", package.replace('@', "%40")))? else {
        return Ok(None);
    };
    let fixes = |entry: &Entry| entry.intervals.iter().any(|interval| interval.end == End::Fixed(version.to_owned()));
    let told = shown.advisories.iter().flat_map(|detail| &detail.packages).any(|(_, _, entry)| fixes(entry));
    Ok(told.then(|| Public::Version { npm, package: shown.name, version: version.to_owned() }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_what_public_advisories_name_passes() {
        let known = Knowledge::default();
        let version = |package: &str, version: &str| Ask::Version {
            ecosystem: "npm".into(),
            package: package.into(),
            version: version.into(),
        };
        let advisory = |id: &str| Ask::Advisory { id: id.into() };
        let release = |product: &str, release: &str| Ask::Release { product: product.into(), release: release.into() };
        let passes = |ask: &Ask| public(ask, &known).unwrap();
        // Advisories that ship with Lunette.
        let shipped = passes(&advisory("ghsa-35jh-r3h4-6jhm")).unwrap();
        assert!(
            matches!(&shipped, Public::Advisory { id, cves, packages } if id == "GHSA-35jh-r3h4-6jhm" && cves == &["CVE-2021-23337"] && packages.contains(&"lodash".to_owned())),
            "{shipped:?}"
        );
        assert!(passes(&version("lodash", "4.17.21")).is_some());
        assert!(passes(&release("nodejs", "18")).is_some() && passes(&release("python", "3.9")).is_some());
        for private in [
            advisory("GHSA-aaaa-bbbb-cccc"),
            advisory("CVE-2026-secret"),
            advisory("AKIAIOSFODNN7EXAMPLE"),
            advisory("../../../etc/passwd"),
            advisory(""),
            version("@acme/billing", "1.0.0"),
            version("acme-internal", "4.17.21"),
            // Public packages, with a version of the project's own choosing.
            version("lodash", "4.17.21-acme.7"),
            version("lodash", "hunter2"),
            version("lodash?q=secret", "4.17.21"),
            version("lodash@1.0.0", "4.17.21-x"),
            Ask::Version { ecosystem: "acme".into(), package: "lodash".into(), version: "4.17.21".into() },
            release("acme-platform", "18"),
            release("nodejs", "secret"),
            release("nodejs", "1.2.3"),
            release("nodejs", ""),
            release("nodejs", "12345"),
        ] {
            assert_eq!(passes(&private), None, "{private:?}");
        }
    }
}
