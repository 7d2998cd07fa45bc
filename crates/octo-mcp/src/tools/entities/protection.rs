//! What the entity tools keep away from.
//!
//! Accounts, clients, secrets and tenants are entities, too. Written through the entity tools they
//! would bypass every rule of the identity and asset services (password policy, roles, uniqueness),
//! and some of their values are secrets. So the tools show them without secrets, do not filter by
//! secrets, and do not write them: the tools made for them do.

use octo_ck::graph::TypeNode;
use octo_ck::{RtCkId, TypeGraph};
use octo_runtime::{Attributes, Criteria, Entity, Operand, Value};

use crate::reply::Failure;

/// Model whose entities the identity service manages.
const IDENTITY: &str = "System.Identity";
/// Type whose entities the asset service manages.
const TENANT: &str = "System/Tenant";

/// Types whose entities hold nothing but secrets.
const SECRET_TYPES: [&str; 3] = [
    "System.Identity/PersistedGrant",
    "System.Identity/ServerSideSession",
    "System.Identity/DataProtectionKey",
];

/// Attributes of identity types and records that hold secrets.
const SECRETS: [&str; 7] = [
    "PasswordHash",
    "SecurityStamp",
    "ClientSecret",
    "ClientSecrets",
    "ApiSecrets",
    "UserTokens",
    "PairWiseSubjectSalt",
];

/// Refuses to write entities of protected types.
pub(super) fn refuse_writes(graph: &TypeGraph, ck_type: &str) -> Result<(), Failure> {
    // An unknown type is reported by the write itself.
    let Ok(node) = graph.find_type(ck_type.trim()) else {
        return Ok(());
    };
    let instead = if is_identity(node) {
        "the tools for users, roles, groups and clients (get_users, create_user, …)"
    } else if lineage(node).any(|id| id.to_string() == TENANT) {
        "the tools for tenants (get_tenants, create_tenant, …)"
    } else {
        return Ok(());
    };
    Err(Failure::new(format!(
        "Entities of '{}' cannot be written with the entity tools. Use {instead}.",
        node.rt_id
    )))
}

/// Whether entities found under a type may be of a protected type: whoever changes one has to look
/// at its own type first.
pub(super) fn covers_protected(graph: &TypeGraph, node: &TypeNode) -> bool {
    let derived = node.derived.iter().filter_map(|id| graph.type_node(id));
    derived.map(AsRef::as_ref).any(|node: &TypeNode| {
        is_identity(node) || lineage(node).any(|id| id.to_string() == TENANT)
    })
}

/// Refuses to write associations that grant rights: they bypass the identity service as well.
pub(super) fn refuse_role(role: &RtCkId) -> Result<(), Failure> {
    if role.model() == IDENTITY {
        return Err(Failure::new(format!(
            "Associations of role '{role}' cannot be written with the entity tools. Use the tools for users, roles, groups and clients (get_users, create_user, …)."
        )));
    }
    Ok(())
}

/// Refuses to filter by secrets: answers would tell them bit by bit.
pub(in crate::tools) fn refuse_filters(
    graph: &TypeGraph,
    ck_type: &str,
    criteria: &Criteria,
) -> Result<(), Failure> {
    // An unknown type is reported by the query itself.
    let near = graph.find_type(ck_type.trim()).ok();
    refuse_criteria(near.map(AsRef::as_ref), criteria, false)
}

/// Refuses a path that leads to secrets, also over associations.
pub(in crate::tools) fn refuse_path(
    graph: &TypeGraph,
    ck_type: &str,
    path: &str,
) -> Result<(), Failure> {
    let near = graph.find_type(ck_type.trim()).ok();
    refuse_in(near.map(AsRef::as_ref), path, false)
}

/// `is_far`: the criteria are about entities at the far end of associations, of any type.
fn refuse_criteria(
    near: Option<&TypeNode>,
    criteria: &Criteria,
    is_far: bool,
) -> Result<(), Failure> {
    match criteria {
        Criteria::All(parts) | Criteria::Any(parts) => {
            let mut parts = parts.iter();
            parts.try_for_each(|part| refuse_criteria(near, part, is_far))
        }
        Criteria::Named(_, part) => refuse_criteria(near, part, is_far),
        Criteria::Field(condition) => {
            refuse_in(near, &condition.path, is_far)?;
            match &condition.value {
                Operand::Criteria(inner) => {
                    refuse_criteria(near, inner, is_far || leads_away(&condition.path))
                }
                _ => Ok(()),
            }
        }
    }
}

fn refuse_in(near: Option<&TypeNode>, path: &str, is_far: bool) -> Result<(), Failure> {
    let is_far = is_far || leads_away(path);
    let may_be_secret = is_far || near.is_some_and(is_identity);
    let mut names = path.split(|c: char| !c.is_alphanumeric());
    let is_secret = near.is_some_and(|node| is_secret_type(&node.rt_id))
        || (is_far && SECRET_TYPES.iter().any(|secret| mentions(path, secret)))
        || names.any(is_secret_name);
    if may_be_secret && is_secret {
        return Err(Failure::new(format!(
            "'{path}' holds secrets and cannot be filtered by."
        )));
    }
    Ok(())
}

/// Whether a path may lead over associations.
fn leads_away(path: &str) -> bool {
    ["->", "::", "/", "="]
        .iter()
        .any(|mark| path.contains(mark))
}

/// The entity without its secrets.
pub(super) fn redacted(mut entity: Entity, graph: &TypeGraph) -> Entity {
    let is_identity = graph
        .type_node(&entity.ck_type_id)
        .is_none_or(|node| is_identity(node));
    if !is_identity {
        return entity;
    }
    if is_secret_type(&entity.ck_type_id) {
        entity.attributes = Attributes::new();
        return entity;
    }
    let secrets: Vec<String> = entity
        .attributes
        .iter()
        .filter(|(name, value)| is_secret_name(name) || holds_secret(value))
        .map(|(name, _)| name.to_owned())
        .collect();
    for name in secrets {
        entity.attributes.remove(&name);
    }
    entity
}

/// Records named `Secret` or `UserToken` hold secrets wherever they are.
fn holds_secret(value: &Value) -> bool {
    let is_secret = |id: &RtCkId| {
        id.model() == IDENTITY && matches!(id.element().name(), "Secret" | "UserToken")
    };
    match value {
        Value::Record(record) => is_secret(&record.ck_record_id),
        Value::RecordArray(records) => records.iter().any(|r| is_secret(&r.ck_record_id)),
        _ => false,
    }
}

fn is_identity(node: &TypeNode) -> bool {
    lineage(node).any(|id| id.model() == IDENTITY)
}

fn lineage(node: &TypeNode) -> impl Iterator<Item = &RtCkId> {
    std::iter::once(&node.rt_id).chain(&node.bases)
}

fn is_secret_type(id: &RtCkId) -> bool {
    SECRET_TYPES.contains(&id.to_string().as_str())
}

/// Whether a path names a type, in any spelling of its id.
fn mentions(path: &str, ck_type: &str) -> bool {
    let element = ck_type.rsplit('/').next().unwrap_or(ck_type);
    path.to_ascii_lowercase()
        .contains(&element.to_ascii_lowercase())
}

fn is_secret_name(name: &str) -> bool {
    SECRETS
        .iter()
        .any(|secret| secret.eq_ignore_ascii_case(name))
}
