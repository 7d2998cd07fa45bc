//! Seeded OAuth clients (identity.md 7.5).

use octo_runtime::{Attributes, Record, Value};

use super::seed_id;
use super::upsert::SeedEntity;
use crate::accounts::names::{CLIENT, MODEL};
use crate::auth::{SCOPE_API, SCOPE_READ_ONLY};
use crate::oidc::grant_types;

/// The client of tool-driven log-ins and token exchanges.
pub(super) const MCP_DEVICE_CLIENT: &str = "octo-mcpServices-device";

const STUDIO_URL: &str = "https://localhost:4200";
const DEFAULT_SCOPES: [&str; 4] = ["openid", "profile", "email", "role"];

/// Public base URLs the seeded clients refer to, without trailing slash.
pub(super) struct PublicUrls<'a> {
    pub(super) identity: &'a str,
    pub(super) mcp: &'a str,
}

pub(super) fn clients(urls: &PublicUrls<'_>) -> Vec<SeedEntity> {
    vec![
        client(0x30, "octo-data-refinery-studio", studio()),
        client(
            0x31,
            "octo-cli",
            device(&[SCOPE_API], &[grant_types::DEVICE_CODE]),
        ),
        client(
            0x32,
            // The misspelling is the id under which existing tools know this client.
            "octo-idenityServices-swagger",
            swagger(
                urls.identity,
                "Identity Services Swagger UI",
                &[SCOPE_API, SCOPE_READ_ONLY],
            ),
        ),
        client(
            0x33,
            "octo-mcpServices-swagger",
            swagger(
                urls.mcp,
                "OctoMesh MCP Services Swagger Client",
                &[SCOPE_API],
            ),
        ),
        client(0x34, MCP_DEVICE_CLIENT, mcp_device(urls.mcp)),
        client(0x36, "octo-platformServices-swagger", platform_swagger()),
    ]
}

fn client(suffix: u8, client_id: &str, own: Attributes) -> SeedEntity {
    let mut fixed = Attributes::new()
        .set("ClientId", client_id)
        .set("Enabled", true)
        .set("ProtocolType", "oidc")
        .set("RequireClientSecret", false)
        .set("AutoProvisionInChildTenants", true);
    fixed.extend(own);
    let nothing = || Value::RecordArray(Vec::new());
    let mut initial = Attributes::new()
        .set("ClientSecrets", nothing())
        .set("ClientClaims", nothing())
        .set(
            "IdentityProviderRestrictions",
            Value::StringArray(Vec::new()),
        )
        .set(
            "AllowedIdentityTokenSigningAlgorithms",
            Value::StringArray(Vec::new()),
        );
    for list in [
        "RedirectUris",
        "PostLogoutRedirectUris",
        "AllowedCorsOrigins",
    ] {
        if !fixed.contains(list) {
            initial.insert(list, nothing());
        }
    }
    SeedEntity {
        ck_type: CLIENT,
        rt_id: seed_id(suffix),
        well_known_name: None,
        fixed,
        initial,
    }
}

fn scopes(further: &[&str]) -> Value {
    Value::StringArray(
        DEFAULT_SCOPES
            .iter()
            .chain(further)
            .map(|&scope| scope.to_owned())
            .collect(),
    )
}

fn uris(uris: &[&str]) -> Value {
    let entry = |uri: &&str| {
        Record::of(MODEL, "ClientUriEntry")
            .set("Uri", *uri)
            .set("Source", "base")
    };
    Value::RecordArray(uris.iter().map(entry).collect())
}

fn device(further_scopes: &[&str], grants: &[&str]) -> Attributes {
    Attributes::new()
        .set("AllowedGrantTypes", grants)
        .set("RequirePkce", false)
        .set("AllowOfflineAccess", true)
        .set("AllowedScopes", scopes(further_scopes))
}

fn mcp_device(mcp_url: &str) -> Attributes {
    device(
        &[SCOPE_API, "offline_access"],
        &[grant_types::DEVICE_CODE, grant_types::TOKEN_EXCHANGE],
    )
    .set("ClientName", "OctoMesh MCP Services Device Client")
    .set("ClientUri", mcp_url)
}

fn browser(name: &str, further_scopes: &[&str]) -> Attributes {
    Attributes::new()
        .set("ClientName", name)
        .set("AllowedGrantTypes", [grant_types::AUTHORIZATION_CODE])
        .set("RequirePkce", true)
        .set("AllowAccessTokensViaBrowser", true)
        .set("AlwaysIncludeUserClaimsInIdToken", true)
        .set("AllowedScopes", scopes(further_scopes))
}

fn swagger(url: &str, name: &str, further_scopes: &[&str]) -> Attributes {
    browser(name, further_scopes)
        .set("AllowOfflineAccess", false)
        .set("ClientUri", url)
        .set(
            "RedirectUris",
            uris(&[&format!("{url}/swagger/oauth2-redirect.html")]),
        )
        .set("PostLogoutRedirectUris", uris(&[&format!("{url}/")]))
        .set("AllowedCorsOrigins", uris(&[url]))
}

/// The platform service is not part of this deployment, so its client has no addresses.
fn platform_swagger() -> Attributes {
    browser("OctoMesh Platform Services Swagger Client", &[SCOPE_API])
        .set("AllowOfflineAccess", false)
}

fn studio() -> Attributes {
    let root = format!("{STUDIO_URL}/");
    browser("Data Refinery Studio", &["allowed_tenants", SCOPE_API])
        .set("AllowOfflineAccess", true)
        .set("RequireConsent", false)
        .set("UpdateAccessTokenClaimsOnRefresh", true)
        .set("ClientUri", STUDIO_URL)
        .set(
            "FrontChannelLogoutUri",
            format!("{STUDIO_URL}/logout/callback"),
        )
        .set("FrontChannelLogoutSessionRequired", true)
        .set("RedirectUris", uris(&[&root]))
        .set("PostLogoutRedirectUris", uris(&[&root]))
        .set("AllowedCorsOrigins", uris(&[STUDIO_URL]))
}
