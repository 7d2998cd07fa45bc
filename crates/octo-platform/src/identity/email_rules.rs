//! E-mail-domain group rules: D1–D5 (identity.md 4.8 and 6.9).

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use octo_runtime::{
    DeleteEntity, Entity, EntityQuery, NewEntity, RtId, SortOrder, Tenant, UpdateEntity,
};
use octo_sdk::identity::EmailDomainGroupRuleDto;
use serde::{Deserialize, Serialize};

use super::lookup::{self, unreadable};
use super::reach;
use crate::accounts::names::{EMAIL_RULE, GROUP};
use crate::auth::{Caller, ReadOnly, ReadWrite, TenantCaller};
use crate::problem::Problem;
use crate::rest::{IfMatch, JsonBody, Revised, USER_ROLES, require_any_role};
use crate::state::PlatformState;

const FAILED: &str = "The e-mail-domain group rule could not be stored.";
/// Longest domain in characters.
const MAX_PATTERN: usize = 100;
/// Longest description in characters.
const MAX_DESCRIPTION: usize = 5_000;

/// `EmailDomainGroupRuleDto` as received; the id is ignored.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RuleBody {
    #[serde(rename = "emaildomainpattern")]
    pattern: Option<String>,
    #[serde(rename = "targetgrouprtid")]
    group: Option<String>,
    description: Option<String>,
}

/// A rule that may be stored.
struct Rule {
    pattern: String,
    group: RtId,
    description: Option<String>,
}

/// How the rules are wrapped.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rules {
    email_domain_group_rules: Vec<EmailDomainGroupRuleDto>,
}

/// D1.
pub(super) async fn list(caller: TenantCaller<ReadOnly>) -> Result<Json<Rules>, Problem> {
    let query = EntityQuery::of(EMAIL_RULE).sort("EmailDomainPattern", SortOrder::Ascending);
    let rules = caller.tenant.query(query).await.map_err(unreadable)?.items;
    Ok(Json(Rules {
        email_domain_group_rules: rules.iter().map(dto).collect(),
    }))
}

/// D2.
pub(super) async fn read(
    caller: TenantCaller<ReadOnly>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Revised<EmailDomainGroupRuleDto>, Problem> {
    let rule = found(&caller.tenant, lookup::id("rtId", &id)?).await?;
    rule.map(|rule| Revised(dto(&rule)))
        .ok_or_else(Problem::bare_not_found)
}

/// D3.
pub(super) async fn create(
    caller: TenantCaller<ReadWrite>,
    JsonBody(body): JsonBody<RuleBody>,
) -> Result<(StatusCode, Json<EmailDomainGroupRuleDto>), Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let rule = checked(&caller.tenant, body).await?;
    reach::require_group(&caller.caller, &caller.tenant, rule.group).await?;
    let stored = insert(&caller.tenant, NewEntity::of(EMAIL_RULE), rule).await?;
    Ok((StatusCode::CREATED, Json(stored)))
}

/// D4: the whole rule is replaced; one of an unknown id is created.
pub(super) async fn update(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, id)): Path<(String, String)>,
    if_match: IfMatch,
    JsonBody(body): JsonBody<RuleBody>,
) -> Result<Json<EmailDomainGroupRuleDto>, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let id = lookup::id("rtId", &id)?;
    let rule = checked(tenant, body).await?;
    reach::require_group(&caller.caller, tenant, rule.group).await?;
    let _only_one = lock(&state, tenant).await;
    let Some(present) = found(tenant, id).await? else {
        let new = NewEntity::of(EMAIL_RULE).with_id(id);
        return insert(tenant, new, rule).await.map(Json);
    };
    require_target(&caller.caller, tenant, &present).await?;
    if_match.check(&dto(&present))?;
    let update = UpdateEntity::from_entity(&present)
        .set("EmailDomainPattern", rule.pattern)
        .set("TargetGroupRtId", rule.group.to_string())
        .set_opt("Description", rule.description);
    let updated = tenant.update(update).await;
    let updated = updated.map_err(|error| Problem::runtime(FAILED, &error))?;
    Ok(Json(dto(&updated)))
}

