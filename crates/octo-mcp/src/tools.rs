//! The tools, one file per toolset.

pub mod admin_provisioning;
pub mod echo;
pub mod email_rules;
pub mod entities;
pub mod files;
pub mod groups;
mod identity_names;
pub mod metadata;
pub mod models;
pub mod roles;
pub mod session;
pub mod tenants;
pub mod types;
pub mod user_mappings;
pub mod users;

use crate::tool::Toolset;

/// All toolsets of the server.
pub fn toolsets() -> Vec<Toolset> {
    vec![
        session::authentication(),
        session::identity(),
        session::tenant_switch(),
        tenants::toolset(),
        users::toolset(),
        roles::toolset(),
        groups::toolset(),
        email_rules::toolset(),
        user_mappings::toolset(),
        admin_provisioning::toolset(),
        types::toolset(),
        entities::toolset(),
        models::toolset(),
        files::toolset(),
        metadata::toolset(),
        echo::toolset(),
    ]
}
