//! The MCP server through which coding agents consult Lunette.
