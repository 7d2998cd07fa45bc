//! The call pipeline: the same steps, in the same order, for every call of every tool.
//!
//! 1. find the tool, 2. read the arguments, 3. caller, 4. tenant, 5. authorize, 6. confirm,
//! 7. limits, 8. the tool's work, 9. envelope, 10. statistics and audit.
//!
//! Arguments come before authority on purpose: wrong arguments tell a caller nothing about
//! anybody's data, and both are cheap.

use std::sync::Arc;
use std::time::{Duration, Instant};

use octo_runtime::TenantId;
use rmcp::model::{CallToolRequestParams, CallToolResponse, ClientCapabilities};
use rmcp::{ErrorData, Peer, RoleServer};
use serde_json::{Map, Value};
use tracing::Instrument;

use crate::arguments;
use crate::auth::verifier::fingerprint;
use crate::auth::{Caller, Denial, Principal, StoreKey, VerifiedToken};
use crate::call::{Authorized, Grant, Incoming};
use crate::confirm::{self, Answer};
use crate::reply::{Failure, Reply, envelope};
use crate::services::Services;
use crate::tool::{Access, Parameters, Risk, Tool};

/// Argument that names a sign-in made without a session.
pub const AUTH_HANDLE: &str = "authHandle";

/// The client's side of a request, where the server may have to ask back.
pub struct Client {
    /// Connection to the client.
    pub peer: Peer<RoleServer>,
    /// What it said it can do.
    pub capabilities: Option<ClientCapabilities>,
}

/// Runs a call.
///
/// # Errors
/// A protocol error for unknown tools and unacceptable request states; everything else is a
/// result.
pub async fn call(
    services: &Arc<Services>,
    mut request: CallToolRequestParams,
    incoming: Incoming,
    client: Client,
) -> Result<CallToolResponse, ErrorData> {
    let Some(tool) = services.catalogue.tool(&request.name).cloned() else {
        let text = format!("Unknown tool: '{}'", request.name.escape_debug());
        return Err(ErrorData::invalid_params(text, None));
    };
    let span = tracing::info_span!("tool", name = tool.name);
    let started = Instant::now();
    let mut run = Run {
        services,
        tool: &tool,
        incoming,
        client,
        tenant: None,
        actor: None,
    };
    // A question about the call is sealed together with its arguments; nobody else needs them twice.
    let given = match tool.needs_confirm() {
        true => request.arguments.clone(),
        false => request.arguments.take(),
    };
    let outcome = run.outcome(&request, given.unwrap_or_default());
    let outcome = outcome.instrument(span).await?;
    let outcome = match outcome {
        Outcome::Ask(question) => return Ok(CallToolResponse::InputRequired(*question)),
        Outcome::Done(outcome) => outcome,
    };
    let error = outcome.as_ref().err().map(Failure::message);
    services
        .statistics
        .record(tool.name, started.elapsed(), error);
    run.audit(error);
    Ok(envelope(outcome, run.tenant.as_ref().map(TenantId::as_str)).into())
}

enum Outcome {
    Done(Result<Reply, Failure>),
    Ask(Box<rmcp::model::InputRequiredResult>),
}

struct Run<'a> {
    services: &'a Arc<Services>,
    tool: &'a Arc<Tool>,
    incoming: Incoming,
    client: Client,
    tenant: Option<TenantId>,
    actor: Option<Principal>,
}

/// What a call asks for, in the form the pipeline and the tool work with.
pub(crate) struct Asked {
    parameters: Parameters,
    /// The tenant it names itself.
    tenant: Option<String>,
    is_confirmed: bool,
}

impl Asked {
    /// Reads the arguments; every problem with them when they cannot be used.
    pub(crate) fn read(tool: &Tool, given: Map<String, Value>) -> Result<Self, Vec<String>> {
        let arguments = arguments::read(&tool.input, tool.may_be_blank, given)?;
        let tenant = arguments.get("tenantId").and_then(Value::as_str);
        let tenant = tenant.map(str::trim).filter(|name| !name.is_empty());
        let tenant = tenant.map(str::to_owned);
        let is_confirmed = arguments.get("confirm") == Some(&Value::Bool(true));
        let parameters = tool.read(arguments);
        let parameters = parameters.map_err(|failure| vec![failure.message().to_owned()])?;
        let problems = tool.problems(&parameters);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            parameters,
            tenant,
            is_confirmed,
        })
    }
}

