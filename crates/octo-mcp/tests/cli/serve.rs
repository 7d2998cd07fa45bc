//! `octo-mcp serve`: from the start to the end of a process.

use std::net::TcpListener;
use std::time::Instant;

use regex::Regex;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Client, Stream};
use crate::process::{PASSWORD, Process, octo_mcp, text};

/// Starts a server that refuses to start; returns what it says.
fn refused(variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let temp = TempDir::new().unwrap();
    let data = temp.path().join("data");
    let mut command = octo_mcp(&["serve", "--data-dir", data.to_str().unwrap()]);
    let output = command
        .args(arguments)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
    assert!(!said.contains("panicked"), "{said}");
    said
}

#[tokio::test]
async fn the_first_start_shows_the_way_and_the_password_once() {
    let temp = TempDir::new().unwrap();
    let first = Process::start_with(temp.path(), |_| {});
    let addresses = first.addresses.as_object().unwrap();
    assert_eq!(addresses["pid"], json!(first.id()));
    for service in [
        "mcp",
        "identity",
        "assets",
        "communication",
        "bot",
        "reporting",
    ] {
        let url = addresses[service].as_str().unwrap();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        // Everything accepts by now.
        reqwest::get(url).await.unwrap();
    }
    assert!(first.mcp_url().ends_with("/mcp"));
    let welcome = first.welcome.clone();
    let add = format!(
        "claude mcp add --transport http octomesh {}",
        first.mcp_url()
    );
    assert!(welcome.contains(&add), "{welcome}");
    let shown = Regex::new(r"password\s+(\S+)").unwrap();
    let password = shown.captures(&welcome).unwrap()[1].to_owned();
    assert!(password.len() >= 16, "{welcome}");
    first.admin(&password).await;
    assert!(!first.stderr().contains(&password));
    let (status, rest) = first.terminate();
    assert_eq!(status.code(), Some(0));
    assert!(!rest.contains(&password), "{rest}");
    assert!(!temp.path().join("ready.json").exists());

    // A configured password is for the first start: it changes nothing later.
    let second = Process::start(temp.path());
    assert!(!second.welcome.contains("password"), "{}", second.welcome);
    assert!(second.welcome.contains("claude mcp add"));
    let mut client = second.admin(&password).await;
    let me = client.call("whoami", json!({})).await;
    assert_eq!(me["userName"], json!("admin"));
    assert!(!second.stderr().contains(&password));
}

#[test]
fn settings_that_mean_nothing_are_refused_by_name() {
    let said = refused(
        &[
            ("OCTO_MCP__PUBLICURLL", "http://localhost"),
            ("OCTO_NONSENSE__KEY", "1"),
            ("OCTO_MCP__PORT", "many"),
            ("OCTO_MCP__ANONYMOUSLOGIN", "perhaps"),
        ],
        &[],
    );
    for key in [
        "OCTO_MCP__PUBLICURLL",
        "OCTO_NONSENSE__KEY",
        "OCTO_MCP__PORT",
        "OCTO_MCP__ANONYMOUSLOGIN",
    ] {
        assert!(said.contains(key), "{key}: {said}");
    }
    for url in ["mcp.local", "ftp://mcp.local", "/mcp", ""] {
        let said = refused(&[("OCTO_MCP__PUBLICURL", url)], &[]);
        assert!(said.contains("OCTO_MCP__PUBLICURL"), "{url}: {said}");
    }
    let said = refused(
        &[("OCTO_EMBEDDED__ADMINPASSWORD", "weakling")],
        &["--ports", "auto"],
    );
    assert!(
        said.contains("password") && !said.contains("weakling"),
        "{said}"
    );
    let said = refused(
        &[(
            "OCTO_OCTOSERVICEURLS__IDENTITYSERVICEURL",
            "http://localhost:1",
        )],
        &[],
    );
    assert!(said.contains("OCTO_MCP__AUTHORITYURL"), "{said}");
}

#[test]
fn configuration_files_that_cannot_be_used_are_refused() {
    let said = refused(&[], &["--config", "/nowhere/octo.json"]);
    assert!(said.contains("/nowhere/octo.json"), "{said}");
    let temp = TempDir::new().unwrap();
    for (content, part) in [
        ("{", "configuration file"),
        ("{\"Mcp\": {\"Prot\": 1}}", "PROT"),
        ("{\"Mcp\": {\"Port\": 70000}}", "PORT"),
    ] {
        let file = temp.path().join("octo.json");
        std::fs::write(&file, content).unwrap();
        let said = refused(&[], &["--config", file.to_str().unwrap()]);
        assert!(said.contains(part), "{content}: {said}");
    }
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = refused(&[("OCTO_MCP__PORT", &port)], &[]);
    assert!(said.contains(&format!("127.0.0.1:{port}")), "{said}");
    assert!(said.contains("--ports auto"), "{said}");
}

#[tokio::test]
async fn settings_come_from_a_file_and_the_environment() {
    let temp = TempDir::new().unwrap();
    let file = temp.path().join("octo.json");
    let content = json!({"Mcp": {
        "PublicUrl": "http://from-file.example", "AnonymousLogin": "Off",
    }});
    std::fs::write(&file, content.to_string()).unwrap();
    let process = Process::start_with(temp.path(), |command| {
        command.arg("--config").arg(&file);
        command.env("OCTO_MCP__PUBLICURL", "https://mcp.example/");
    });
    let base = process.mcp_url().trim_end_matches("/mcp");
    let url = format!("{base}/.well-known/oauth-protected-resource");
    let document: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    assert_eq!(document["resource"], json!("https://mcp.example"));
    let challenged = reqwest::Client::new().post(process.mcp_url());
    assert_eq!(challenged.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_request_to_stop_ends_it_at_once_whatever_is_open() {
    let temp = TempDir::new().unwrap();
    let process = Process::start(temp.path());
    let mut client = Client::new(process.mcp_url());
    client.capabilities = json!({"elicitation": {}});
    client.initialize().await;
    let http = reqwest::Client::new();
    let stream = http
        .get(process.mcp_url())
        .header("Accept", "text/event-stream")
        .header("Mcp-Session-Id", client.session.as_deref().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(stream.status(), 200);
    crate::process::sign_in(&mut client, &mut crate::browser::Browser::new(), PASSWORD).await;
    // A question that nobody answers.
    let arguments = json!({"tenantId": "octosystem", "roleName": "x"});
    let call = json!({"name": "delete_role", "arguments": arguments});
    let mut question = Stream::new(client.exchange("tools/call", call).await);
    question.next().await.unwrap();

    let asked = Instant::now();
    let (status, _) = process.terminate();
    assert_eq!(status.code(), Some(0));
    // Well below the ten seconds that calls at work may take.
    assert!(asked.elapsed().as_secs() < 5, "{:?}", asked.elapsed());
    drop(stream);
}
