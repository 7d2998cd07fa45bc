//! A tool: a contract and the work behind it.
//!
//! A tool is declared once, next to its code, and carries everything others need to know about it:
//! schema, risk, confirmation, who may call it. What it needs is in its signature (an extractor
//! style as in axum): a handler that takes a [`TenantCall`](crate::call::TenantCall) runs only for
//! callers authorized for the tenant, and forgetting the check does not compile.

use std::any::Any;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use rmcp::model::{JsonObject, MetaObject, ToolAnnotations};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::call::{Authorized, Context};
use crate::reply::{Failure, Payload, Reply, ToolResult};
use crate::schema;

/// How much damage a call can do; advice for the client's approval dialogue (spec, surface 10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Risk {
    /// Reads, or changes nothing that matters.
    Low,
    /// Changes data.
    Medium,
    /// Changes many things, or things that are hard to get back.
    High,
}

/// Who may call a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody who reaches the server, signed in or not.
    Open,
    /// A signed-in caller.
    User,
    /// A caller authorized for the tenant the call names.
    Tenant,
}

type Read = dyn Fn(Map<String, Value>) -> Result<Parameters, Failure> + Send + Sync;
type Run =
    dyn Fn(Authorized, Parameters) -> BoxFuture<'static, Result<Reply, Failure>> + Send + Sync;
type Check = dyn Fn(&Parameters) -> Vec<String> + Send + Sync;
type Refusal = dyn Fn(&Parameters) -> String + Send + Sync;

/// The arguments of a call, read once into the type the tool declares.
pub struct Parameters(Box<dyn Any + Send + Sync>);

impl Parameters {
    fn read<P: DeserializeOwned + Send + Sync + 'static>(
        arguments: Map<String, Value>,
    ) -> Result<Self, Failure> {
        let read: Result<P, _> = serde_json::from_value(Value::Object(arguments));
        let read = read.map_err(|error| Failure::new(format!("Invalid arguments: {error}.")))?;
        Ok(Self(Box::new(read)))
    }

    fn get<P: 'static>(&self) -> Result<&P, Failure> {
        self.0.downcast_ref().ok_or_else(foreign)
    }

    fn into<P: 'static>(self) -> Result<P, Failure> {
        self.0
            .downcast()
            .map(|parameters| *parameters)
            .map_err(|_| foreign())
    }
}

/// Whoever declares a check for other parameters than the tool's own meets it with the first call.
fn foreign() -> Failure {
    Failure::new("The tool was declared with parameters of another tool.")
}

/// A tool of the server.
pub struct Tool {
    /// Name in `tools/call`.
    pub name: &'static str,
    /// Group the tool is listed under.
    pub category: &'static str,
    /// What the tool does.
    pub description: String,
    /// Who may call it.
    pub access: Access,
    /// How much damage it can do.
    pub risk: Risk,
    /// Changes nothing: no data, no configuration, no job.
    pub read_only: bool,
    /// Repeating a call leaves the same state.
    pub idempotent: bool,
    /// Can delete, overwrite or stop something.
    pub destructive: bool,
    /// Schema of the arguments.
    pub input: Arc<JsonObject>,
    /// Schema of the result; absent where the result is plain text.
    pub output: Option<Arc<JsonObject>>,
    /// Required texts that may be empty.
    pub may_be_blank: &'static [&'static str],
    /// Path of the type of its arguments, which stands next to its code.
    source: &'static str,
    read: Box<Read>,
    check: Option<Box<Check>>,
    refusal: Option<Box<Refusal>>,
    run: Box<Run>,
}

