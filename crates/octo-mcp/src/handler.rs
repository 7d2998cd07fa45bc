//! The protocol side: answers MCP requests from the catalogue and the pipeline.
//!
//! `rmcp` speaks both protocol generations; what it leaves to the application is here: lists with
//! cache hints and real cursors, server identity on every result, refusals instead of empty
//! defaults for what is not served.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use http::request::Parts;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult,
    CustomRequest, CustomResult, DiscoverResult, ErrorCode, GetPromptRequestParams,
    GetPromptResponse, Implementation, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, MetaObject, PaginatedRequestParams, ProtocolVersion,
    ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};

use crate::auth::{Caller, StoreKey};
use crate::call::{Incoming, Progress};
use crate::completion;
use crate::guide;
use crate::pipeline::{self, Client};
use crate::resources;
use crate::schema;
use crate::services::Services;
use crate::transport::RouteTenant;

/// How long clients may keep lists.
const LIST_TTL: Duration = Duration::from_secs(3600);

/// How long clients may keep what is about a tenant.
const TENANT_TTL: Duration = Duration::from_secs(60);

/// Adds to a result what only the stateless generation knows: cache hints and server identity.
macro_rules! hinted {
    ($result:expr, $context:expr, $scope:expr) => {
        hinted!($result, $context, $scope, LIST_TTL)
    };
    ($result:expr, $context:expr, $scope:expr, $ttl:expr) => {{
        let mut result = $result;
        if is_modern(&$context) {
            result = result.with_ttl_ms(millis($ttl)).with_cache_scope($scope);
            result.meta = Some(server_meta());
        }
        result
    }};
}

/// Serves one session or one stateless request; cheap to make.
#[derive(Clone)]
pub struct Handler {
    services: Arc<Services>,
}

impl Handler {
    /// A handler over the shared state.
    pub fn new(services: Arc<Services>) -> Self {
        Self { services }
    }

