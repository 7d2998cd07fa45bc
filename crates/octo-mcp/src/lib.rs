//! Model Context Protocol server of OctoMesh.
//!
//! An assistant connects over HTTP, signs its user in and administers OctoMesh tenants with the
//! tools of this crate. The way of a call:
//!
//! ```text
//! transport  → who is calling, which tenant the address names, whose session
//! handler    → the MCP protocol, both generations (`rmcp`)
//! pipeline   → arguments, authority, confirmation, limits, envelope, statistics: once, for all
//! tools      → one file per toolset; a tool holds only its own work
//! resources  → documents about a tenant, through the same gate
//! ```
//!
//! [`server::Server::start`] puts the parts together for either deployment; [`deployment`] is the
//! only module that knows the embedded platform.

pub mod arguments;
pub mod auth;
pub mod call;
pub mod catalogue;
pub mod completion;
pub mod config;
pub mod confirm;
pub mod data_folder;
pub mod deployment;
pub mod derived;
pub mod guide;
pub mod handler;
pub mod pipeline;
pub mod reply;
pub mod resources;
pub mod schema;
pub mod server;
pub mod services;
pub mod statistics;
pub mod tool;
pub mod tools;
pub mod transfer;
pub mod transport;

pub use config::{Config, ConfigError};
pub use server::{Server, StartError};
