//! Asking the user before a destructive call, in both protocol generations (spec, protocol 5).

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::app::{App, PASSWORD, assert_failure, assert_success};
use crate::client::{Client, Stream};

/// What the tests delete.
const ROLE: &str = "Guides";

fn delete() -> Value {
    json!({"tenantId": "acme", "roleName": ROLE})
}

/// A server with tenant `acme`, its administrator, and a role to delete.
async fn acme() -> (App, Client) {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    assert_success(&admin.call("create_role", delete()).await);
    (app, admin)
}

async fn role_exists(admin: &mut Client) -> bool {
    let roles = admin.call("get_roles", json!({"tenantId": "acme"})).await;
    assert_success(&roles);
    roles.to_string().contains(ROLE)
}

/// A stateless client, signed in, that can put questions.
async fn modern(app: &App) -> Client {
    let mut client = Client::modern(&app.mcp_url());
    client.capabilities = json!({"elicitation": {"form": {}}});
    app.sign_in(&mut client, "octosystem", "admin", PASSWORD)
        .await;
    client
}

/// Calls without confirmation and returns the sealed state of the question.
async fn ask(client: &mut Client) -> String {
    let asked = client.call_raw("delete_role", delete()).await;
    let result = &asked["result"];
    assert_eq!(result["resultType"], json!("input_required"), "{asked:#}");
    result["requestState"].as_str().unwrap().to_owned()
}

fn answer(action: &str, confirm: &Value) -> Value {
    json!({"confirm": {"action": action, "content": {"confirm": confirm}}})
}

fn yes() -> Value {
    answer("accept", &json!(true))
}

async fn retry(client: &mut Client, arguments: Value, state: &str, answers: Value) -> Value {
    let extra = json!({"requestState": state, "inputResponses": answers});
    client.call_with("delete_role", arguments, extra).await
}

#[tokio::test]
async fn a_stateless_client_is_asked_and_a_yes_deletes() {
    let (app, mut admin) = acme().await;
    let mut client = modern(&app).await;
    let asked = client.call_raw("delete_role", delete()).await;
    let requests = asked["result"]["inputRequests"].as_object().unwrap();
    assert_eq!(requests.len(), 1);
    let question = &requests["confirm"];
    assert_eq!(question["method"], json!("elicitation/create"));
    let text = "Really delete role 'Guides'? (tenant 'acme')";
    assert_eq!(question["params"]["message"], json!(text));
    let form = &question["params"]["requestedSchema"];
    assert_eq!(form["properties"]["confirm"]["type"], json!("boolean"));
    assert_eq!(form["required"], json!(["confirm"]));
    let state = asked["result"]["requestState"].as_str().unwrap();
    for secret in [client.handle.as_deref().unwrap(), ROLE, "acme"] {
        assert!(!state.contains(secret), "{state}");
    }
    assert!(role_exists(&mut admin).await);

    let done = retry(&mut client, delete(), state, yes()).await;
    assert_success(&done["result"]["structuredContent"]);
    assert_eq!(done["result"]["resultType"], json!("complete"));
    assert!(!role_exists(&mut admin).await);
}

#[tokio::test]
async fn anything_but_yes_deletes_nothing() {
    let (app, mut admin) = acme().await;
    let mut client = modern(&app).await;
    let refusal = "Refusing to delete role 'Guides' without confirm=true.";
    for answers in [
        answer("decline", &Value::Null),
        answer("cancel", &Value::Null),
        answer("decline", &json!(true)),
        answer("accept", &json!(false)),
        answer("accept", &json!("true")),
        json!({"confirm": {"action": "accept"}}),
        json!({"confirm": "accept"}),
    ] {
        let state = ask(&mut client).await;
        let refused = retry(&mut client, delete(), &state, answers.clone()).await;
        if refused["error"].is_object() {
            assert_eq!(refused["error"]["code"], json!(-32602), "{answers}");
        } else {
            assert_failure(&refused["result"]["structuredContent"], refusal);
        }
        assert!(role_exists(&mut admin).await, "{answers}");
    }
    // Who does not answer this question is asked again.
    for answers in [json!({}), json!({"other": {"action": "accept"}})] {
        let state = ask(&mut client).await;
        let again = retry(&mut client, delete(), &state, answers).await;
        assert_eq!(
            again["result"]["resultType"],
            json!("input_required"),
            "{again:#}"
        );
    }
    for nonsense in [json!("yes"), json!([true]), json!(7)] {
        let state = ask(&mut client).await;
        let answer = retry(&mut client, delete(), &state, nonsense).await;
        assert_eq!(answer["error"]["code"], json!(-32602), "{answer}");
    }
    assert!(role_exists(&mut admin).await);
}

