//! REST service of identities: users, roles, groups and people of other tenants; OAuth clients, API
//! resources and scopes, and secrets.
//!
//! Routes and answers are those of identity.md 4 to 6, with what section 9 asks to be improved:
//! users are found by name, e-mail address or id everywhere, changing anything needs a role, and
//! administrators are provisioned downwards only.

mod api_resources;
mod api_scopes;
mod clients;
mod email_rules;
mod groups;
mod lookup;
mod neighbours;
mod providers;
mod provisioning;
mod reach;
mod resources;
mod roles;
mod secrets;
mod setup;
mod user_mappings;
mod users;

use axum::Router;
use axum::routing::{delete, get, patch, post, put};

use crate::rest::versioned;
use crate::state::PlatformState;

/// The routes of this service.
pub fn router(state: PlatformState) -> Router {
    versioned("/{tenantId}", routes())
        .route("/{tenantId}/api/setup/status", get(setup::status))
        .route(
            "/{tenantId}/api/setup/create-admin",
            post(setup::create_admin),
        )
        .with_state(state)
}

fn routes() -> Router<PlatformState> {
    user_routes()
        .merge(group_routes())
        .merge(client_routes())
        .merge(api_routes())
        .merge(mapping_routes())
        .merge(provider_routes())
        .merge(provisioning_routes())
        .route(
            "/tools/generatePassword",
            get(neighbours::generate_password),
        )
        .route("/diagnostics", get(neighbours::diagnostics))
        .route("/setup", post(setup::setup))
}

fn group_routes() -> Router<PlatformState> {
    Router::new()
        .route("/groups", get(groups::list).post(groups::create))
        .route("/groups/GetPaged", get(groups::page))
        .route("/groups/names/{name}", get(groups::read_named))
        .route(
            "/groups/{id}",
            get(groups::read).put(groups::update).delete(groups::delete),
        )
        .route(
            "/groups/{id}/roles",
            get(groups::roles::list).put(groups::roles::replace),
        )
        .route("/groups/{id}/members/users", get(groups::members::users))
        .route(
            "/groups/{id}/members/users/{member}",
            put(groups::members::add_user).delete(groups::members::remove_user),
        )
        .route(
            "/groups/{id}/members/clients",
            get(groups::members::clients),
        )
        .route(
            "/groups/{id}/members/clients/{member}",
            put(groups::members::add_client).delete(groups::members::remove_client),
        )
        .route("/groups/{id}/members/groups", get(groups::nesting::list))
        .route(
            "/groups/{id}/members/groups/{member}",
            put(groups::nesting::add).delete(groups::nesting::remove),
        )
}

fn user_routes() -> Router<PlatformState> {
    Router::new()
        .route("/users", get(users::list).post(users::create))
        .route("/users/GetPaged", get(users::page))
        .route("/users/ResetPassword", post(users::password::reset))
        .route(
            "/users/{user}",
            get(users::read).put(users::update).delete(users::delete),
        )
        .route(
            "/users/{user}/roles",
            get(users::assignments::effective).put(users::assignments::replace),
        )
        .route("/users/{user}/merge", post(users::merge::merge))
        .route("/users/{user}/directRoles", get(users::assignments::direct))
        .route(
            "/users/{user}/roles/{role}",
            put(users::assignments::add).delete(users::assignments::remove),
        )
        .route("/roles", get(roles::list).post(roles::create))
        .route("/roles/GetPaged", get(roles::page))
        .route("/roles/names/{role}", get(roles::read))
        .route("/roles/{role}", put(roles::rename).delete(roles::delete))
}

fn mapping_routes() -> Router<PlatformState> {
    Router::new()
        .route(
            "/emailDomainGroupRules",
            get(email_rules::list).post(email_rules::create),
        )
        .route(
            "/emailDomainGroupRules/{id}",
            get(email_rules::read)
                .put(email_rules::update)
                .delete(email_rules::delete),
        )
        .route(
            "/externalTenantUserMappings",
            get(user_mappings::list).post(user_mappings::create),
        )
        .route(
            "/externalTenantUserMappings/{id}",
            get(user_mappings::read)
                .put(user_mappings::update)
                .delete(user_mappings::delete),
        )
}

fn provider_routes() -> Router<PlatformState> {
    Router::new()
        .route(
            "/identityProviders",
            get(providers::list).post(providers::create),
        )
        .route(
            "/identityProviders/{id}",
            get(providers::read)
                .put(providers::update)
                .delete(providers::delete),
        )
}

fn client_routes() -> Router<PlatformState> {
    Router::new()
        .route("/clients", get(clients::list).post(clients::create))
        .route("/clients/GetPaged", get(clients::page))
        .route(
            "/clients/cleanOverlayEntries",
            delete(clients::overlays::clean),
        )
        .route(
            "/clients/{client}",
            get(clients::read)
                .put(clients::update)
                .delete(clients::delete),
        )
        .route(
            "/clients/{client}/roles",
            get(clients::roles::list).put(clients::roles::replace),
        )
        .route(
            "/clients/{client}/roles/{role}",
            put(clients::roles::add).delete(clients::roles::remove),
        )
        .route(
            "/clients/{client}/overlayUris",
            post(clients::overlays::apply),
        )
        .route("/clients/{client}/mirrors", get(clients::mirrors::list))
        .route(
            "/clients/{client}/mirrors/provisionInExistingTenants",
            post(clients::mirrors::provision_everywhere),
        )
        .route(
            "/clients/{client}/mirrors/provisionInTenant",
            post(clients::mirrors::provision_one),
        )
        .route(
            "/clients/{client}/mirrors/{childTenantId}",
            delete(clients::mirrors::remove),
        )
        .route(
            "/clients/{client}/autoProvisionInChildTenants",
            patch(clients::mirrors::set_flag),
        )
}

fn api_routes() -> Router<PlatformState> {
    Router::new()
        .route(
            "/apiResources",
            get(api_resources::list).post(api_resources::create),
        )
        .route("/apiResources/GetPaged", get(api_resources::page))
        .route(
            "/apiResources/{name}",
            get(api_resources::read)
                .put(api_resources::update)
                .delete(api_resources::delete),
        )
        .route("/apiScopes", get(api_scopes::list).post(api_scopes::create))
        .route("/apiScopes/GetPaged", get(api_scopes::page))
        .route(
            "/apiScopes/{name}",
            get(api_scopes::read)
                .put(api_scopes::update)
                .delete(api_scopes::delete),
        )
        .route(
            "/apiSecrets/{kind}/{owner}",
            get(secrets::list)
                .post(secrets::create)
                .put(secrets::update),
        )
        .route(
            "/apiSecrets/{kind}/{owner}/{value}",
            get(secrets::read).delete(secrets::delete),
        )
}

fn provisioning_routes() -> Router<PlatformState> {
    let below = |route: &str| format!("/adminProvisioning/{{targetTenantId}}{route}");
    Router::new()
        .route(
            &below(""),
            get(provisioning::list).post(provisioning::create),
        )
        .route(
            &below("/provisionCurrentUser"),
            post(provisioning::provision_current_user),
        )
        .route(
            &below("/withGroups"),
            post(provisioning::create_with_groups),
        )
        .route(&below("/sourceUsers"), get(provisioning::candidates::users))
        .route(&below("/roles"), get(provisioning::candidates::roles))
        .route(&below("/groups"), get(provisioning::candidates::groups))
        .route(&below("/{mappingRtId}"), delete(provisioning::delete))
}
