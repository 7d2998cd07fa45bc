//! Proposals for what a client is about to fill in: variables of resource addresses and arguments
//! of prompts (spec, protocol 7).
//!
//! Nothing is proposed that the caller could not look up: names come from the caller's own token,
//! or from a tenant the caller passes the gate to.

use octo_ck::TypeGraph;
use octo_runtime::{EntityQuery, Tenant};
use rmcp::ErrorData;
use rmcp::model::{CompleteRequestParams, CompletionContext, CompletionInfo, Reference};

use crate::call::Incoming;
use crate::derived::Derive;
use crate::guide;
use crate::resources::{self, Closed, KNOWLEDGE_TYPE, TEMPLATES};
use crate::services::Services;

/// Longest text that can be the beginning of something, bytes.
const MAX_LENGTH: usize = 512;
/// Knowledge sources looked through.
const MAX_SOURCES: u64 = 1_000;

/// What can be proposed for.
enum Variable {
    Tenant,
    Type,
    KnowledgeSource,
}

/// Proposals for one variable, given the beginning of its value.
///
/// # Errors
/// A protocol error for references and arguments that do not exist.
pub async fn complete(
    services: &Services,
    incoming: &Incoming,
    request: &CompleteRequestParams,
) -> Result<CompletionInfo, ErrorData> {
    let variable = variable(request)?;
    let begun = request.argument.value.trim();
    if begun.len() > MAX_LENGTH {
        let text = format!("The value to complete is longer than {MAX_LENGTH} bytes.");
        return Err(ErrorData::invalid_params(text, None));
    }
    let tenant = tenant_of(incoming, request.context.as_ref());
    let proposals = propose(services, incoming, &variable, tenant.as_deref(), begun);
    match resources::within_limits(services, incoming, proposals).await {
        Ok(proposals) => Ok(page(proposals)),
        // What a caller may not see has no proposals.
        Err(Closed::Unknown) => Ok(page(Vec::new())),
        Err(Closed::Unavailable(why)) => Err(ErrorData::internal_error(why, None)),
    }
}

