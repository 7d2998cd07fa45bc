//! The whole server over real sockets, with the embedded platform behind it.
//!
//! Each test starts its own server on free ports in a temporary folder and talks to it as clients
//! do: MCP over HTTP, the login pages over HTTP.

#![expect(unreachable_pub, reason = "modules of one test binary")]
#![expect(clippy::unwrap_used, reason = "a test fails by panic")]

mod admin_provisioning;
mod aggregation;
mod api_access;
mod app;
mod archive_paths;
mod association_attributes;
mod association_tools;
mod bad_input;
mod binaries;
#[allow(dead_code, reason = "the helpers serve several test programs")]
mod browser;
mod certificates;
mod client;
mod completion;
mod confirm;
mod conflicts;
mod contract;
mod created;
mod edge;
mod email_rules;
mod entities;
mod entity_associations;
mod entity_bulk;
mod files;
mod garden;
mod gate;
mod groups;
mod identity_gates;
mod identity_list;
mod identity_providers;
mod issued;
mod knowledge;
mod linked_figures;
mod links;
mod matrix;
mod metadata;
mod models;
mod navigate;
mod navigation_columns;
mod oauth_clients;
mod oauth_login;
mod overtaken;
mod persisted_queries;
mod protocol;
mod provider;
mod queries;
mod relay;
mod resources;
mod roles;
mod services;
mod session;
mod tenants;
mod tokens;
mod town;
mod trees;
mod types;
mod user_mappings;
mod users;
mod users_list;
mod vectors;
mod wire;