    fn incoming(&self, context: &RequestContext<RoleServer>) -> Incoming {
        let is_modern = is_modern(context);
        let parts = context.extensions.get::<Parts>();
        let caller = parts
            .and_then(|parts| parts.extensions.get::<Caller>())
            .cloned();
        let caller = caller.unwrap_or(Caller::Anonymous);
        let key = match &caller {
            Caller::Bearer(token) => token.principal.clone().map(StoreKey::Bearer),
            Caller::Anonymous if is_modern => None,
            // The transport has checked that this session exists and is this caller's.
            Caller::Anonymous => parts
                .and_then(|parts| parts.headers.get("mcp-session-id")?.to_str().ok())
                .map(|id| StoreKey::Session(id.into())),
        };
        let route = parts.and_then(|parts| parts.extensions.get::<RouteTenant>());
        let progress = context.meta.get_progress_token();
        Incoming {
            caller,
            key,
            route_tenant: route.and_then(|route| route.0.clone()),
            is_modern,
            cancelled: context.ct.clone(),
            progress: progress.map(|token| Progress::new(context.peer.clone(), token)),
        }
    }
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .enable_prompts()
            .enable_completions()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(server_info())
            .with_instructions(guide::INSTRUCTIONS)
    }

    async fn discover(
        &self,
        _context: RequestContext<RoleServer>,
    ) -> Result<DiscoverResult, ErrorData> {
        let info = self.get_info();
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, info)
            .with_ttl_ms(millis(LIST_TTL))
            .with_cache_scope(CacheScope::Public))
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        refuse_cursor(request)?;
        let incoming = self.incoming(&context);
        let mut tools = self.services.catalogue.definitions().to_vec();
        let mut scope = CacheScope::Public;
        if incoming.is_modern && matches!(incoming.caller, Caller::Anonymous) {
            scope = CacheScope::Private;
            for tool in &mut tools {
                tool.input_schema = Arc::new(schema::with_auth_handle(&tool.input_schema));
            }
        }
        Ok(hinted!(
            ListToolsResult::with_all_items(tools),
            context,
            scope
        ))
    }

    /// What the transport compares headers with, for each call: a name and a schema.
    fn get_tool(&self, name: &str) -> Option<rmcp::model::Tool> {
        let tool = self.services.catalogue.tool(name)?;
        let input = tool.input.clone();
        Some(rmcp::model::Tool::new_with_raw(tool.name, None, input))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let incoming = self.incoming(&context);
        let client = Client {
            capabilities: context.client_capabilities(),
            peer: context.peer.clone(),
        };
        // The protocol layer moves this future about before it runs it; in a box it is small.
        let call = Box::pin(pipeline::call(&self.services, request, incoming, client));
        let response = call.await?;
        Ok(match response {
            CallToolResponse::Complete(mut result) if is_modern(&context) => {
                result.meta = Some(server_meta());
                CallToolResponse::Complete(result)
            }
            other => other,
        })
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        refuse_cursor(request)?;
        let listed = resources::list(&self.services, &self.incoming(&context)).await;
        Ok(hinted!(
            ListResourcesResult::with_all_items(listed),
            context,
            CacheScope::Private,
            TENANT_TTL
        ))
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        refuse_cursor(request)?;
        Ok(hinted!(
            ListResourceTemplatesResult::with_all_items(resources::templates(&self.services)),
            context,
            CacheScope::Public
        ))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        if let Some(guide) = guide::read(&request.uri) {
            return Ok(hinted!(guide, context, CacheScope::Public).into());
        }
        let incoming = self.incoming(&context);
        let contents = resources::read(&self.services, &incoming, &request.uri).await?;
        Ok(hinted!(contents, context, CacheScope::Private, TENANT_TTL).into())
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        refuse_cursor(request)?;
        Ok(hinted!(
            ListPromptsResult::with_all_items(guide::prompts()),
            context,
            CacheScope::Public
        ))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        guide::prompt(&request.name, request.arguments.as_ref())
            .map(Into::into)
            .map_err(|problem| ErrorData::invalid_params(problem, None))
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let incoming = self.incoming(&context);
        let info = completion::complete(&self.services, &incoming, &request).await?;
        let mut result = CompleteResult::new(info);
        if is_modern(&context) {
            result.meta = Some(server_meta());
        }
        Ok(result)
    }

    #[expect(deprecated, reason = "refused, not served")]
    async fn set_level(
        &self,
        _request: rmcp::model::SetLevelRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Err(not_served("logging/setLevel"))
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        // The untagged request type sends known methods with ill-formed parameters here.
        let is_served = match request.method.as_str() {
            "tools/call" | "resources/read" | "prompts/get" | "completion/complete" => true,
            "initialize" => !is_modern(&context),
            _ => false,
        };
        if is_served {
            let text = format!("The parameters of {} are not well-formed.", request.method);
            return Err(ErrorData::invalid_params(text, None));
        }
        Err(not_served(&request.method))
    }
}

/// Name and version of this server.
pub fn server_info() -> Implementation {
    Implementation::new("octomesh-mcp", env!("CARGO_PKG_VERSION")).with_title("OctoMesh MCP Server")
}

/// Names the server on a result.
fn server_meta() -> MetaObject {
    static META: LazyLock<MetaObject> = LazyLock::new(|| {
        let mut meta = MetaObject::new();
        let info = serde_json::to_value(server_info()).unwrap_or_default();
        meta.insert("io.modelcontextprotocol/serverInfo".to_owned(), info);
        meta
    });
    META.clone()
}

fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context
        .protocol_version()
        .is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}

/// Every list fits one page, so every cursor is somebody else's.
fn refuse_cursor(request: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match request.and_then(|request| request.cursor) {
        None => Ok(()),
        Some(_) => Err(ErrorData::invalid_params(
            "Unknown cursor. Start without one.",
            None,
        )),
    }
}

fn not_served(method: &str) -> ErrorData {
    ErrorData::new(
        ErrorCode::METHOD_NOT_FOUND,
        format!("Method '{}' is not available.", method.escape_debug()),
        None,
    )
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
