//! Progress on standard error: a bar on a terminal, nothing elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};
use lunette_assess::Progress;

/// Shows phases as they pass.
pub(crate) struct Bar {
    bar: Option<Mutex<ProgressBar>>,
}

impl Bar {
    /// A bar on a terminal, unless it should be quiet.
    pub(crate) fn new(quiet: bool) -> Self {
        let shown = !quiet && std::io::stderr().is_terminal();
        Bar { bar: shown.then(|| Mutex::new(ProgressBar::new(0))) }
    }

    fn with(&self, act: impl FnOnce(&ProgressBar)) {
        if let Some(bar) = &self.bar
            && let Ok(bar) = bar.lock()
        {
            act(&bar);
        }
    }
}

impl Progress for Bar {
    fn phase(&self, name: &str, total: usize) {
        self.with(|bar| {
            let template = if total > 0 { "{msg:>12} [{bar:30}] {pos}/{len}" } else { "{msg:>12} {spinner}" };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_length(total as u64);
            bar.set_position(0);
            bar.set_message(name.to_owned());
            bar.tick();
        });
    }

    fn step(&self) {
        self.with(|bar| bar.inc(1));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.with(ProgressBar::finish_and_clear);
    }
}
