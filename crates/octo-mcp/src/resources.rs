//! Documents about a tenant that clients read as resources (spec, surface 12).
//!
//! A resource passes the same gate as a tool. What the caller may not see does not exist: addresses
//! that mean nothing, tenants that do not exist and tenants of others get the same answer.

pub mod address;
mod knowledge;
mod markdown;
mod schema_document;
mod type_document;

use std::sync::Arc;
use std::time::Duration;

use octo_runtime::{RuntimeError, Tenant, TenantId};
use rmcp::ErrorData;
use rmcp::model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde_json::json;

use crate::auth::{Claims, Denial};
use crate::call::Incoming;
use crate::guide;
use crate::services::Services;
use address::{Address, SchemaPart};
pub use knowledge::TYPE as KNOWLEDGE_TYPE;
use schema_document::{DomainModels, SystemModels};

/// Type of all documents.
const MIME_TYPE: &str = "text/markdown";
/// Characters of an unknown address that are repeated in the answer.
const SHOWN: usize = 200;
/// Tenants of a caller whose documents are listed; those of others can be read all the same.
const MAX_LISTED: usize = 50;

/// A kind of document: what its addresses look like.
pub struct Template {
    /// Address with variables.
    pub uri: &'static str,
    name: &'static str,
    title: &'static str,
    description: &'static str,
    /// Variables of the address, in order.
    pub variables: &'static [&'static str],
}

/// All kinds of documents about a tenant.
pub const TEMPLATES: [Template; 4] = [
    Template {
        uri: "ck-schema://{tenantId}/system",
        name: "ck-schema-system",
        title: "System CK Schema",
        description: "The types, records and enums a tenant has from the platform's own models.",
        variables: &["tenantId"],
    },
    Template {
        uri: "ck-schema://{tenantId}/domain",
        name: "ck-schema-domain",
        title: "Domain CK Schema",
        description: "The types, records and enums of the models a tenant has installed itself.",
        variables: &["tenantId"],
    },
    Template {
        uri: "ck-type://{tenantId}/{ckTypeId}",
        name: "ck-type",
        title: "CK Type",
        description: "One type: attributes, associations, base and derived types.",
        variables: &["tenantId", "ckTypeId"],
    },
    Template {
        uri: "knowledge://{tenantId}/{rtId}",
        name: "knowledge-source",
        title: "AI Knowledge Source",
        description: "A note a tenant keeps for AI workers: a file, a web page, another resource.",
        variables: &["tenantId", "rtId"],
    },
];

/// The kinds of documents, as listed; none where the tenants' data is not at hand.
pub fn templates(services: &Services) -> Vec<ResourceTemplate> {
    let served = TEMPLATES.iter().filter(|_| services.runtime.is_some());
    let listed = served.map(|template| {
        ResourceTemplate::new(template.uri, template.name)
            .with_title(template.title)
            .with_description(template.description)
            .with_mime_type(MIME_TYPE)
    });
    listed.collect()
}

/// The guide, and the schema documents the caller can read: a token also names tenants it does not
/// open.
pub async fn list(services: &Services, incoming: &Incoming) -> Vec<Resource> {
    let mut resources = guide::resources();
    let tenants = tenants(services, incoming).await;
    for tenant in tenants.into_iter().take(MAX_LISTED) {
        if open(services, incoming, tenant.as_str()).await.is_err() {
            continue;
        }
        for (template, part) in TEMPLATES.iter().zip(["system", "domain"]) {
            let uri = format!("ck-schema://{tenant}/{part}");
            let name = format!("{}-{tenant}", template.name);
            let resource = Resource::new(uri, name)
                .with_title(format!("{} of {tenant}", template.title))
                .with_description(template.description)
                .with_mime_type(MIME_TYPE);
            resources.push(resource);
        }
    }
    resources
}

/// The tenants a signed-in caller's token names and this endpoint serves; none for others.
pub async fn tenants(services: &Services, incoming: &Incoming) -> Vec<TenantId> {
    if services.runtime.is_none() {
        return Vec::new();
    }
    let (caller, key) = (&incoming.caller, incoming.key.as_ref());
    let Ok(token) = services.gate.signed_in(caller, key).await else {
        return Vec::new();
    };
    let mut tenants = tenants_of(&token.claims);
    tenants.retain(|tenant| is_served_here(services, incoming, tenant));
    tenants
}

fn tenants_of(claims: &Claims) -> Vec<TenantId> {
    let named = claims.home_tenant().into_iter();
    let named = named.chain(claims.allowed_tenants.iter().cloned());
    let mut tenants: Vec<TenantId> = named.filter_map(|name| name.parse().ok()).collect();
    tenants.sort();
    tenants.dedup();
    tenants
}