/// D5: also when there is none.
pub(super) async fn delete(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let id = lookup::id("rtId", &id)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    if let Some(present) = found(tenant, id).await? {
        require_target(&caller.caller, tenant, &present).await?;
        let delete = DeleteEntity::of(EMAIL_RULE, id).erase();
        let deleted = tenant.delete(delete).await;
        deleted.map_err(|error| Problem::runtime(FAILED, &error))?;
    }
    Ok(StatusCode::OK)
}

/// A rule that says something a log-in can follow: a plain domain, and a group that exists.
async fn checked(tenant: &Tenant, body: RuleBody) -> Result<Rule, Problem> {
    let text = |text: Option<String>| text.unwrap_or_default().trim().to_owned();
    let (pattern, group) = (text(body.pattern), text(body.group));
    let description = text(body.description);
    let mut problems = Vec::new();
    let required = |field: &str| format!("The {field} field is required.");
    if pattern.is_empty() {
        problems.push(("EmailDomainPattern", required("EmailDomainPattern")));
    } else if !is_domain(&pattern) {
        let text = format!(
            "'{pattern}' is not a domain such as example.org: no '@', no wildcards, at most {MAX_PATTERN} characters."
        );
        problems.push(("EmailDomainPattern", text));
    }
    if description.chars().count() > MAX_DESCRIPTION {
        let text = format!("A description has at most {MAX_DESCRIPTION} characters.");
        problems.push(("Description", text));
    }
    let id = group.parse::<RtId>().ok();
    let exists = match id {
        Some(id) => tenant.get(GROUP, id).await.map_err(unreadable)?.is_some(),
        None => false,
    };
    if group.is_empty() {
        problems.push(("TargetGroupRtId", required("TargetGroupRtId")));
    } else if !exists {
        problems.push((
            "TargetGroupRtId",
            format!("Group with id '{group}' not found."),
        ));
    }
    match id {
        Some(group) if problems.is_empty() => Ok(Rule {
            pattern: pattern.to_lowercase(),
            group,
            description: Some(description).filter(|text| !text.is_empty()),
        }),
        _ => Err(Problem::validation_errors(&problems)),
    }
}

fn is_domain(text: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
    text.chars().count() <= MAX_PATTERN && text.chars().all(allowed)
}

async fn insert(
    tenant: &Tenant,
    new: NewEntity,
    rule: Rule,
) -> Result<EmailDomainGroupRuleDto, Problem> {
    let new = new
        .set("EmailDomainPattern", rule.pattern)
        .set("TargetGroupRtId", rule.group.to_string())
        .set_opt("Description", rule.description);
    let stored = tenant.insert(new).await;
    let stored = stored.map_err(|error| Problem::runtime(FAILED, &error))?;
    Ok(dto(&stored))
}

/// Who takes a rule away or points it elsewhere decides about its present group, too. A group that is
/// gone gives nothing.
async fn require_target(caller: &Caller, tenant: &Tenant, rule: &Entity) -> Result<(), Problem> {
    let target = rule.attributes.str("TargetGroupRtId");
    match target.and_then(|id| id.trim().parse().ok()) {
        Some(group) => reach::require_group(caller, tenant, group).await,
        None => Ok(()),
    }
}

async fn lock(state: &PlatformState, tenant: &Tenant) -> tokio::sync::OwnedMutexGuard<()> {
    state.locks().lock(&[tenant.id().as_str(), "rules"]).await
}

async fn found(tenant: &Tenant, id: RtId) -> Result<Option<Entity>, Problem> {
    tenant.get(EMAIL_RULE, id).await.map_err(unreadable)
}

fn dto(rule: &Entity) -> EmailDomainGroupRuleDto {
    let text = |name: &str| rule.attributes.str(name).map(str::to_owned);
    EmailDomainGroupRuleDto {
        rt_id: Some(rule.rt_id.to_string()),
        email_domain_pattern: text("EmailDomainPattern").unwrap_or_default(),
        target_group_rt_id: text("TargetGroupRtId").unwrap_or_default(),
        description: text("Description"),
    }
}
