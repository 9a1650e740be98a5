//! SET, RESET, and transactions.

use super::{Done, Session};
use crate::parse::Parser;
use crate::parse::lex::Kind;

impl Session {
    pub(crate) fn setting(&mut self, p: &mut Parser<'_>) -> Done {
        if p.eat("reset") {
            if p.eat("all") || p.eat("search_path") {
                self.search_path.clone_from(&self.default_path);
            } else if p.eat("role") || p.eat("session authorization") {
                self.user.clone_from(&self.login);
            }
            p.rest();
            self.refresh_path();
            return Ok(());
        }
        p.expect("set")?;
        p.eat("local");
        if !p.peek("session authorization") {
            p.eat("session");
        }
        if p.eat("role") || p.eat("session authorization") {
            if !p.eat("to") {
                p.eat_sign("=");
            }
            let role = if p.eat("none") || p.eat("default") {
                self.login.clone()
            } else if p.kind_at(0) == Some(Kind::Text) {
                p.string()?
            } else {
                p.name()?
            };
            p.end()?;
            self.role_must_exist(&role)?;
            self.user = role;
            self.refresh_path();
            return Ok(());
        }
        if p.eat("search_path") {
            if !p.eat_sign("=") && !p.eat("to") {
                return p.fault("`=` or TO").map_err(Into::into);
            }
            if p.eat("default") {
                self.search_path.clone_from(&self.default_path);
            } else {
                let schemas = p.list(|p| if p.kind_at(0) == Some(Kind::Text) { p.string() } else { p.name() })?;
                p.end()?;
                self.set_search_path(schemas);
            }
            self.refresh_path();
            return Ok(());
        }
        p.rest();
        Ok(())
    }

    /// `''` is an empty path.
    pub(crate) fn set_search_path(&mut self, schemas: Vec<String>) {
        self.search_path = schemas.into_iter().filter(|schema| !schema.is_empty()).collect();
        self.refresh_path();
    }

    /// BEGIN, SAVEPOINT, ROLLBACK, COMMIT. A catalogue to go back to is kept only where the file goes back.
    pub(crate) fn transaction(&mut self, p: &mut Parser<'_>) -> Done {
        if self.depth > 0 {
            // Within blocks only procedures may end a transaction.
            p.rest();
            return Ok(());
        }
        if p.eat("savepoint") {
            let name = p.name()?;
            if self.may_go_back
                && let Some(catalogue) = self.copy()
            {
                self.snapshots.push((Some(name), catalogue));
            }
        } else if p.eat("rollback to") || p.eat("rollback work to") || p.eat("rollback transaction to") {
            p.eat("savepoint");
            let name = p.name()?;
            if let Some(at) = self.snapshots.iter().rposition(|(own, _)| own.as_ref() == Some(&name)) {
                self.snapshots.truncate(at + 1);
                let catalogue = self.snapshots[at].1.clone();
                self.go_back(catalogue);
            }
        } else if p.eat("rollback") || p.eat("abort") {
            if !self.snapshots.is_empty() {
                let (_, catalogue) = self.snapshots.swap_remove(0);
                self.snapshots.clear();
                self.go_back(catalogue);
            }
        } else if p.eat("begin") || p.eat("start") {
            if self.may_go_back
                && self.snapshots.is_empty()
                && let Some(catalogue) = self.copy()
            {
                self.snapshots.push((None, catalogue));
            }
        } else if p.eat("commit") || p.eat("end") {
            self.snapshots.clear();
        }
        p.rest();
        Ok(())
    }

    /// A copy of the catalogue to go back to; none any more once a replay has copied too much.
    pub(crate) fn copy(&mut self) -> Option<crate::catalogue::Catalogue> {
        let cost = self.catalogue.relations.len() + self.catalogue.functions.len();
        let Some(left) = self.copies.checked_sub(cost) else {
            self.limits.copies.get_or_insert_with(|| self.origin.clone());
            return None;
        };
        self.copies = left;
        Some(self.catalogue.clone())
    }

    fn go_back(&mut self, catalogue: crate::catalogue::Catalogue) {
        self.catalogue = catalogue;
        self.rebuild_index_owners();
        self.refresh_path();
    }
}
