//! The sample's database: one table that is open, one that is not, a function and a bucket.

use lunette_core::access::{AccessMatrix, AccessRow, Command, ObjectAccess, ObjectKind, Reach};
use lunette_core::place::Place;

const MIGRATION: &str = "supabase/migrations/20260301_invoices.sql";

pub(super) fn access() -> AccessMatrix {
    let row = |role: &str, command: Command, reach: Reach, why: &str, line: u32| AccessRow {
        role: role.to_owned(),
        command,
        reach,
        because: vec![why.to_owned()],
        steps: vec![Place::line(MIGRATION, line)],
    };
    let object = |kind: ObjectKind, name: &str, line: u32, rows: Vec<AccessRow>| ObjectAccess {
        kind,
        name: name.to_owned(),
        place: (line > 0).then(|| Place::line(MIGRATION, line)),
        rows,
    };
    let all = |role: &str, reach: Reach, why: &str, line: u32| {
        Command::ROWS.map(|command| row(role, command, reach, why, line)).to_vec()
    };
    AccessMatrix {
        objects: vec![
            object(
                ObjectKind::Table,
                "public.invoices",
                3,
                [
                    all("anon", Reach::AllRows, "granted by default; row level security is off", 3),
                    all("authenticated", Reach::AllRows, "granted by default; row level security is off", 3),
                    all("service_role", Reach::AllRows, "passes row level security", 3),
                ]
                .concat(),
            ),
            object(
                ObjectKind::Table,
                "public.orders",
                20,
                [
                    all("anon", Reach::Denied, "no policy for the role", 31),
                    all("authenticated", Reach::OwnRows, "policy `own orders`: user_id = auth.uid()", 32),
                ]
                .concat(),
            ),
            object(
                ObjectKind::Function,
                "public.close_order(uuid)",
                44,
                vec![
                    row("anon", Command::Execute, Reach::Callable, "PUBLIC may execute", 44),
                    row("authenticated", Command::Execute, Reach::Callable, "PUBLIC may execute", 44),
                ],
            ),
            object(ObjectKind::Bucket, "receipts", 0, all("authenticated", Reach::Unknown, "policy `by folder`", 60)),
        ],
        assumptions: vec!["Tables made without a GRANT are taken to get Supabase's default privileges.".to_owned()],
    }
}
