//! The REST services of the platform, called over real sockets with tokens of the real issuer.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod access;
mod clients;
mod email_rules;
mod fresh;
mod groups;
mod holders;
mod import;
mod jobs;
mod mirrors;
mod platform;
mod providers;
mod provisioning;
mod reach;
mod reach_elsewhere;
mod resources;
mod roles;
mod secrets;
mod setup;
mod shadows;
mod tenants;
mod unread;
mod user_mappings;
mod users;
mod users_more;
