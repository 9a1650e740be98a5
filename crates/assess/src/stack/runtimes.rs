//! Small files that state a runtime's version.

use lunette_core::place::Place;

use super::packages::Packages;

/// Reads `.nvmrc`, `.node-version`, `.python-version`, `runtime.txt` and `.tool-versions`; other files say nothing.
pub(super) fn read(out: &mut Packages, path: &str, text: &str) {
    let lines = text.lines().enumerate().map(|(index, line)| (Place::line(path, index as u32 + 1), line.trim()));
    let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    match path.rsplit('/').next().unwrap_or(path) {
        ".nvmrc" | ".node-version" => {
            if let Some((place, line)) = lines.next() {
                out.runtime("Node.js", Some(line.trim_start_matches('v')), place);
            }
        }
        ".python-version" => {
            if let Some((place, line)) = lines.next() {
                out.runtime("Python", Some(line), place);
            }
        }
        "runtime.txt" => {
            if let Some((place, version)) = lines.find_map(|(place, line)| Some((place, line.strip_prefix("python-")?)))
            {
                out.runtime("Python", Some(version), place);
            }
        }
        ".tool-versions" => {
            for (place, line) in lines {
                let mut words = line.split_whitespace();
                match words.next() {
                    Some("nodejs" | "node") => out.runtime("Node.js", words.next(), place),
                    Some("python") => out.runtime("Python", words.next(), place),
                    Some("deno") => out.runtime("Deno", words.next(), place),
                    Some("bun") => out.runtime("Bun", words.next(), place),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}
