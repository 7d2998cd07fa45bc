//! A server in a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::client::Client;

/// Password of `admin` in tests.
pub const PASSWORD: &str = "Corr3ct-horse";
/// Last line of the welcome.
const END_OF_WELCOME: &str = "Stop with Ctrl-C.";

/// The binary, without settings of whoever runs the tests.
pub fn octo_mcp(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_octo-mcp"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OCTO_")) {
        command.env_remove(name);
    }
    command.env_remove("RUST_LOG").args(arguments);
    command
}

/// Runs the binary to its end.
pub fn run(arguments: &[&str]) -> Output {
    octo_mcp(arguments).output().unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// `octo-mcp serve` on free ports, ready.
pub struct Process {
    child: Child,
    stdout: BufReader<ChildStdout>,
    folder: PathBuf,
    /// What it printed until it was ready.
    pub welcome: String,
    /// Content of the ready file.
    pub addresses: Value,
}

impl Process {
    /// Starts a server whose data is in `folder`; `admin` has [`PASSWORD`].
    pub fn start(folder: &Path) -> Self {
        let password = |command: &mut Command| {
            command.env("OCTO_EMBEDDED__ADMINPASSWORD", PASSWORD);
        };
        Self::start_with(folder, password)
    }

    /// Starts a server with changed settings.
    pub fn start_with(folder: &Path, change: impl FnOnce(&mut Command)) -> Self {
        let ready = folder.join("ready.json");
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(folder.join("stderr"))
            .unwrap();
        let mut command = octo_mcp(&["serve", "--ports", "auto"]);
        command.arg("--data-dir").arg(folder.join("data"));
        command.arg("--ready-file").arg(&ready);
        command.stdout(Stdio::piped()).stderr(log);
        change(&mut command);
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut welcome = String::new();
        while !welcome.contains(END_OF_WELCOME) {
            if stdout.read_line(&mut welcome).unwrap() == 0 {
                panic!("not started: {welcome} {}", stderr(folder));
            }
        }
        let addresses = std::fs::read_to_string(&ready).unwrap();
        Self {
            child,
            stdout,
            folder: folder.to_owned(),
            welcome,
            addresses: serde_json::from_str(&addresses).unwrap(),
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Address of the MCP endpoint.
    pub fn mcp_url(&self) -> &str {
        self.addresses["mcp"].as_str().unwrap()
    }

    /// What it wrote to stderr so far, in all its lives.
    pub fn stderr(&self) -> String {
        stderr(&self.folder)
    }

    /// Asks it to stop and waits; returns how it ended and what else it printed.
    pub fn terminate(mut self) -> (ExitStatus, String) {
        let command = format!("kill -TERM {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &command]).status().unwrap();
        assert!(sent.success());
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap(), rest)
    }

    /// Ends it without any chance to tidy up.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// A client with a session, signed in as `admin`.
    pub async fn admin(&self, password: &str) -> Client {
        let mut client = Client::connect(self.mcp_url()).await;
        sign_in(&mut client, &mut Browser::new(), password).await;
        client
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already when a test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn stderr(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("stderr")).unwrap()
}

/// Signs a client in as `admin`.
pub async fn sign_in(client: &mut Client, browser: &mut Browser, password: &str) {
    let tenant = json!({"tenantId": "octosystem"});
    let started = client.call("authenticate", tenant).await;
    let page = started["verificationUriComplete"].as_str().unwrap();
    browser.allow(page, "admin", password).await;
    client.handle = started["authHandle"].as_str().map(str::to_owned);
    let status = client.call("check_auth_status", json!({})).await;
    assert_eq!(status["isAuthenticated"], json!(true), "{status}");
}
