//! Rules that put new users with a certain mail domain into a group (spec, identity 8.10).

use octo_sdk::ServiceError;
use octo_sdk::identity::{EmailDomainGroupRuleDto, IdentityClient};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempts::until_unchanged;
use super::identity_names::{checked_id, find_group, id_of};
use crate::call::TenantCall;
use crate::reply::{Data, Done, Failure, ToolResult};
use crate::tool::{Risk, Toolset, tool};

/// The group of rule tools.
pub fn toolset() -> Toolset {
    Toolset::new(
        "Identity: email-domain group rules",
        "Groups that people of a mail domain come into at their first login",
    )
    .tool(tool(
        "get_email_domain_group_rules",
        get_email_domain_group_rules,
    ))
    .tool(tool(
        "get_email_domain_group_rule",
        get_email_domain_group_rule,
    ))
    .tool(
        tool(
            "create_email_domain_group_rule",
            create_email_domain_group_rule,
        )
        .risk(Risk::Medium)
        .adds(),
    )
    .tool(
        tool(
            "update_email_domain_group_rule",
            update_email_domain_group_rule,
        )
        .risk(Risk::Medium)
        .destructive(),
    )
    .tool(
        tool(
            "delete_email_domain_group_rule",
            delete_email_domain_group_rule,
        )
        .risk(Risk::Medium)
        .destructive()
        .confirm(|p: &DeleteEmailDomainGroupRule| {
            format!(
                "Refusing to delete email-domain group rule '{}' without confirm=true.",
                p.rt_id
            )
        }),
    )
}

/// A rule.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RuleItem {
    /// Id of the rule.
    rt_id: Option<String>,
    /// The mail domain, without wildcards.
    email_domain_pattern: String,
    /// Id of the group.
    target_group_rt_id: String,
    /// What the rule is for.
    description: Option<String>,
}

impl From<EmailDomainGroupRuleDto> for RuleItem {
    fn from(rule: EmailDomainGroupRuleDto) -> Self {
        Self {
            rt_id: rule.rt_id,
            email_domain_pattern: rule.email_domain_pattern,
            target_group_rt_id: rule.target_group_rt_id,
            description: rule.description,
        }
    }
}

/// The rule something was done to.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RuleReply {
    /// Id of the rule.
    rt_id: String,
    /// The rule as it is now.
    rule: Option<RuleItem>,
}

impl RuleReply {
    fn whole(rule: EmailDomainGroupRuleDto) -> Result<Self, Failure> {
        Ok(Self {
            rt_id: id_of(rule.rt_id.as_deref(), "a rule")?,
            rule: Some(rule.into()),
        })
    }
}

/// Lists the rules that put people of a mail domain into a group at their first login.
#[derive(Deserialize, JsonSchema)]
struct GetEmailDomainGroupRules {}

/// Rules of a tenant.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RuleList {
    /// The rules.
    rules: Vec<RuleItem>,
    /// Their number.
    total_count: usize,
}

async fn get_email_domain_group_rules(
    cx: TenantCall,
    _: GetEmailDomainGroupRules,
) -> ToolResult<Data<RuleList>> {
    let rules = cx.identity()?.email_domain_group_rules().await?;
    let rules: Vec<RuleItem> = rules.into_iter().map(RuleItem::from).collect();
    let total_count = rules.len();
    Ok(Data(RuleList { rules, total_count }))
}

/// Shows one rule.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetEmailDomainGroupRule {
    /// Id of the rule.
    rt_id: String,
}

async fn get_email_domain_group_rule(
    cx: TenantCall,
    p: GetEmailDomainGroupRule,
) -> ToolResult<Data<RuleReply>> {
    let rule = find(&cx.identity()?, &p.rt_id).await?;
    Ok(Data(RuleReply::whole(rule)?))
}

