//! A stored client as DTO.

use octo_runtime::Entity;
use octo_sdk::identity::ClientDto;

/// A stored client on the wire. Its secrets stay where they are.
pub(super) fn of_entity(client: &Entity) -> ClientDto {
    let attributes = &client.attributes;
    let text = |name: &str| attributes.str(name).map(str::to_owned);
    let flag = |name: &str| Some(attributes.bool(name).unwrap_or(false));
    let texts = |name: &str| Some(attributes.strings(name).to_vec());
    ClientDto {
        rt_id: Some(client.rt_id.to_string()),
        is_enabled: flag("Enabled"),
        client_id: text("ClientId"),
        client_secret: None,
        require_client_secret: flag("RequireClientSecret"),
        client_name: text("ClientName"),
        client_uri: text("ClientUri"),
        allowed_grant_types: texts("AllowedGrantTypes"),
        redirect_uris: Some(uris(client, "RedirectUris")),
        post_logout_redirect_uris: Some(uris(client, "PostLogoutRedirectUris")),
        allowed_cors_origins: Some(uris(client, "AllowedCorsOrigins")),
        allowed_scopes: texts("AllowedScopes"),
        is_offline_access_enabled: flag("AllowOfflineAccess"),
        front_channel_logout_uri: text("FrontChannelLogoutUri"),
        front_channel_logout_session_required: flag("FrontChannelLogoutSessionRequired"),
        back_channel_logout_uri: text("BackChannelLogoutUri"),
        back_channel_logout_session_required: flag("BackChannelLogoutSessionRequired"),
        auto_provision_in_child_tenants: flag("AutoProvisionInChildTenants"),
        provisioned_by_parent_tenant_id: text("ProvisionedByParentTenantId"),
        dynamic_registration: flag("DynamicRegistration"),
        dynamic_registration_expires_at: attributes.timestamp("DynamicRegistrationExpiresAt"),
    }
}

fn uris(client: &Entity, list: &str) -> Vec<String> {
    let entries = client.attributes.records(list).iter();
    entries
        .filter_map(|entry| entry.attributes.str("Uri"))
        .map(str::to_owned)
        .collect()
}
