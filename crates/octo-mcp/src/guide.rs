//! What the server tells assistants about itself: instructions, documents, prompts.

use rmcp::model::{
    GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, ReadResourceResult,
    Resource, ResourceContents, Role,
};
use serde_json::Value;

/// Sent to every client when it connects.
pub const INSTRUCTIONS: &str = "Administers OctoMesh tenants: tenants, users and roles, \
    Construction Kit models, entities. Sign the user in first: call authenticate(tenantId), show \
    the address and code, then check_auth_status until signed in. Name the tenant in each call \
    (tenantId). Destructive tools need confirm=true: ask the user before. Read \
    octomesh://guide/getting-started for the whole way and octomesh://guide/entities before \
    writing entities; ck-schema://{tenantId}/domain shows all types of a tenant.";

struct Document {
    uri: &'static str,
    name: &'static str,
    title: &'static str,
    description: &'static str,
    text: &'static str,
}

const DOCUMENTS: [Document; 2] = [
    Document {
        uri: "octomesh://guide/getting-started",
        name: "getting-started",
        title: "Getting started",
        description: "From sign-in to typed data: which tools to call in which order.",
        text: include_str!("../guide/getting-started.md"),
    },
    Document {
        uri: "octomesh://guide/entities",
        name: "entities",
        title: "Entities and their types",
        description: "How types are named, values are written and entities are found.",
        text: include_str!("../guide/entities.md"),
    },
];

/// The documents, as listed.
pub fn resources() -> Vec<Resource> {
    DOCUMENTS
        .iter()
        .map(|document| {
            let mut resource = Resource::new(document.uri, document.name);
            resource.title = Some(document.title.to_owned());
            resource.description = Some(document.description.to_owned());
            resource.mime_type = Some("text/markdown".to_owned());
            resource.size = Some(document.text.len() as u64);
            resource
        })
        .collect()
}

/// The text of a document.
pub fn read(uri: &str) -> Option<ReadResourceResult> {
    let document = DOCUMENTS.iter().find(|document| document.uri == uri)?;
    let contents = ResourceContents::text(document.text, uri).with_mime_type("text/markdown");
    Some(ReadResourceResult::new(vec![contents]))
}

/// The prompts, as listed.
pub fn prompts() -> Vec<Prompt> {
    let tenant = PromptArgument::new("tenantId")
        .with_description("Tenant to sign in to. On a fresh machine: octosystem.")
        .with_required(false);
    let reviewed = PromptArgument::new("tenantId")
        .with_description("Tenant to look at.")
        .with_required(true);
    vec![
        Prompt::new(
            "review_tenant",
            Some("Look through a tenant's users, roles and models and point out what is odd."),
            Some(vec![reviewed]),
        ),
        Prompt::new(
            "sign_in",
            Some("Sign in to OctoMesh and look around."),
            Some(vec![tenant]),
        ),
    ]
}

/// Names of a prompt's arguments; `None` for unknown prompts.
pub fn arguments(prompt: &str) -> Option<Vec<String>> {
    let known = prompts().into_iter().find(|known| known.name == prompt)?;
    let arguments = known.arguments.unwrap_or_default();
    Some(
        arguments
            .into_iter()
            .map(|argument| argument.name)
            .collect(),
    )
}

/// A prompt with its arguments filled in.
///
/// # Errors
/// What is wrong with the name or the arguments.
pub fn prompt(name: &str, arguments: Option<&JsonObject>) -> Result<GetPromptResult, String> {
    let tenant = arguments
        .and_then(|arguments| arguments.get("tenantId"))
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|tenant| !tenant.is_empty());
    let text = match name {
        "sign_in" => {
            let tenant = tenant.unwrap_or("octosystem");
            format!(
                "Sign me in to OctoMesh tenant '{tenant}': call authenticate, show me the address \
                 and the code, and wait with check_auth_status until I have confirmed. Then tell \
                 me who I am (whoami) and which tenants I can work on (list_tenants)."
            )
        }
        "review_tenant" => {
            let tenant = tenant.ok_or("The argument tenantId is required.")?;
            format!(
                "Look through OctoMesh tenant '{tenant}' without changing anything: its users \
                 (get_users) and their roles, its roles (get_roles) and its models \
                 (get_available_models, get_available_types). Summarise what is there and point \
                 out what looks unusual, such as users nobody needs any more."
            )
        }
        other => return Err(format!("Unknown prompt: '{}'", other.escape_debug())),
    };
    Ok(GetPromptResult::new(vec![PromptMessage::new_text(
        Role::User,
        text,
    )]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_document_and_prompt_can_be_read() {
        for resource in resources() {
            assert!(read(&resource.uri).is_some(), "{}", resource.uri);
        }
        let arguments = serde_json::json!({"tenantId": "acme"});
        for listed in prompts() {
            let result = prompt(&listed.name, arguments.as_object()).unwrap();
            assert!(serde_json::to_string(&result).unwrap().contains("acme"));
        }
    }

    #[test]
    fn unknown_names_and_missing_arguments_are_refused() {
        assert!(read("octomesh://guide/../secret").is_none());
        assert!(prompt("review_tenant", None).is_err());
        assert!(prompt("x", None).is_err());
    }
}
