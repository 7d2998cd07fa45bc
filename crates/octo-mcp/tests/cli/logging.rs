//! Nothing secret is written down, however talkative the log is (spec, auth 10.8 and P18).

use reqwest::Client as Http;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::Browser;
use crate::client::Client;
use crate::process::{PASSWORD, Process, sign_in};

const CREATED: &str = "Secr3t-of-bob";
const RESET: &str = "N3w-secret-of-bob";

/// Signs in past the MCP server; returns everything secret about it.
async fn device_login(process: &Process) -> Vec<String> {
    let identity = process.addresses["identity"].as_str().unwrap();
    let post = async |endpoint: &str, form: &[(&str, &str)]| {
        let url = format!("{identity}/connect/{endpoint}");
        let request = Http::new().post(url).form(form);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer
    };
    let client = ("client_id", "octo-mcpServices-device");
    let scope = ("scope", "openid octo_api offline_access");
    let tenant = ("acr_values", "tenant:octosystem");
    let started = post("deviceauthorization", &[client, scope, tenant]).await;
    let page = started["verification_uri_complete"].as_str().unwrap();
    Browser::new().allow(page, "admin", PASSWORD).await;
    let code = started["device_code"].as_str().unwrap();
    let grant = ("grant_type", "urn:ietf:params:oauth:grant-type:device_code");
    let first = post("token", &[client, grant, ("device_code", code)]).await;
    let refresh = first["refresh_token"].as_str().unwrap();
    let grant = ("grant_type", "refresh_token");
    let second = post("token", &[client, grant, ("refresh_token", refresh)]).await;
    let mut secrets = vec![code.to_owned()];
    for tokens in [&first, &second] {
        for kind in ["access_token", "refresh_token"] {
            secrets.push(tokens[kind].as_str().unwrap().to_owned());
        }
    }
    secrets
}

/// Works with passwords through the tools.
async fn work(client: &mut Client) {
    let user = json!({
        "tenantId": "octosystem", "userName": "bob", "email": "bob@example.org",
        "password": CREATED,
    });
    let created = client.call("create_user", user).await;
    assert_eq!(created["isSuccess"], json!(true), "{created}");
    for password in [RESET, "weak"] {
        let reset = json!({
            "tenantId": "octosystem", "userNameOrEmail": "bob", "newPassword": password,
            "confirm": true,
        });
        client.call("reset_user_password", reset).await;
    }
    let wrong = json!({"tenantId": "octosystem", "newPassword": [CREATED], "confirm": true});
    client.call("reset_user_password", wrong).await;
    let delete = json!({"tenantId": "octosystem", "userNameOrEmail": "bob", "confirm": true});
    let deleted = client.call("delete_user", delete).await;
    assert_eq!(deleted["isSuccess"], json!(true), "{deleted}");
}

/// Runs the server with a talkative log and looks for secrets in what it wrote.
async fn check(variable: &str, value: &str) {
    let temp = TempDir::new().unwrap();
    let process = Process::start_with(temp.path(), |command| {
        command.env("OCTO_EMBEDDED__ADMINPASSWORD", PASSWORD);
        command.env(variable, value);
    });
    let mut secrets: Vec<String> = [PASSWORD, CREATED, RESET].map(str::to_owned).to_vec();
    let mut browser = Browser::new();
    let mut session = Client::connect(process.mcp_url()).await;
    sign_in(&mut session, &mut browser, PASSWORD).await;
    work(&mut session).await;
    secrets.extend(session.session.clone());
    let mut modern = Client::modern(process.mcp_url());
    sign_in(&mut modern, &mut browser, PASSWORD).await;
    work(&mut modern).await;
    secrets.extend(modern.handle.clone());
    secrets.extend(browser.cookies().map(str::to_owned));
    let tokens = device_login(&process).await;
    let mut bearer = Client::modern(process.mcp_url());
    bearer.bearer = Some(tokens[1].clone());
    work(&mut bearer).await;
    secrets.extend(tokens);
    let name = json!({"fileName": "secret.json"});
    let reserved = bearer.call("prepare_file_upload", name).await;
    let url = reserved["uploadUrl"].as_str().unwrap();
    Http::new().put(url).body("x").send().await.unwrap();
    secrets.push(reserved["transferId"].as_str().unwrap().to_owned());

    let welcome = process.welcome.clone();
    let stderr = process.stderr();
    let (_, rest) = process.terminate();
    let written = format!("{welcome}\n{stderr}\n{rest}");
    assert!(
        written.contains("TRACE") && written.contains("create_user"),
        "the log says too little to prove anything:\n{written}"
    );
    secrets.extend(["eyJ", "oah_", "$argon2"].map(str::to_owned));
    let mut leaks = Vec::new();
    for line in written.lines() {
        for secret in secrets.iter().filter(|secret| line.contains(*secret)) {
            let shown: String = line.chars().take(300).collect();
            leaks.push(format!("{secret:.20} in: {shown}"));
        }
    }
    leaks.truncate(20);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

#[tokio::test]
async fn the_configured_level_shows_no_secrets() {
    check("OCTO_MCP__MINLOGLEVEL", "Trace").await;
}

#[tokio::test]
async fn the_usual_variable_shows_no_secrets() {
    check("RUST_LOG", "trace").await;
}
