//! Asking before a destructive call (spec, protocol 5 and surface 13).
//!
//! Without `confirm: true` a call is refused. Where the client can put a question to its user, the
//! server asks first: a legacy session by a request of its own, a stateless client by answering
//! "input required" with a sealed state that is good for one retry of exactly this call.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rmcp::model::{
    CallToolRequestParams, ClientCapabilities, ElicitRequest, ElicitRequestParams,
    ElicitationSchema, InputRequest, InputRequiredResult, RequestStateCodec, SealOptions,
};
use rmcp::schemars::JsonSchema;
use rmcp::service::ElicitationError;
use rmcp::{ErrorData, Peer, RoleServer};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// How long a question may stay open.
const OPEN_FOR: Duration = Duration::from_secs(300);
/// Answered questions remembered, so that an answer is good once.
const REMEMBERED: usize = 10_000;
/// Key of the question in the client's answers.
const QUESTION: &str = "confirm";

/// The form put to the user.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Confirmation {
    /// Yes, do it.
    confirm: bool,
}
rmcp::elicit_safe!(Confirmation);

/// What came of asking.
pub enum Answer {
    /// The user said yes.
    Confirmed,
    /// The user said no, or cannot be asked.
    Refused,
    /// The client has to put the question and retry.
    Ask(Box<InputRequiredResult>),
}

/// Seals the state of open questions and remembers the answered ones.
pub struct Confirmations {
    codec: RequestStateCodec,
    answered: Mutex<HashMap<String, Instant>>,
}

impl Confirmations {
    /// With a fresh key: open questions do not survive a restart.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn new() -> Result<Self, &'static str> {
        let mut key = [0_u8; 32];
        rand::fill(&mut key).map_err(|_| "the system provides no random numbers")?;
        let codec = RequestStateCodec::try_new(key.to_vec()).map_err(|_| "the key is too short")?;
        Ok(Self {
            codec,
            answered: Mutex::default(),
        })
    }

    /// Asks a client of the stateless generation, or reads its answer. `caller` names who asks:
    /// nobody else can use the answer.
    ///
    /// # Errors
    /// A state that was altered, has expired, was used, or belongs to another call or caller.
    pub fn ask_stateless(
        &self,
        request: &CallToolRequestParams,
        capabilities: Option<&ClientCapabilities>,
        caller: &str,
        question: &str,
    ) -> Result<Answer, ErrorData> {
        if !can_ask(capabilities) {
            return Ok(Answer::Refused);
        }
        let context = binding(request, caller);
        let answer = request
            .input_responses
            .as_ref()
            .and_then(|answers| answers.get(QUESTION));
        let (Some(state), Some(answer)) = (&request.request_state, answer) else {
            return self
                .question(&context, question)
                .map(|q| Answer::Ask(Box::new(q)));
        };
        let nonce = self.codec.open_with(state, &context).map_err(|error| {
            ErrorData::invalid_params(
                format!("requestState is not acceptable: {error}. Call the tool again without it."),
                None,
            )
        })?;
        if !self.use_once(&String::from_utf8_lossy(&nonce)) {
            return Err(ErrorData::invalid_params(
                "requestState was used before. Call the tool again without it.",
                None,
            ));
        }
        let accepted = answer.get("action") == Some(&json!("accept"))
            && answer.pointer("/content/confirm") == Some(&json!(true));
        Ok(if accepted {
            Answer::Confirmed
        } else {
            Answer::Refused
        })
    }

    fn question(&self, context: &[u8], question: &str) -> Result<InputRequiredResult, ErrorData> {
        let internal = |_| ErrorData::internal_error("the question could not be prepared", None);
        let mut nonce = [0_u8; 16];
        rand::fill(&mut nonce).map_err(internal)?;
        let options = SealOptions::new().associated_data(context).ttl(OPEN_FOR);
        let state = self
            .codec
            .seal_with(URL_SAFE_NO_PAD.encode(nonce).as_bytes(), &options);
        let requested_schema = ElicitationSchema::from_type::<Confirmation>()
            .map_err(|_| ErrorData::internal_error("the question could not be prepared", None))?;
        let form = ElicitRequestParams::FormElicitationParams {
            meta: None,
            message: question.to_owned(),
            requested_schema,
        };
        let request = InputRequest::Elicitation(ElicitRequest::new(form));
        let requests = BTreeMap::from([(QUESTION.to_owned(), request)]);
        Ok(InputRequiredResult::new(Some(requests), Some(state)))
    }

    fn use_once(&self, nonce: &str) -> bool {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        if answered.len() >= REMEMBERED {
            answered.retain(|_, at| at.elapsed() < OPEN_FOR);
        }
        answered.len() < REMEMBERED && answered.insert(nonce.to_owned(), Instant::now()).is_none()
    }
}

