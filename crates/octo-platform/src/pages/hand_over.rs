//! `/{tenantId}/hand-over`: a user of this tenant goes on into a tenant below it.
//!
//! The log-in page of the child sends the browser here; whoever is signed in, or signs in now, is
//! sent back with a seal that says who it is. The seal holds for one sign-in of the child, which only
//! the browser that began it can finish.

use axum::extract::RawQuery;
use axum::response::{IntoResponse as _, Redirect, Response};
use octo_runtime::{Entity, RtId, TenantId};

use super::external::Stop;
use super::session::SignedIn;
use super::view;
use super::visitor::Visitor;
use crate::accounts::parent_sign_in;
use crate::accounts::sign_in::{Refusal, SignedInUser};
use crate::oidc::form::Params;

const SEAL_LABEL: &str = "hand-over";
/// The browser comes back at once.
const LIFETIME_SECONDS: i64 = 60;
const NO_TENANT: &str = "There is no tenant of the name this request is for.";

/// The page of the parent that `provider` of `child` trusts; `None` if it names none.
pub(super) fn address(child: &TenantId, provider: &Entity, state: &str) -> Option<String> {
    let parent = parent_of(provider)?;
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("tenant", child.as_str())
        .append_pair("provider", provider.attributes.str("Name")?)
        .append_pair("state", state);
    Some(format!("/{parent}/hand-over?{}", query.finish()))
}

/// Sends whoever is signed in on to the child.
pub(super) async fn show(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let Ok(params) = Params::parse(&query.unwrap_or_default()) else {
        return super::bad_request("A parameter of the request is repeated.");
    };
    let child = match visitor
        .state
        .find_tenant(params.get("tenant").unwrap_or_default())
        .await
    {
        Ok(Some(child)) => child,
        Ok(None) => return super::bad_request(NO_TENANT),
        Err(error) => return view::failed(error),
    };
    let page = format!("/{}/hand-over?{}", visitor.tenant.id(), params.to_query());
    match visitor.ready_person(&page) {
        Ok(person) => Redirect::to(&back(&visitor, person, child.id(), &params)).into_response(),
        Err(first) => Redirect::to(&first).into_response(),
    }
}

fn back(visitor: &Visitor, person: &SignedIn, child: &TenantId, params: &Params) -> String {
    let until = visitor.state.clock().unix_seconds() + LIFETIME_SECONDS;
    let (user, until) = (person.user.to_string(), until.to_string());
    let state = params.get("state").unwrap_or_default();
    let parent = visitor.tenant.id();
    let parts = parts(parent, child, state, &user, &person.idp, &until);
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("state", state)
        .append_pair("user", &user)
        .append_pair("idp", &person.idp)
        .append_pair("until", &until)
        .append_pair("code", &visitor.state.sealer().seal(SEAL_LABEL, &parts));
    let provider = params.get("provider").unwrap_or_default();
    let provider = url::form_urlencoded::byte_serialize(provider.as_bytes()).collect::<String>();
    format!("/{child}/external/{provider}/callback?{}", query.finish())
}

/// The user of the child for whoever the parent has sent.
pub(super) async fn enter(
    visitor: &Visitor,
    provider: &Entity,
    params: &Params,
) -> Result<SignedInUser, Stop> {
    let refused = || Stop::Refused(Refusal::Invalid);
    let state = &visitor.state;
    let parent = parent_of(provider).ok_or(Stop::Incomplete)?;
    let text = |name| params.get(name).unwrap_or_default();
    let (user, idp, until) = (text("user"), text("idp"), text("until"));
    let parts = parts(
        &parent,
        visitor.tenant.id(),
        text("state"),
        user,
        idp,
        until,
    );
    let now = state.clock().unix_seconds();
    let sealed = state.sealer().verify(SEAL_LABEL, &parts, text("code"));
    if !sealed || until.parse().is_ok_and(|until: i64| until < now) {
        return Err(refused());
    }
    let user: RtId = user.parse().map_err(|_| refused())?;
    let parent = state
        .find_tenant(parent.as_str())
        .await?
        .ok_or_else(refused)?;
    let home = parent_sign_in::home_identity(state, &parent, user, idp).await?;
    let home = home.ok_or_else(refused)?;
    let entered = parent_sign_in::enter(state, &visitor.tenant, &home).await?;
    entered.map_err(Stop::Refused)
}

fn parts<'a>(
    parent: &'a TenantId,
    child: &'a TenantId,
    state: &'a str,
    user: &'a str,
    idp: &'a str,
    until: &'a str,
) -> [&'a str; 6] {
    [parent.as_str(), child.as_str(), state, user, idp, until]
}

/// The tenant a provider trusts.
pub(super) fn parent_of(provider: &Entity) -> Option<TenantId> {
    provider.attributes.str("ParentTenantId")?.parse().ok()
}
