//! The whole server over real sockets, with the embedded platform behind it.
//!
//! Each test starts its own server on free ports in a temporary folder and talks to it as clients
//! do: MCP over HTTP, the login pages over HTTP.

#![expect(unreachable_pub, reason = "modules of one test binary")]

mod app;
mod archive_paths;
mod browser;
mod client;
mod completion;
mod contract;
mod entities;
mod files;
mod gate;
mod knowledge;
mod matrix;
mod metadata;
mod models;
mod resources;
mod roles;
mod session;
mod tenants;
mod tokens;
mod types;
mod users;
