//! Reading of the error bodies the services send (`spec/identity.md` 3, `spec/assets.md` 1.4).
//!
//! Five shapes are known: `ApiErrorDto` (`message`, `details`), RFC 9457 problem details (`title`,
//! `detail`, `errors`), a bare dictionary of field errors, a JSON string, and plain text. Anything
//! else is shown as it came.

use serde_json::{Map, Value};

use super::ErrorDetail;

/// What an error body says.
pub(crate) struct ErrorDocument {
    /// The text for a person, `None` when the body is empty.
    pub(crate) text: Option<String>,
    /// Listed reasons.
    pub(crate) details: Vec<ErrorDetail>,
}

impl ErrorDocument {
    /// Reads a body of any shape; never fails.
    pub(crate) fn read(body: &[u8]) -> Self {
        let raw = String::from_utf8_lossy(body);
        let raw = raw.trim();
        if raw.is_empty() {
            return Self {
                text: None,
                details: Vec::new(),
            };
        }
        let known = match serde_json::from_str::<Value>(raw) {
            Ok(Value::String(text)) if !text.trim().is_empty() => Some(Self::plain(text)),
            Ok(Value::Object(object)) => Self::from_object(&object),
            _ => None,
        };
        known.unwrap_or_else(|| Self::plain(raw.to_owned()))
    }

    fn plain(text: String) -> Self {
        Self {
            text: Some(text),
            details: Vec::new(),
        }
    }

    fn from_object(object: &Map<String, Value>) -> Option<Self> {
        if let Some(errors) = member(object, "errors").and_then(Value::as_object) {
            let head = text(object, "title").or_else(|| text(object, "detail"));
            return Some(Self::compose(head, field_errors(errors)?));
        }
        if let Some(head) = text(object, "message") {
            return Some(Self::compose(Some(head), listed_details(object)));
        }
        if let Some(head) = text(object, "detail").or_else(|| text(object, "title")) {
            return Some(Self::compose(Some(head), Vec::new()));
        }
        if let Some(error) = text(object, "error") {
            let description = text(object, "error_description");
            let details = description.map(|description| ErrorDetail {
                code: String::new(),
                description,
            });
            return Some(Self::compose(Some(error), details.into_iter().collect()));
        }
        Some(Self::compose(None, field_errors(object)?))
    }

    fn compose(head: Option<String>, details: Vec<ErrorDetail>) -> Self {
        let reasons: Vec<&str> = details
            .iter()
            .map(|detail| detail.description.trim())
            .filter(|reason| !reason.is_empty())
            .collect();
        let text = match (head, reasons.is_empty()) {
            (Some(head), true) => head,
            (Some(head), false) => {
                format!(
                    "{}: {}",
                    head.trim_end_matches(['.', ':']),
                    reasons.join(" ")
                )
            }
            (None, _) => reasons.join(" "),
        };
        Self {
            text: Some(text),
            details,
        }
    }
}

/// A member by name, ignoring case as the original's JSON reader does.
fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| {
        object
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, v)| v)
    })
}

fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    let text = member(object, name)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn listed_details(object: &Map<String, Value>) -> Vec<ErrorDetail> {
    let Some(Value::Array(list)) = member(object, "details") else {
        return Vec::new();
    };
    list.iter()
        .filter_map(Value::as_object)
        .map(|entry| ErrorDetail {
            code: text(entry, "code").unwrap_or_default(),
            description: text(entry, "description").unwrap_or_default(),
        })
        .collect()
}

/// Field errors `{"Field": ["…"]}`; `None` when the object is something else.
fn field_errors(object: &Map<String, Value>) -> Option<Vec<ErrorDetail>> {
    let mut details = Vec::new();
    for (field, errors) in object {
        for error in errors.as_array()? {
            details.push(ErrorDetail {
                code: field.clone(),
                description: error.as_str()?.to_owned(),
            });
        }
    }
    (!details.is_empty()).then_some(details)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(body: &str) -> String {
        ErrorDocument::read(body.as_bytes()).text.unwrap()
    }

    #[test]
    fn api_error_with_details() {
        let body = r#"{"statusCode":400,"statusDescription":"BadRequest",
            "message":"Creation of user failed","details":[
              {"code":"PasswordTooShort","description":"Passwords must be at least 6 characters."},
              {"code":"PasswordRequiresDigit","description":"Passwords must have at least one digit ('0'-'9')."}]}"#;
        let document = ErrorDocument::read(body.as_bytes());
        assert_eq!(
            document.text.unwrap(),
            "Creation of user failed: Passwords must be at least 6 characters. \
             Passwords must have at least one digit ('0'-'9')."
        );
        assert_eq!(document.details[1].code, "PasswordRequiresDigit");
    }

    #[test]
    fn api_error_without_details() {
        assert_eq!(
            text_of(r#"{"message":"User name 'x' not found.","details":null}"#),
            "User name 'x' not found."
        );
    }

    #[test]
    fn problem_documents() {
        assert_eq!(
            text_of(r#"{"title":"Not Found","status":404,"traceId":"0"}"#),
            "Not Found"
        );
        assert_eq!(
            text_of(
                r#"{"title":"One or more validation errors occurred.","status":400,
                   "errors":{"Password":["The Password field is required."]}}"#
            ),
            "One or more validation errors occurred: The Password field is required."
        );
    }

    #[test]
    fn bare_dictionary_string_and_oauth() {
        assert_eq!(text_of(r#"{"dto":["Nothing to add."]}"#), "Nothing to add.");
        assert_eq!(
            text_of(r#""Tenant 'x' not found.""#),
            "Tenant 'x' not found."
        );
        assert_eq!(
            text_of(r#"{"error":"invalid_grant","error_description":"Expired."}"#),
            "invalid_grant: Expired."
        );
    }

    #[test]
    fn anything_else_stays_as_it_came() {
        for body in [
            "plain text",
            "[1,2]",
            r#"{"a":1}"#,
            "{}",
            "{\"message\":",
            "7",
            "null",
        ] {
            assert_eq!(text_of(body), body);
        }
        assert!(ErrorDocument::read(b"  \n").text.is_none());
        assert!(ErrorDocument::read(&[0xff, 0xfe]).text.is_some());
    }
}
