//! Lunette for coding agents: an MCP server over stdio whose tools all read and never write.
//!
//! Every call opens the project anew, its `.claude/rules.md` first, so that what an agent is told is what the project
//! is now. The folder is fixed when the server starts; no argument can widen it. Answers are short and paged, because
//! they are paid for in an agent's context.

mod download;
#[cfg(debug_assertions)]
mod loopback;
pub mod research;
mod server;
mod tools;
mod views;

use lunette_assess::Options;
use lunette_read::Plan;
use rmcp::ServiceExt;

pub use download::Https;
pub use server::Consultant;

/// A server that could not be started or broke off.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ServeError(String);

/// Serves on standard input and output until the client goes.
///
/// `options` are those of every assessment; its request is replaced by each call's.
///
/// # Errors
/// When the transport fails or the client does not speak the protocol.
pub fn serve(plan: Plan, options: Options) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|error| ServeError(format!("cannot start the server: {error}")))?;
    runtime.block_on(run(Consultant::new(plan, options)))
}

async fn run(consultant: Consultant) -> Result<(), ServeError> {
    let failed = |what: &str, error: String| ServeError(format!("{what}: {error}"));
    let service = consultant
        .serve(rmcp::transport::stdio())
        .await
        .map_err(|error| failed("the client did not start a session", error.to_string()))?;
    service.waiting().await.map_err(|error| failed("the session broke off", error.to_string()))?;
    Ok(())
}