/// Asks the user of a legacy session.
pub async fn ask_session(
    peer: &Peer<RoleServer>,
    capabilities: Option<&ClientCapabilities>,
    question: &str,
) -> Answer {
    if !can_ask(capabilities) {
        return Answer::Refused;
    }
    let asked = peer
        .elicit_with_timeout::<Confirmation>(question, Some(OPEN_FOR))
        .await;
    match asked {
        Ok(Some(Confirmation { confirm: true })) => Answer::Confirmed,
        Ok(_) | Err(ElicitationError::UserDeclined | ElicitationError::UserCancelled) => {
            Answer::Refused
        }
        Err(error) => {
            tracing::debug!(%error, "the client could not ask its user");
            Answer::Refused
        }
    }
}

/// The question for a refusal text: what would be done, and where.
pub fn question(refusal: &str, tenant: Option<&str>) -> String {
    let what = refusal
        .strip_prefix("Refusing to ")
        .and_then(|rest| rest.split_once(" without "))
        .map_or(refusal, |(what, _)| what);
    match tenant {
        Some(tenant) => format!("Really {what}? (tenant '{tenant}')"),
        None => format!("Really {what}?"),
    }
}

fn can_ask(capabilities: Option<&ClientCapabilities>) -> bool {
    let elicitation = capabilities.and_then(|c| c.elicitation.as_ref());
    // `elicitation: {}` means form.
    elicitation.is_some_and(|e| e.form.is_some() || e.url.is_none())
}

/// Caller, tool and arguments: an answer is good for this call only.
fn binding(request: &CallToolRequestParams, caller: &str) -> Vec<u8> {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [
        caller,
        &request.name,
        &canonical(request.arguments.as_ref()),
    ] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    context.finish().as_ref().to_vec()
}

/// Arguments in an order that does not depend on the client.
fn canonical(arguments: Option<&Map<String, Value>>) -> String {
    let sorted: BTreeMap<_, _> = arguments.into_iter().flatten().collect();
    serde_json::to_string(&sorted).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capabilities() -> ClientCapabilities {
        serde_json::from_value(json!({"elicitation": {"form": {}}})).unwrap()
    }

    fn call(arguments: Value) -> CallToolRequestParams {
        let Value::Object(arguments) = arguments else {
            panic!("not an object")
        };
        CallToolRequestParams::new("delete_user").with_arguments(arguments)
    }

    fn ask(confirmations: &Confirmations, request: &CallToolRequestParams) -> String {
        let answer = confirmations
            .ask_stateless(request, Some(&capabilities()), "bob", "Really?")
            .unwrap();
        let Answer::Ask(question) = answer else {
            panic!("did not ask")
        };
        question.request_state.unwrap()
    }

    fn retry(
        confirmations: &Confirmations,
        request: CallToolRequestParams,
        state: &str,
        caller: &str,
        answer: Value,
    ) -> Result<bool, ErrorData> {
        let request = request
            .with_request_state(state)
            .with_input_responses(BTreeMap::from([("confirm".to_owned(), answer)]));
        confirmations
            .ask_stateless(&request, Some(&capabilities()), caller, "Really?")
            .map(|answer| matches!(answer, Answer::Confirmed))
    }

    #[test]
    fn an_answer_is_good_for_one_retry_of_the_same_call_by_the_same_caller() {
        let confirmations = Confirmations::new().unwrap();
        let yes = json!({"action": "accept", "content": {"confirm": true}});
        let bob = || call(json!({"userNameOrEmail": "bob"}));
        let state = ask(&confirmations, &bob());
        let other = call(json!({"userNameOrEmail": "eve"}));
        assert!(retry(&confirmations, other, &state, "bob", yes.clone()).is_err());
        assert!(retry(&confirmations, bob(), &state, "eve", yes.clone()).is_err());
        let mut flipped = state.clone();
        flipped.pop();
        assert!(retry(&confirmations, bob(), &flipped, "bob", yes.clone()).is_err());
        assert!(retry(&confirmations, bob(), &state, "bob", yes.clone()).unwrap());
        assert!(
            retry(&confirmations, bob(), &state, "bob", yes).is_err(),
            "used"
        );
    }

    #[test]
    fn anything_but_a_clear_yes_refuses() {
        let confirmations = Confirmations::new().unwrap();
        for answer in [
            json!({"action": "decline"}),
            json!({"action": "cancel"}),
            json!({"action": "accept", "content": {"confirm": false}}),
            json!({"action": "accept", "content": {"confirm": "true"}}),
            json!({"action": "accept"}),
            json!("accept"),
        ] {
            let request = call(json!({}));
            let state = ask(&confirmations, &request);
            assert!(!retry(&confirmations, request, &state, "bob", answer).unwrap());
        }
    }

    #[test]
    fn clients_that_cannot_ask_are_refused() {
        let confirmations = Confirmations::new().unwrap();
        let answer = confirmations.ask_stateless(&call(json!({})), None, "bob", "Really?");
        assert!(matches!(answer, Ok(Answer::Refused)));
    }

    #[test]
    fn questions_read_like_questions() {
        assert_eq!(
            question(
                "Refusing to delete user 'bob' without confirm=true.",
                Some("acme")
            ),
            "Really delete user 'bob'? (tenant 'acme')"
        );
    }
}