#[tokio::test]
async fn an_answer_is_good_for_its_question_only() {
    let (app, mut admin) = acme().await;
    let other = json!({"tenantId": "acme", "roleName": "Other"});
    assert_success(&admin.call("create_role", other.clone()).await);
    let mut client = modern(&app).await;
    let mut stranger = modern(&app).await;
    let state = ask(&mut client).await;
    let flip = |at: usize| {
        let mut bytes = state.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let refused = |answer: &Value| {
        assert_eq!(answer["error"]["code"], json!(-32602), "{answer:#}");
    };
    for forged in [
        flip(state.len() / 2),
        flip(state.len() - 3),
        state[..state.len() - 4].to_owned(),
        String::new(),
        "nonsense".to_owned(),
    ] {
        refused(&retry(&mut client, delete(), &forged, yes()).await);
    }
    refused(&retry(&mut client, other, &state, yes()).await);
    refused(&retry(&mut stranger, delete(), &state, yes()).await);
    let users = json!({"tenantId": "acme", "userNameOrEmail": "xt_octosystem_admin"});
    let extra = json!({"requestState": state, "inputResponses": yes()});
    refused(&client.call_with("delete_user", users, extra).await);
    assert!(role_exists(&mut admin).await);

    assert_success(
        &retry(&mut client, delete(), &state, yes()).await["result"]["structuredContent"],
    );
    assert_success(&admin.call("create_role", delete()).await);
    refused(&retry(&mut client, delete(), &state, yes()).await);
    assert!(role_exists(&mut admin).await, "a replayed answer is void");
}

#[tokio::test]
async fn clients_that_cannot_ask_get_the_refusal() {
    let (app, mut admin) = acme().await;
    let refusal = "Refusing to delete role 'Guides' without confirm=true.";
    let mut client = modern(&app).await;
    for capabilities in [json!({}), json!({"elicitation": {"url": {}}})] {
        client.capabilities = capabilities;
        let refused = client.call_raw("delete_role", delete()).await;
        assert_eq!(refused["result"]["resultType"], json!("complete"));
        assert_eq!(refused["result"]["isError"], json!(true));
        assert_failure(&refused["result"]["structuredContent"], refusal);
    }
    assert_failure(&admin.call("delete_role", delete()).await, refusal);
    assert!(role_exists(&mut admin).await);
    // Clients that can ask need not be asked.
    client.capabilities = json!({"elicitation": {}});
    let mut confirmed = delete();
    confirmed["confirm"] = json!(true);
    assert_success(&client.call("delete_role", confirmed).await);
}

/// A client with a session that can put questions, signed in.
async fn with_session(app: &App) -> Client {
    let mut client = Client::new(&app.mcp_url());
    client.capabilities = json!({"elicitation": {}});
    client.initialize().await;
    app.sign_in(&mut client, "octosystem", "admin", PASSWORD)
        .await;
    client
}

/// Calls without confirmation, answers the question and returns the result.
async fn ask_session(client: &mut Client, result: Value) -> Value {
    let call = json!({"name": "delete_role", "arguments": delete()});
    let mut stream = Stream::new(client.exchange("tools/call", call).await);
    let question = stream.next().await.unwrap();
    assert_eq!(
        question["method"],
        json!("elicitation/create"),
        "{question}"
    );
    let text = "Really delete role 'Guides'? (tenant 'acme')";
    assert_eq!(question["params"]["message"], json!(text));
    let answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": result});
    let sent = client.send(&answer, None).await;
    assert_eq!(sent.status(), StatusCode::ACCEPTED);
    stream.next().await.unwrap()["result"]["structuredContent"].clone()
}

#[tokio::test]
async fn a_client_with_a_session_is_asked_on_the_stream_of_its_call() {
    let (app, mut admin) = acme().await;
    let mut client = with_session(&app).await;
    let refusal = "Refusing to delete role 'Guides' without confirm=true.";
    for no in [
        json!({"action": "decline"}),
        json!({"action": "cancel"}),
        json!({"action": "accept", "content": {"confirm": false}}),
        json!({"action": "accept", "content": {"confirm": "true"}}),
        json!({"action": "accept"}),
        json!({"nonsense": 1}),
    ] {
        let refused = ask_session(&mut client, no.clone()).await;
        assert_failure(&refused, refusal);
        assert!(role_exists(&mut admin).await, "{no}");
    }
    let yes = json!({"action": "accept", "content": {"confirm": true}});
    assert_success(&ask_session(&mut client, yes).await);
    assert!(!role_exists(&mut admin).await);
}

#[tokio::test]
async fn nobody_else_answers_the_question_of_a_session() {
    let (app, mut admin) = acme().await;
    let mut client = with_session(&app).await;
    let stranger = with_session(&app).await;
    let call = json!({"name": "delete_role", "arguments": delete()});
    let mut stream = Stream::new(client.exchange("tools/call", call).await);
    let question = stream.next().await.unwrap();
    let answer = |action: &str| {
        let result = json!({"action": action, "content": {"confirm": true}});
        json!({"jsonrpc": "2.0", "id": question["id"], "result": result})
    };
    stranger.send(&answer("accept"), None).await;
    client.send(&answer("decline"), None).await;
    let result = stream.next().await.unwrap();
    assert_failure(&result["result"]["structuredContent"], "Refusing to");
    assert!(role_exists(&mut admin).await);
}
