//! Knowledge sources: notes a tenant keeps for its AI workers (spec, surface 12.2).

use octo_ck::TypeGraph;
use octo_runtime::{Entity, RtId, RuntimeError, Tenant};

use super::markdown::{block, code, line};
use octo_sdk::fetch::Fetcher;

/// Type of the entities.
pub const TYPE: &str = "System.Ai/AiKnowledgeSource";

/// What a tenant noted.
struct Source {
    title: Option<String>,
    kind: Option<String>,
    path: Option<String>,
    scopes: Option<String>,
}

/// Whether a tenant can have knowledge sources at all.
pub(super) fn is_supported(graph: &TypeGraph) -> bool {
    graph.find_type(TYPE).is_ok()
}

/// The document of a knowledge source; what fails is said in it.
///
/// # Errors
/// When the tenant's data cannot be read.
pub(super) async fn document(
    tenant: &Tenant,
    rt_id: &str,
    fetcher: &Fetcher,
) -> Result<String, RuntimeError> {
    let given = rt_id.trim();
    if given.is_empty() {
        return Ok(error("rtId is required."));
    }
    let Ok(id) = given.parse::<RtId>() else {
        return Ok(error(&format!(
            "Invalid rtId '{given}' — expected a 24-character hex ObjectId."
        )));
    };
    let Some(entity) = tenant.get(TYPE, id).await? else {
        let name = tenant.id();
        return Ok(error(&format!(
            "AiKnowledgeSource '{given}' not found on tenant '{name}'."
        )));
    };
    let source = Source::read(&tenant.graph(), &entity);
    let mut text = source.header(tenant.id().as_str(), given);
    text.push_str(&source.content(fetcher).await);
    Ok(text)
}

impl Source {
    fn read(graph: &TypeGraph, entity: &Entity) -> Self {
        let text = |name: &str| {
            let text = entity.attributes.str(name).map(str::trim);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let kind = entity.attributes.i32("Kind").map(|key| {
            let node = graph.type_node(&entity.ck_type_id);
            let kinds = node.and_then(|node| node.attribute("Kind")?.enum_type.as_ref());
            kinds
                .and_then(|kinds| kinds.name_of(key))
                .map_or_else(|| key.to_string(), str::to_owned)
        });
        Self {
            title: text("Title"),
            kind,
            path: text("Path"),
            scopes: text("AppliesToScopes"),
        }
    }

    fn header(&self, tenant: &str, rt_id: &str) -> String {
        let title = self.title.as_deref().map(line);
        format!(
            "# {}\n\n- Tenant: {}\n- rtId: {}\n- Kind: {}\n- AppliesToScopes: {}\n\n",
            title.as_deref().unwrap_or("AI Knowledge Source"),
            code(tenant),
            code(rt_id),
            self.kind.as_deref().unwrap_or("_unknown_"),
            code(self.scopes.as_deref().unwrap_or("*")),
        )
    }

    async fn content(&self, fetcher: &Fetcher) -> String {
        let path = self.path.as_deref();
        match (self.kind.as_deref(), path) {
            (Some("ClaudeMd"), Some(path)) => format!(
                "## Content (ClaudeMd)\n\n{}\n\n_A file of the worker's workspace: the worker reads it itself._\n",
                code(path)
            ),
            (Some("ClaudeMd"), None) => {
                "## Content (ClaudeMd)\n\n_No path is set: there is no file to read._\n".to_owned()
            }
            (Some("Url"), Some(url)) => {
                format!(
                    "## Content (Url)\n\nSource: {}\n\n{}",
                    line(url),
                    fetched(fetcher, url).await
                )
            }
            (Some("Url"), None) => {
                "## Content (Url)\n\n_No URL is set: there is nothing to fetch._\n".to_owned()
            }
            (Some("McpResource"), Some(uri)) => format!(
                "## Content (McpResource passthrough)\n\nInner MCP URI: {}\n\n_Read that resource from the MCP server that has it._\n",
                code(uri)
            ),
            (Some("McpResource"), None) => {
                "## Content (McpResource passthrough)\n\n_No URI is set: there is no resource to read._\n"
                    .to_owned()
            }
            (Some("RagDoc"), _) => {
                "## Content (RagDoc)\n\n_Documents for retrieval are reserved for a later version._\n"
                    .to_owned()
            }
            (Some(other), _) => {
                format!("## Content\n\n_The kind {} is not known here._\n", code(other))
            }
            (None, _) => "## Content\n\n_The source has no kind._\n".to_owned(),
        }
    }
}

async fn fetched(fetcher: &Fetcher, url: &str) -> String {
    match fetcher.text(url).await {
        Ok(text) => block(&text),
        Err(problem) => format!("_Fetch failed: {problem}._\n"),
    }
}

fn error(message: &str) -> String {
    format!("# AI Knowledge Source\n\n_Error: {}_\n", line(message))
}
