//! The REST services of the platform, called over real sockets with tokens of the real issuer.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod access;
mod clients;
mod import;
mod jobs;
mod mirrors;
mod platform;
mod provisioning;
mod resources;
mod roles;
mod secrets;
mod tenants;
mod users;
