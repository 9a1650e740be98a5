//! A private cluster of Postgres 15 for tests: made, started and removed by `scripts/postgres.sh`.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::PathBuf;
use std::process::Command;

/// A running cluster; stopped and removed when dropped, also by a panic.
pub(crate) struct Cluster {
    dir: tempfile::TempDir,
    /// URL of the database `postgres` for the superuser `postgres`.
    pub(crate) url: String,
}

impl Cluster {
    /// Starts one; nothing, said loudly, where there is no Postgres 15.
    pub(crate) fn start() -> Option<Cluster> {
        Self::start_on(None)
    }

    /// The same, on a TCP port of this machine, too.
    pub(crate) fn start_on(port: Option<u16>) -> Option<Cluster> {
        let dir = tempfile::Builder::new().prefix("lunette-pg").tempdir().expect("a folder for the cluster");
        // As root, the cluster belongs to another user, who has to get through.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711)).expect("permissions");
        }
        let mut start = script();
        start.arg("start").arg(dir.path().join("c"));
        match port {
            Some(port) => start.env("LUNETTE_POSTGRES_PORT", port.to_string()),
            None => start.env_remove("LUNETTE_POSTGRES_PORT"),
        };
        let made = start.output().expect("scripts/postgres.sh");
        if made.status.code() == Some(3) {
            eprintln!("SKIPPED: no Postgres 15 here: {}", String::from_utf8_lossy(&made.stderr).trim());
            assert!(std::env::var_os("LUNETTE_REQUIRE_POSTGRES").is_none(), "LUNETTE_REQUIRE_POSTGRES is set");
            return None;
        }
        assert!(made.status.success(), "scripts/postgres.sh: {}", String::from_utf8_lossy(&made.stderr));
        let url = String::from_utf8(made.stdout).expect("UTF-8").trim().to_owned();
        Some(Cluster { dir, url })
    }

    /// A connection to the database `postgres` as the superuser.
    pub(crate) fn connect(&self) -> postgres::Client {
        postgres::Client::connect(&self.url, postgres::NoTls).expect("a connection")
    }

    /// The folder of the socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("c")
    }

    /// URL of the cluster for a user, with whatever stands after the `?`.
    pub(crate) fn url_for(&self, user: &str, database: &str, more: &str) -> String {
        format!("postgresql://{user}@localhost/{database}?host={}{more}", self.socket().display())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = script().arg("stop").arg(self.socket()).output();
    }
}

fn script() -> Command {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    Command::new(root.join("scripts/postgres.sh"))
}
