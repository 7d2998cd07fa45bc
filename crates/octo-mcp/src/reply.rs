//! What a tool answers: a payload or a failure, in the envelope all results share
//! (spec, surface 6 and 7).

use rmcp::model::{CallToolResult, ContentBlock, JsonObject};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use octo_runtime::RuntimeError;
use octo_sdk::ServiceError;

mod literal;

pub use literal::literal;

/// Result of a tool's work.
pub type ToolResult<T> = Result<T, Failure>;

/// A successful answer, before the envelope.
#[derive(Debug)]
pub enum Reply {
    /// Members of the result object.
    Json(Map<String, Value>),
    /// Plain text (`Echo`).
    Text(String),
}

/// Something a tool can answer with.
pub trait Payload: Send + 'static {
    /// Schema of the result; `None` for plain text.
    fn schema() -> Option<JsonObject>;

    /// The answer.
    fn into_reply(self) -> Reply;
}

impl Payload for String {
    fn schema() -> Option<JsonObject> {
        None
    }

    fn into_reply(self) -> Reply {
        Reply::Text(self)
    }
}

/// A payload with a sentence for people.
#[derive(Debug)]
pub struct Done<T> {
    message: String,
    payload: T,
}

impl<T> Done<T> {
    /// Answers with `payload` and says what was done.
    pub fn new(message: impl Into<String>, payload: T) -> Self {
        Self {
            message: message.into(),
            payload,
        }
    }
}

impl<T: Serialize + JsonSchema + Send + 'static> Payload for Done<T> {
    fn schema() -> Option<JsonObject> {
        Some(crate::schema::output_of::<T>())
    }

    fn into_reply(self) -> Reply {
        let mut members = members_of(&self.payload);
        members.insert("message".to_owned(), Value::String(self.message));
        Reply::Json(members)
    }
}

/// A payload that speaks for itself.
#[derive(Debug)]
pub struct Data<T>(pub T);

impl<T: Serialize + JsonSchema + Send + 'static> Payload for Data<T> {
    fn schema() -> Option<JsonObject> {
        Some(crate::schema::output_of::<T>())
    }

    fn into_reply(self) -> Reply {
        Reply::Json(members_of(&self.0))
    }
}

/// A failed call: what went wrong, what to do, and what is known anyway.
#[derive(Debug)]
pub struct Failure {
    message: String,
    members: Map<String, Value>,
    overtaken: bool,
}

impl Failure {
    /// A failure with a text for the caller.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            members: Map::new(),
            overtaken: false,
        }
    }

    /// Whether a service refused a change because somebody else's was faster.
    pub fn is_overtaken(&self) -> bool {
        self.overtaken
    }

    /// Marks the failure as due to somebody else's faster change.
    pub fn overtaken(self) -> Self {
        Self {
            overtaken: true,
            ..self
        }
    }

    /// Adds a member to the result, such as the echo of an argument.
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        self.members.insert(
            name.to_owned(),
            serde_json::to_value(value).unwrap_or(Value::Null),
        );
        self
    }

    /// Adds a member unless it is there.
    pub fn with_default(self, name: &str, value: impl Serialize) -> Self {
        if self.members.contains_key(name) {
            self
        } else {
            self.with(name, value)
        }
    }

    /// The text for the caller.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Self {
            overtaken: error.is_overtaken(),
            ..Self::new(error.to_string())
        }
    }
}

impl From<RuntimeError> for Failure {
    fn from(error: RuntimeError) -> Self {
        Self::new(error.to_string())
    }
}

/// Puts an answer into the envelope: the JSON as text for old clients, and as structured content.
pub fn envelope(outcome: Result<Reply, Failure>, tenant: Option<&str>) -> CallToolResult {
    match outcome {
        Ok(Reply::Text(text)) => CallToolResult::success(vec![ContentBlock::text(text)]),
        Ok(Reply::Json(mut members)) => {
            members.insert("isSuccess".to_owned(), json!(true));
            if let Some(tenant) = tenant {
                members.entry("tenantId").or_insert_with(|| json!(tenant));
            }
            structured(without_nulls(members))
        }
        Err(Failure {
            message,
            mut members,
            ..
        }) => {
            members.insert("isSuccess".to_owned(), json!(false));
            members.insert("errorMessage".to_owned(), Value::String(message));
            CallToolResult::structured_error(without_nulls(members))
        }
    }
}

fn structured(mut value: Value) -> CallToolResult {
    let text = literal::write(&mut value);
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(value);
    result
}

fn members_of(payload: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(payload) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

/// Null members are omitted everywhere; nulls inside lists stay.
fn without_nulls(members: Map<String, Value>) -> Value {
    let kept = members
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name, prune(value)))
        .collect();
    Value::Object(kept)
}

fn prune(value: Value) -> Value {
    match value {
        Value::Object(members) => without_nulls(members),
        Value::Array(items) => Value::Array(items.into_iter().map(prune).collect()),
        other => other,
    }
}