/// Declares a tool. Its description is the documentation of `P`, its arguments are the fields of
/// `P`, its access is that of the context `C`.
///
/// Tools start out as risk [`Risk::Low`] and read-only; see the builder methods of [`Tool`].
pub fn tool<C, P, T, F, R>(name: &'static str, run: F) -> Tool
where
    C: Context,
    P: DeserializeOwned + JsonSchema + Send + Sync + 'static,
    T: Payload,
    F: Fn(C, P) -> R + Send + Sync + Clone + 'static,
    R: Future<Output = ToolResult<T>> + Send + 'static,
{
    let (input, description) = schema::input_of::<P>();
    let input = match C::ACCESS {
        Access::Tenant => schema::with_tenant_id(input),
        Access::Open | Access::User => input,
    };
    Tool {
        name,
        category: "",
        description,
        access: C::ACCESS,
        risk: Risk::Low,
        read_only: true,
        idempotent: true,
        destructive: false,
        input: Arc::new(input),
        output: T::schema().map(Arc::new),
        may_be_blank: &[],
        source: std::any::type_name::<P>(),
        read: Box::new(Parameters::read::<P>),
        check: None,
        refusal: None,
        run: Box::new(move |authorized, parameters| {
            let run = run.clone();
            Box::pin(async move {
                let context = C::from_authorized(authorized)?;
                let parameters = parameters.into()?;
                run(context, parameters).await.map(T::into_reply)
            })
        }),
    }
}

impl Tool {
    /// Sets the risk.
    pub fn risk(mut self, risk: Risk) -> Self {
        self.risk = risk;
        self
    }

    /// Marks a tool that changes something and may be repeated without further effect.
    pub fn writes(mut self) -> Self {
        self.read_only = false;
        self
    }

    /// Marks a tool that adds something with every call.
    pub fn adds(mut self) -> Self {
        self.read_only = false;
        self.idempotent = false;
        self
    }

    /// Marks a tool that can delete, overwrite or stop something.
    pub fn destructive(mut self) -> Self {
        self.read_only = false;
        self.destructive = true;
        self
    }

    /// Allows these required texts to be empty.
    pub fn may_be_blank(mut self, names: &'static [&'static str]) -> Self {
        self.may_be_blank = names;
        self
    }

    /// Adds a check of the arguments that the schema cannot express; it returns every problem.
    pub fn check<P, F>(mut self, check: F) -> Self
    where
        P: 'static,
        F: Fn(&P) -> Vec<String> + Send + Sync + 'static,
    {
        self.check = Some(Box::new(move |parameters| match parameters.get() {
            Ok(parameters) => check(parameters),
            Err(failure) => vec![failure.message().to_owned()],
        }));
        self
    }

    /// Requires `confirm: true`; `refusal` words the answer without it.
    pub fn confirm<P, F>(mut self, refusal: F) -> Self
    where
        P: 'static,
        F: Fn(&P) -> String + Send + Sync + 'static,
    {
        let mut input = (*self.input).clone();
        schema::add_confirm(&mut input);
        self.input = Arc::new(input);
        self.refusal = Some(Box::new(move |parameters| match parameters.get() {
            Ok(parameters) => refusal(parameters),
            Err(failure) => failure.message().to_owned(),
        }));
        self
    }

    /// Where the tool is written: module and type of its arguments.
    pub fn source(&self) -> (&'static str, &'static str) {
        self.source.rsplit_once("::").unwrap_or(("", self.source))
    }

    /// Whether the tool needs `confirm: true`.
    pub fn needs_confirm(&self) -> bool {
        self.refusal.is_some()
    }

    /// Reads arguments that have the form the schema describes.
    ///
    /// # Errors
    /// They do not fit together in a way the schema cannot express.
    pub fn read(&self, arguments: Map<String, Value>) -> Result<Parameters, Failure> {
        (self.read)(arguments)
    }

    /// Problems that only the tool can see, found before anything runs.
    pub fn problems(&self, parameters: &Parameters) -> Vec<String> {
        self.check
            .as_ref()
            .map_or_else(Vec::new, |check| check(parameters))
    }

    /// The refusal text of a call without confirmation.
    pub fn refusal(&self, parameters: &Parameters) -> Option<String> {
        self.refusal.as_ref().map(|refusal| refusal(parameters))
    }

    /// Runs the work for an authorized call.
    pub fn run(
        &self,
        authorized: Authorized,
        parameters: Parameters,
    ) -> BoxFuture<'static, Result<Reply, Failure>> {
        (self.run)(authorized, parameters)
    }

    /// The entry of `tools/list`.
    pub fn definition(&self) -> rmcp::model::Tool {
        let title = title_of(self.name);
        let annotations = ToolAnnotations::from_raw(
            Some(title.clone()),
            Some(self.read_only),
            Some(self.destructive),
            Some(self.idempotent),
            Some(false),
        );
        let mut meta = MetaObject::new();
        meta.insert("com.octomesh/risk".to_owned(), json!(self.risk));
        meta.insert("com.octomesh/category".to_owned(), json!(self.category));
        let tool = rmcp::model::Tool::new(self.name, self.description.clone(), self.input.clone())
            .with_title(title)
            .with_annotations(annotations)
            .with_meta(meta);
        match &self.output {
            Some(output) => tool.with_raw_output_schema(output.clone()),
            None => tool,
        }
    }
}

fn title_of(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + chars.as_str()
    })
}

/// A named group of tools, one file each.
pub struct Toolset {
    /// Category of its tools, as in the contract.
    pub category: &'static str,
    /// What the group is for.
    pub description: &'static str,
    /// Its tools.
    pub tools: Vec<Tool>,
}

impl Toolset {
    /// An empty group.
    pub fn new(category: &'static str, description: &'static str) -> Self {
        Self {
            category,
            description,
            tools: Vec::new(),
        }
    }

    /// Adds a tool.
    pub fn tool(mut self, mut tool: Tool) -> Self {
        tool.category = self.category;
        self.tools.push(tool);
        self
    }
}