impl Run<'_> {
    async fn outcome(
        &mut self,
        request: &CallToolRequestParams,
        mut given: Map<String, Value>,
    ) -> Result<Outcome, ErrorData> {
        if let Err(failure) = self.take_handle(&mut given) {
            return Ok(Outcome::Done(Err(failure)));
        }
        let (asked, grant) = match self.prepare(given).await {
            Ok(prepared) => prepared,
            Err(failure) => return Ok(Outcome::Done(Err(failure))),
        };
        match self.confirmed(request, &asked).await? {
            Answer::Confirmed => {}
            Answer::Ask(question) => return Ok(Outcome::Ask(question)),
            Answer::Refused => {
                let refusal = self.tool.refusal(&asked.parameters).unwrap_or_default();
                return Ok(Outcome::Done(Err(Failure::new(refusal))));
            }
        }
        Ok(Outcome::Done(self.run(grant, asked.parameters).await))
    }

    /// Steps 2 to 5.
    async fn prepare(&mut self, given: Map<String, Value>) -> Result<(Asked, Grant), Failure> {
        let asked = Asked::read(self.tool, given);
        // A caller who may not call at all is told so before anything about the arguments.
        let grant = match (self.tool.access, &asked) {
            (Access::Open, _) => Ok(Grant::Open),
            (Access::Tenant, Ok(asked)) => self.tenant_grant(asked.tenant.as_deref()).await,
            (Access::User | Access::Tenant, _) => self.user().await.map(Grant::User),
        };
        let grant = grant.map_err(|denial| Failure::new(denial.to_string()))?;
        self.actor = match &grant {
            Grant::Open => None,
            Grant::User(token) => token.principal.clone(),
            Grant::Tenant(access) => access.token.principal.clone(),
        };
        match asked {
            Ok(asked) => Ok((asked, grant)),
            Err(problems) => Err(Failure::new(problems.join(" ")).with("problems", problems)),
        }
    }

    async fn user(&self) -> Result<Arc<VerifiedToken>, Denial> {
        self.services
            .gate
            .signed_in(&self.incoming.caller, self.incoming.key.as_ref())
            .await
    }

    async fn tenant_grant(&mut self, named: Option<&str>) -> Result<Grant, Denial> {
        let route = self.incoming.route_tenant.as_deref();
        if let (Some(named), Some(route)) = (named, route)
            && self.services.config.mcp.routetenantisbinding
            && !named.eq_ignore_ascii_case(route)
        {
            return Err(Denial::RouteBinds(named.to_owned(), route.to_owned()));
        }
        let tenant = named.or(route).ok_or(Denial::NoTenant)?;
        let tenant: TenantId = tenant.parse().map_err(|_| Denial::InvalidTenant)?;
        let (caller, key) = (&self.incoming.caller, self.incoming.key.as_ref());
        let access = self.services.gate.authorize(caller, key, tenant).await?;
        self.tenant = Some(access.tenant.clone());
        Ok(Grant::Tenant(access))
    }

    /// Step 6.
    async fn confirmed(
        &self,
        request: &CallToolRequestParams,
        asked: &Asked,
    ) -> Result<Answer, ErrorData> {
        if asked.is_confirmed {
            return Ok(Answer::Confirmed);
        }
        let Some(refusal) = self.tool.refusal(&asked.parameters) else {
            return Ok(Answer::Confirmed);
        };
        let question = confirm::question(&refusal, self.tenant.as_ref().map(TenantId::as_str));
        let capabilities = self.client.capabilities.as_ref();
        if self.incoming.is_modern {
            let confirmations = &self.services.confirmations;
            let caller = self.caller_name();
            return confirmations.ask_stateless(request, capabilities, &caller, &question);
        }
        Ok(confirm::ask_session(&self.client.peer, capabilities, &question).await)
    }

    /// Steps 7 and 8.
    async fn run(&self, grant: Grant, parameters: Parameters) -> Result<Reply, Failure> {
        let seconds = self.services.config.mcp.calltimeoutseconds;
        let limit = Duration::from_secs(seconds);
        let work = async {
            let place = self.services.places.acquire().await;
            let _place = place.map_err(|_| Failure::new("The server is shutting down."))?;
            let authorized = Authorized {
                services: self.services.clone(),
                incoming: self.incoming.clone(),
                grant,
            };
            self.tool.run(authorized, parameters).await
        };
        tokio::select! {
            done = tokio::time::timeout(limit, work) => done.unwrap_or_else(|_| {
                Err(Failure::new(format!("The call took longer than {seconds} seconds and was stopped.")))
            }),
            () = self.incoming.cancelled.cancelled() => Err(Failure::new("The call was cancelled.")),
        }
    }

    /// Takes the handle out of the arguments before anything else sees it.
    fn take_handle(&mut self, arguments: &mut Map<String, Value>) -> Result<(), Failure> {
        let name = arguments
            .keys()
            .find(|name| name.eq_ignore_ascii_case(AUTH_HANDLE))
            .cloned();
        let Some(given) = name.and_then(|name| arguments.remove(&name)) else {
            return Ok(());
        };
        let handle = match given {
            Value::Null => return Ok(()),
            Value::String(handle) if handle.is_empty() => return Ok(()),
            Value::String(handle) => handle,
            _ => return Err(unknown_handle()),
        };
        let can_have_one =
            self.incoming.is_modern && matches!(self.incoming.caller, Caller::Anonymous);
        let key = StoreKey::Handle(fingerprint(&handle));
        if !can_have_one || self.services.token_store.find(&key).is_none() {
            return Err(unknown_handle());
        }
        self.incoming.key = Some(key);
        Ok(())
    }

    fn caller_name(&self) -> String {
        match (self.incoming.caller.principal(), &self.incoming.key) {
            (Some(principal), _) => principal.as_str().to_owned(),
            (None, Some(StoreKey::Handle(digest))) => format!("handle:{digest:x?}"),
            (None, _) => String::new(),
        }
    }

    /// Step 10: who did what to which tenant, for calls that can do damage.
    fn audit(&self, error: Option<&str>) {
        if self.tool.risk < Risk::Medium {
            return;
        }
        tracing::info!(
            target: "audit",
            tool = self.tool.name,
            risk = ?self.tool.risk,
            tenant = self.tenant.as_ref().map(TenantId::as_str),
            caller = self.actor.as_ref().map(Principal::as_str),
            outcome = if error.is_none() { "done" } else { "failed" },
        );
    }
}

fn unknown_handle() -> Failure {
    Failure::new("Unknown or expired authHandle. Call 'authenticate' again.")
}
