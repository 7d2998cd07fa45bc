//! Seeded identity resources, API scopes and API resources (identity.md 7.2–7.4).

use octo_runtime::{Attributes, Value};

use super::seed_id;
use super::upsert::SeedEntity;
use crate::accounts::names::{API_RESOURCE, API_SCOPE, IDENTITY_RESOURCE};
use crate::auth::{API_AUDIENCE, SCOPE_API, SCOPE_DATA_MODEL, SCOPE_READ_ONLY};

const PROFILE_CLAIMS: [&str; 14] = [
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
];

pub(super) fn resources(mcp_public_url: &str) -> Vec<SeedEntity> {
    vec![
        identity(0x0f, "openid", "Your user identifier", &["sub"]),
        identity(0x10, "profile", "User profile", &PROFILE_CLAIMS),
        identity(
            0x11,
            "email",
            "Your email address",
            &["email", "email_verified"],
        ),
        identity(0x12, "role", "Roles", &["role"]),
        identity(
            0x13,
            "allowed_tenants",
            "Allowed Tenants",
            &["allowed_tenants"],
        ),
        scope(0x14, SCOPE_API, "Full access to all Octo platform APIs"),
        scope(
            0x15,
            SCOPE_READ_ONLY,
            "Read-only access to all Octo platform APIs",
        ),
        scope(
            0x16,
            SCOPE_DATA_MODEL,
            "Manage construction kit data models",
        ),
        api(
            0x20,
            API_AUDIENCE,
            "Octo API",
            "octoApi",
            "Audience of the platform services.",
        ),
        api(
            0x21,
            &format!("{mcp_public_url}/"),
            "Octo MCP API",
            "mcpApi",
            "Resource indicator of the Model Context Protocol server.",
        ),
    ]
}

fn named(name: &str, display_name: &str, claims: &[&str]) -> Attributes {
    Attributes::new()
        .set("Name", name)
        .set("DisplayName", display_name)
        .set("Enabled", true)
        .set("ShowInDiscoveryDocument", true)
        .set("Claims", claims)
}

fn identity(suffix: u8, name: &str, display_name: &str, claims: &[&str]) -> SeedEntity {
    SeedEntity {
        ck_type: IDENTITY_RESOURCE,
        rt_id: seed_id(suffix),
        well_known_name: Some(name.to_owned()),
        fixed: named(name, display_name, claims)
            .set("IsRequired", name == "openid")
            .set("IsEmphasized", false),
        initial: Attributes::new(),
    }
}

fn scope(suffix: u8, name: &str, display_name: &str) -> SeedEntity {
    SeedEntity {
        ck_type: API_SCOPE,
        rt_id: seed_id(suffix),
        well_known_name: Some(name.to_owned()),
        fixed: named(name, display_name, &[])
            .set("IsRequired", false)
            .set("IsEmphasized", false),
        initial: Attributes::new(),
    }
}

fn api(
    suffix: u8,
    name: &str,
    display_name: &str,
    well_known_name: &str,
    description: &str,
) -> SeedEntity {
    SeedEntity {
        ck_type: API_RESOURCE,
        rt_id: seed_id(suffix),
        well_known_name: Some(well_known_name.to_owned()),
        fixed: named(name, display_name, &["role"])
            .set("Description", description)
            .set("RequireResourceIndicator", false)
            .set("Scopes", [SCOPE_API, SCOPE_READ_ONLY, SCOPE_DATA_MODEL]),
        initial: Attributes::new()
            .set("ApiSecrets", Value::RecordArray(Vec::new()))
            .set(
                "AllowedAccessTokenSigningAlgorithms",
                Value::StringArray(Vec::new()),
            ),
    }
}
