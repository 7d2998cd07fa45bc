//! What API resources and API scopes have in common (identity.md 6.8).

use octo_runtime::{Entity, EntityQuery, SortOrder, Tenant};
use serde::Deserialize;

use super::lookup::unreadable;
use crate::problem::Problem;

/// Longest name and text, in characters.
const MAX_NAME: usize = 200;
const MAX_DESCRIPTION: usize = 5_000;

/// Entries of one list at most.
const MAX_ENTRIES: usize = 500;

/// Names below the collections that are routes, so nothing can be reached under them.
const RESERVED_NAMES: [&str; 3] = ["GetPaged", ".", ".."];

/// `ApiResourceDto` or `ApiScopeDto` as received; each uses its own members.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ResourceBody {
    #[serde(rename = "isenabled")]
    is_enabled: Option<bool>,
    name: Option<String>,
    #[serde(rename = "displayname")]
    display_name: Option<String>,
    description: Option<String>,
    #[serde(rename = "showindiscoverydocument")]
    show_in_discovery_document: Option<bool>,
    #[serde(rename = "userclaims")]
    user_claims: Option<Vec<String>>,
    #[serde(rename = "requireresourceindicator")]
    require_resource_indicator: Option<bool>,
    pub(super) scopes: Option<Vec<String>>,
    #[serde(rename = "allowedaccesstokensigningalgorithms")]
    signing_algorithms: Option<Vec<String>>,
    #[serde(rename = "isrequired")]
    is_required: Option<bool>,
    #[serde(rename = "isemphasize")]
    is_emphasized: Option<bool>,
}

/// Attributes with their new values; `None` clears.
pub(super) type Changes = Vec<(&'static str, Option<octo_runtime::Value>)>;

impl ResourceBody {
    /// The name, without blanks around it; empty when there is none.
    pub(super) fn name(&self) -> &str {
        self.name.as_deref().map(str::trim).unwrap_or_default()
    }

    /// Reports everything in the body that cannot be stored sensibly. Scope names are one word each:
    /// lists of scopes are delimited by blanks.
    pub(super) fn check(&self, is_scope: bool) -> Result<(), Problem> {
        let mut errors: Vec<(&str, String)> = Vec::new();
        let name = self.name();
        if RESERVED_NAMES.contains(&name) {
            errors.push(("Name", format!("The value '{name}' is reserved.")));
        }
        if name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
            let text =
                format!("The Name must have at most {MAX_NAME} characters and no line breaks.");
            errors.push(("Name", text));
        }
        if is_scope && !is_scope_name(name) {
            errors.push(("Name", scope_rule(name)));
        }
        for scope in self.scopes.iter().flatten() {
            if !is_scope_name(scope.trim()) {
                errors.push(("Scopes", scope_rule(scope)));
            }
        }
        for (field, text, limit) in [
            ("DisplayName", &self.display_name, MAX_NAME),
            ("Description", &self.description, MAX_DESCRIPTION),
        ] {
            if text
                .as_ref()
                .is_some_and(|text| text.chars().count() > limit)
            {
                errors.push((field, format!("At most {limit} characters are allowed.")));
            }
        }
        for (field, list) in [
            ("UserClaims", &self.user_claims),
            ("Scopes", &self.scopes),
            (
                "AllowedAccessTokenSigningAlgorithms",
                &self.signing_algorithms,
            ),
        ] {
            if list.as_ref().is_some_and(|list| list.len() > MAX_ENTRIES) {
                errors.push((field, format!("At most {MAX_ENTRIES} entries are allowed.")));
            }
        }
        match errors.is_empty() {
            true => Ok(()),
            false => Err(Problem::validation_errors(&errors)),
        }
    }

    /// What both kinds store. Absent flags count as false, as in the real service.
    fn common(&self) -> Changes {
        let mut changes: Changes = vec![
            ("Enabled", flag(self.is_enabled)),
            ("DisplayName", text(&self.display_name)),
            ("Description", text(&self.description)),
            (
                "ShowInDiscoveryDocument",
                flag(self.show_in_discovery_document),
            ),
        ];
        if let Some(claims) = &self.user_claims {
            changes.push(("Claims", Some(words(claims).into())));
        }
        changes
    }

    /// What an API resource stores; its name is not among it.
    pub(super) fn resource_changes(&self) -> Changes {
        let mut changes = self.common();
        changes.push((
            "RequireResourceIndicator",
            flag(self.require_resource_indicator),
        ));
        let algorithms = self.signing_algorithms.as_deref().unwrap_or_default();
        changes.push((
            "AllowedAccessTokenSigningAlgorithms",
            Some(words(algorithms).into()),
        ));
        if let Some(scopes) = &self.scopes {
            changes.push(("Scopes", Some(words(scopes).into())));
        }
        changes
    }

    /// What an API scope stores, a new name included.
    pub(super) fn scope_changes(&self) -> Changes {
        let mut changes = self.common();
        changes.push(("IsRequired", flag(self.is_required)));
        changes.push(("IsEmphasized", flag(self.is_emphasized)));
        changes.push(("Name", Some(self.name().into())));
        changes
    }
}

/// The entity of that type with exactly this name.
pub(super) async fn find(
    tenant: &Tenant,
    ck_type: &str,
    name: &str,
) -> Result<Option<Entity>, Problem> {
    let query = EntityQuery::of(ck_type).eq("Name", name);
    tenant.first(query).await.map_err(unreadable)
}

/// All entities of that type, by name.
pub(super) fn by_name(ck_type: &str) -> EntityQuery {
    EntityQuery::of(ck_type).sort("Name", SortOrder::Ascending)
}

/// RFC 6749, 3.3: printable ASCII without blank, quote and backslash.
fn is_scope_name(name: &str) -> bool {
    let allowed = |c: char| matches!(c, '!' | '#'..='[' | ']'..='~');
    name.chars().all(allowed)
}

fn scope_rule(name: &str) -> String {
    format!(
        "'{name}' is not a scope name: letters, digits and punctuation without blanks, quotes and \
         backslashes."
    )
}

fn flag(value: Option<bool>) -> Option<octo_runtime::Value> {
    Some(value.unwrap_or(false).into())
}

fn text(value: &Option<String>) -> Option<octo_runtime::Value> {
    let filled = value.as_deref().map(str::trim);
    filled.filter(|text| !text.is_empty()).map(Into::into)
}

fn words(list: &[String]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in list.iter().map(|word| word.trim()) {
        if !word.is_empty() && words.iter().all(|known| known != word) {
            words.push(word.to_owned());
        }
    }
    words
}
