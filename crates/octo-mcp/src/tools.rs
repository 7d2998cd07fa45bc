//! The tools, one file per toolset.

pub mod admin_provisioning;
pub mod aggregation;
pub mod api_resources;
pub mod api_scopes;
pub mod api_secrets;
mod attempts;
pub mod clients;
pub mod echo;
pub mod email_rules;
pub mod entities;
pub mod files;
pub mod groups;
mod identity_names;
pub mod identity_providers;
pub mod metadata;
pub mod models;
pub mod overlays;
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
        clients::toolset(),
        overlays::toolset(),
        identity_providers::toolset(),
        api_resources::toolset(),
        api_scopes::toolset(),
        api_secrets::toolset(),
        email_rules::toolset(),
        user_mappings::toolset(),
        admin_provisioning::toolset(),
        types::toolset(),
        entities::toolset(),
        aggregation::toolset(),
        models::toolset(),
        files::toolset(),
        metadata::toolset(),
        echo::toolset(),
    ]
}