fn is_served_here(services: &Services, incoming: &Incoming, tenant: &TenantId) -> bool {
    match incoming.route_tenant.as_deref() {
        Some(route) if services.config.mcp.routetenantisbinding => {
            route.trim().eq_ignore_ascii_case(tenant.as_str())
        }
        _ => true,
    }
}

/// Why a tenant's data is not shown.
pub enum Closed {
    /// There is nothing the caller may know of.
    Unknown,
    /// It cannot be told at the moment.
    Unavailable(String),
}

impl From<Denial> for Closed {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::ExchangeFailed(..) => Self::Unavailable(denial.to_string()),
            _ => Self::Unknown,
        }
    }
}

impl From<RuntimeError> for Closed {
    fn from(error: RuntimeError) -> Self {
        match error {
            RuntimeError::TenantUnknown(_) => Self::Unknown,
            other => Self::Unavailable(other.to_string()),
        }
    }
}

/// A tenant's data, for a caller who may see it.
///
/// # Errors
/// See [`Closed`].
pub async fn open(
    services: &Services,
    incoming: &Incoming,
    tenant: &str,
) -> Result<Arc<Tenant>, Closed> {
    let runtime = services.runtime.as_ref().ok_or(Closed::Unknown)?;
    let tenant: TenantId = tenant.parse().map_err(|_| Closed::Unknown)?;
    if !is_served_here(services, incoming, &tenant) {
        return Err(Closed::Unknown);
    }
    let (caller, key) = (&incoming.caller, incoming.key.as_ref());
    let access = services.gate.authorize(caller, key, tenant).await?;
    Ok(runtime.tenant(&access.tenant).await?)
}

/// Reads a document about a tenant.
///
/// # Errors
/// The protocol error for unknown resources, or what keeps the server from answering.
pub async fn read(
    services: &Services,
    incoming: &Incoming,
    uri: &str,
) -> Result<ReadResourceResult, ErrorData> {
    let text = within_limits(services, incoming, document(services, incoming, uri)).await;
    match text {
        Ok(text) => {
            let contents = ResourceContents::text(text, uri).with_mime_type(MIME_TYPE);
            Ok(ReadResourceResult::new(vec![contents]))
        }
        Err(Closed::Unknown) => Err(unknown(uri)),
        Err(Closed::Unavailable(why)) => Err(ErrorData::internal_error(why, None)),
    }
}

/// Does work as tool calls do: in one of the places, for so long, and not after the client has gone.
pub async fn within_limits<T>(
    services: &Services,
    incoming: &Incoming,
    work: impl Future<Output = Result<T, Closed>>,
) -> Result<T, Closed> {
    let stopped = |why: &str| Err(Closed::Unavailable(why.to_owned()));
    let limit = Duration::from_secs(services.config.mcp.calltimeoutseconds);
    let placed = async {
        match services.places.acquire().await {
            Ok(_place) => work.await,
            Err(_) => stopped("The server is shutting down."),
        }
    };
    tokio::select! {
        done = tokio::time::timeout(limit, placed) => {
            done.unwrap_or_else(|_| stopped("The request took too long and was stopped."))
        }
        () = incoming.cancelled.cancelled() => stopped("The request was cancelled."),
    }
}

async fn document(services: &Services, incoming: &Incoming, uri: &str) -> Result<String, Closed> {
    let address = Address::parse(uri).ok_or(Closed::Unknown)?;
    if matches!(address, Address::Schema { .. }) && address.tenant().trim().is_empty() {
        let (caller, key) = (&incoming.caller, incoming.key.as_ref());
        services.gate.signed_in(caller, key).await?;
        return Ok(schema_document::error("tenantId is required."));
    }
    let tenant = open(services, incoming, address.tenant()).await?;
    let graph = tenant.graph();
    match address {
        Address::Schema { part, .. } => {
            let (derived, name) = (&services.derived, tenant.id().as_str());
            Ok(match part {
                SchemaPart::System => derived.of::<SystemModels>(&graph).document(name),
                SchemaPart::Domain => derived.of::<DomainModels>(&graph).document(name),
            })
        }
        Address::Type { ck_type, .. } => match graph.find_type(&ck_type) {
            Ok(node) => Ok(type_document::document(&graph, node)),
            Err(_) => Err(Closed::Unknown),
        },
        Address::Knowledge { rt_id, .. } => {
            if !knowledge::is_supported(&graph) {
                return Err(Closed::Unknown);
            }
            Ok(knowledge::document(&tenant, &rt_id, &services.fetcher).await?)
        }
    }
}

/// The answer to an address that names nothing the caller may read.
fn unknown(uri: &str) -> ErrorData {
    let shown: String = uri.chars().take(SHOWN).collect();
    ErrorData::resource_not_found(
        format!("Unknown resource URI: '{}'", shown.escape_debug()),
        Some(json!({"uri": shown})),
    )
}