fn variable(request: &CompleteRequestParams) -> Result<Variable, ErrorData> {
    let unknown = |what: &str, name: &str| {
        let name: String = name.chars().take(100).collect();
        let text = format!("Unknown {what}: '{}'", name.escape_debug());
        ErrorData::invalid_params(text, None)
    };
    let argument = request.argument.name.as_str();
    let arguments = match &request.r#ref {
        Reference::Resource(reference) => {
            let template = TEMPLATES.iter().find(|known| known.uri == reference.uri);
            let template = template.ok_or_else(|| unknown("resource template", &reference.uri))?;
            template.variables.iter().map(|v| (*v).to_owned()).collect()
        }
        Reference::Prompt(reference) => {
            guide::arguments(&reference.name).ok_or_else(|| unknown("prompt", &reference.name))?
        }
        _ => return Err(unknown("reference", request.r#ref.reference_type())),
    };
    if !arguments.iter().any(|known: &String| known == argument) {
        return Err(unknown("argument", argument));
    }
    match argument {
        "tenantId" => Ok(Variable::Tenant),
        "ckTypeId" => Ok(Variable::Type),
        "rtId" => Ok(Variable::KnowledgeSource),
        other => Err(unknown("argument", other)),
    }
}

/// The tenant already filled in, else that of the endpoint.
fn tenant_of(incoming: &Incoming, context: Option<&CompletionContext>) -> Option<String> {
    let filled_in = context
        .and_then(|context| context.get_argument("tenantId"))
        .map(|tenant| tenant.trim().to_owned())
        .filter(|tenant| !tenant.is_empty());
    filled_in.or_else(|| incoming.route_tenant.clone())
}

async fn propose(
    services: &Services,
    incoming: &Incoming,
    variable: &Variable,
    tenant: Option<&str>,
    begun: &str,
) -> Result<Vec<String>, Closed> {
    if let Variable::Tenant = variable {
        let tenants = resources::tenants(services, incoming).await.into_iter();
        let names = tenants.map(|tenant| tenant.to_string());
        return Ok(names.filter(|name| begins(name, begun)).collect());
    }
    let tenant = tenant.ok_or(Closed::Unknown)?;
    let tenant = resources::open(services, incoming, tenant).await?;
    match variable {
        Variable::Type => {
            let names = services.derived.of::<TypeNames>(&tenant.graph());
            Ok(names.beginning(begun))
        }
        _ => knowledge_sources(&tenant, begun).await,
    }
}

/// Ids of all types, in order.
struct TypeNames(Vec<(String, String)>);

impl Derive for TypeNames {
    fn derive(graph: &TypeGraph) -> Self {
        let named = graph.types().map(|node| {
            let name = node.rt_id.element().name().to_lowercase();
            (node.rt_id.to_string(), name)
        });
        let mut names: Vec<_> = named.collect();
        names.sort();
        Self(names)
    }
}

impl TypeNames {
    /// Ids that begin so, then those whose part after the slash does.
    fn beginning(&self, begun: &str) -> Vec<String> {
        let (by_id, others): (Vec<_>, Vec<_>) =
            self.0.iter().partition(|(id, _)| begins(id, begun));
        let by_name = others.into_iter().filter(|(_, name)| begins(name, begun));
        by_id
            .into_iter()
            .chain(by_name)
            .map(|(id, _)| id.clone())
            .collect()
    }
}

/// Ids of the knowledge sources whose id or title begins so.
async fn knowledge_sources(tenant: &Tenant, begun: &str) -> Result<Vec<String>, Closed> {
    if tenant.graph().find_type(KNOWLEDGE_TYPE).is_err() {
        return Err(Closed::Unknown);
    }
    let query = EntityQuery::of(KNOWLEDGE_TYPE).take(MAX_SOURCES);
    let sources = tenant.query(query).await?.items.into_iter();
    let matching = sources.filter(|source| {
        let title = source.attributes.str("Title").unwrap_or_default();
        begins(&source.rt_id.to_string(), begun) || begins(title, begun)
    });
    Ok(matching.map(|source| source.rt_id.to_string()).collect())
}

fn begins(name: &str, begun: &str) -> bool {
    let mut rest = name.chars().flat_map(char::to_lowercase);
    begun
        .chars()
        .flat_map(char::to_lowercase)
        .all(|c| rest.next() == Some(c))
}

fn page(mut proposals: Vec<String>) -> CompletionInfo {
    let total = proposals.len();
    proposals.truncate(CompletionInfo::MAX_VALUES);
    let mut info = CompletionInfo::default();
    info.has_more = Some(total > proposals.len());
    info.total = u32::try_from(total).ok();
    info.values = proposals;
    info
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_hundred_proposals_and_says_how_many_there_are() {
        let many: Vec<_> = (0..101).map(|n| n.to_string()).collect();
        let info = page(many);
        assert_eq!(info.values.len(), 100);
        assert_eq!((info.total, info.has_more), (Some(101), Some(true)));
        let info = page(vec!["a".to_owned(); 100]);
        assert_eq!((info.total, info.has_more), (Some(100), Some(false)));
    }

    #[test]
    fn beginnings_ignore_case_in_every_language() {
        for (name, begun) in [("Acme", "aC"), ("Ärger", "äR"), ("x", ""), ("", "")] {
            assert!(begins(name, begun), "{name} {begun}");
        }
        for (name, begun) in [("Acme", "acmes"), ("Acme", "cme"), ("", "a")] {
            assert!(!begins(name, begun), "{name} {begun}");
        }
    }

    #[test]
    fn types_are_found_by_id_first_and_by_name_after() {
        let graph = TypeGraph::build([octo_ck::builtin::system()]).unwrap();
        let names = TypeNames::derive(&graph);
        assert_eq!(names.beginning("system/Ent")[0], "System/Entity");
        assert_eq!(names.beginning("entity")[0], "System/Entity");
        assert_eq!(names.beginning("").len(), graph.types().count());
        assert!(names.beginning("nothing").is_empty());
    }
}
