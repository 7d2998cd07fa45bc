//! Values for completing what a user types (spec, runtime 6.11).

use octo_runtime::auto_complete::{AutoCompleteQuery, Pattern};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::refuse_secret;
use crate::call::TenantCall;
use crate::reply::{Data, Failure, ToolResult};

/// Values returned when nothing else is asked for.
const DEFAULT_LIMIT: usize = 20;

/// Lists the values a text attribute has among the entities of a type, the most frequent first:
/// what a user may want to type. What the model itself suggests for the attribute comes last.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetAutoCompleteValues {
    /// Id of the type, e.g. "Basic/City".
    ck_type_id: String,
    /// Text attribute (name) or path into records (address.city).
    attribute_path: String,
    /// Only values that start so, ignoring case.
    prefix: Option<String>,
    /// Only values in which this regular expression finds a match; instead of prefix.
    regex: Option<String>,
    /// At most so many values; default 20.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<usize>,
}

/// Values of an attribute.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Values {
    /// The type asked for.
    ck_type_id: String,
    /// The attribute asked for.
    attribute_path: String,
    /// The values, the most frequent first.
    values: Vec<ValueItem>,
    /// There are more values than these.
    is_truncated: bool,
}

/// A value.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ValueItem {
    /// The value.
    text: String,
    /// Entities that have it; 0 for suggestions of the model.
    occurrence_count: u64,
}

impl GetAutoCompleteValues {
    /// Problems of arguments that exclude each other.
    pub(super) fn problems(&self) -> Vec<String> {
        let has_both = self.prefix.is_some() && self.regex.is_some();
        let problem = has_both.then(|| "Give prefix or regex, not both.".to_owned());
        problem.into_iter().collect()
    }
}

pub(super) async fn get_auto_complete_values(
    cx: TenantCall,
    p: GetAutoCompleteValues,
) -> ToolResult<Data<Values>> {
    let failed = |failure: Failure| {
        failure
            .with("ckTypeId", &p.ck_type_id)
            .with("attributePath", &p.attribute_path)
    };
    let tenant = cx.data().await?;
    refuse_secret(&tenant.graph(), &p.ck_type_id, &p.attribute_path).map_err(failed)?;
    let query = AutoCompleteQuery {
        ck_type: p.ck_type_id.clone(),
        path: p.attribute_path.clone(),
        pattern: match p.regex.clone() {
            Some(regex) => Pattern::Regex(regex),
            None => Pattern::Prefix(p.prefix.clone().unwrap_or_default()),
        },
        take: p.limit.unwrap_or(DEFAULT_LIMIT),
    };
    let found = tenant.auto_complete(&query).await;
    let found = found.map_err(|error| failed(error.into()))?;
    let values = found.values.into_iter().map(|value| ValueItem {
        text: value.text,
        occurrence_count: value.occurrence_count,
    });
    Ok(Data(Values {
        values: values.collect(),
        is_truncated: found.is_truncated,
        ck_type_id: p.ck_type_id,
        attribute_path: p.attribute_path,
    }))
}