/// Creates a rule: whoever comes in through an external identity provider for the first time with
/// an address of the domain becomes a member of the group. Users who exist already are not touched.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateEmailDomainGroupRule {
    /// The mail domain, for example example.org; without @ and wildcards.
    email_domain_pattern: String,
    /// Id or name of the group.
    target_group_rt_id: String,
    /// What the rule is for.
    description: Option<String>,
}

async fn create_email_domain_group_rule(
    cx: TenantCall,
    p: CreateEmailDomainGroupRule,
) -> ToolResult<Done<RuleReply>> {
    let identity = cx.identity()?;
    let rule = EmailDomainGroupRuleDto {
        rt_id: None,
        email_domain_pattern: domain(&p.email_domain_pattern),
        target_group_rt_id: group_id(&identity, &p.target_group_rt_id).await?,
        description: filled(p.description),
    };
    let created = identity.create_email_domain_group_rule(&rule).await?;
    Ok(Done::new(
        format!(
            "Email-domain group rule for '{}' created.",
            rule.email_domain_pattern
        ),
        RuleReply::whole(created)?,
    ))
}

/// Changes domain and group of a rule; without a description the present one stays.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateEmailDomainGroupRule {
    /// Id of the rule.
    rt_id: String,
    /// The mail domain, for example example.org; without @ and wildcards.
    email_domain_pattern: String,
    /// Id or name of the group.
    target_group_rt_id: String,
    /// What the rule is for; empty removes the description.
    description: Option<String>,
}

async fn update_email_domain_group_rule(
    cx: TenantCall,
    p: UpdateEmailDomainGroupRule,
) -> ToolResult<Done<RuleReply>> {
    let identity = cx.identity()?.noting();
    until_unchanged(|| rewrite(&identity, &p)).await
}

async fn rewrite(
    identity: &IdentityClient,
    p: &UpdateEmailDomainGroupRule,
) -> ToolResult<Done<RuleReply>> {
    // The service would create a rule of an id it does not know.
    let present = find(identity, &p.rt_id).await?;
    let unchanged = identity.if_unchanged();
    let id = id_of(present.rt_id.as_deref(), "a rule")?;
    let rule = EmailDomainGroupRuleDto {
        rt_id: None,
        email_domain_pattern: domain(&p.email_domain_pattern),
        target_group_rt_id: group_id(identity, &p.target_group_rt_id).await?,
        description: filled(p.description.clone().or(present.description)),
    };
    let updated = unchanged.update_email_domain_group_rule(&id, &rule).await?;
    Ok(Done::new(
        format!("Email-domain group rule '{id}' updated."),
        RuleReply {
            rt_id: id,
            rule: Some(updated.into()),
        },
    ))
}

/// Deletes a rule. Users who are in the group because of it stay there.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeleteEmailDomainGroupRule {
    /// Id of the rule.
    rt_id: String,
}

async fn delete_email_domain_group_rule(
    cx: TenantCall,
    p: DeleteEmailDomainGroupRule,
) -> ToolResult<Done<RuleReply>> {
    let identity = cx.identity()?;
    let rule = find(&identity, &p.rt_id).await?;
    let id = id_of(rule.rt_id.as_deref(), "a rule")?;
    identity.delete_email_domain_group_rule(&id).await?;
    Ok(Done::new(
        format!("Email-domain group rule '{id}' deleted."),
        RuleReply {
            rt_id: id,
            rule: None,
        },
    ))
}

async fn find(identity: &IdentityClient, id: &str) -> Result<EmailDomainGroupRuleDto, Failure> {
    let id = checked_id(id)?;
    identity
        .email_domain_group_rule(&id)
        .await
        .map_err(|error: ServiceError| match error.is_not_found() {
            true => Failure::new(format!("Email-domain group rule '{id}' not found.")),
            false => error.into(),
        })
}

async fn group_id(identity: &IdentityClient, group: &str) -> Result<String, Failure> {
    let group = find_group(identity, group).await?;
    id_of(group.id.as_deref(), "a group")
}

fn domain(text: &str) -> String {
    text.trim().trim_start_matches('@').to_lowercase()
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}
