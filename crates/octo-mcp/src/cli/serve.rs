//! `octo-mcp serve`.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use octo_mcp::server::Addresses;
use octo_mcp::{Config, Server};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Below these levels libraries write down whole messages, passwords and session ids included.
const QUIET: [&str; 1] = ["rmcp=warn"];

/// Calls may go on for this long after a request to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Serve MCP clients; without configuration, with the embedded OctoMesh platform.
#[derive(Args)]
pub(crate) struct Serve {
    /// JSON file with settings; OCTO_… variables win.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder for databases, keys and transfers. Default: the user's data folder.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// `auto` binds free ports instead of the configured ones.
    #[arg(long, value_enum)]
    ports: Option<Ports>,
    /// File to write the addresses to as soon as all listeners accept.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Ports {
    /// Free ports.
    Auto,
}

impl Serve {
    pub(crate) fn run(self) -> ExitCode {
        match self.serve() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("octo-mcp: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn serve(self) -> Result<(), Box<dyn std::error::Error>> {
        let mut config = Config::load(self.config.as_deref())?;
        if matches!(self.ports, Some(Ports::Auto)) {
            use_free_ports(&mut config);
        }
        let data_dir = match self.data_dir {
            Some(dir) => dir,
            None => default_data_dir()?,
        };
        log_to_stderr(&config)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let result = runtime.block_on(serve(config, &data_dir, self.ready_file.as_deref()));
        // Work that cannot be cancelled (a hash, a query) must not hold up the end.
        runtime.shutdown_timeout(Duration::from_secs(1));
        result
    }
}

async fn serve(
    config: Config,
    data_dir: &Path,
    ready_file: Option<&Path>,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let is_cluster = config.octoserviceurls.any();
    let server = Server::start(config, data_dir).await?;
    if let Some(path) = ready_file {
        write_ready_file(path, server.addresses())?;
    }
    let welcome = welcome(
        server.addresses(),
        server.generated_password(),
        data_dir,
        is_cluster,
    );
    io::stdout().write_all(welcome.as_bytes())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    server.stop(GRACE).await;
    if let Some(path) = ready_file {
        // Whoever waits for the file must not find that of an ended server.
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

fn use_free_ports(config: &mut Config) {
    config.mcp.port = 0;
    let embedded = &mut config.embedded;
    for port in [
        &mut embedded.identityport,
        &mut embedded.assetsport,
        &mut embedded.communicationport,
        &mut embedded.botport,
        &mut embedded.reportingport,
    ] {
        *port = 0;
    }
}

fn default_data_dir() -> Result<PathBuf, String> {
    directories::ProjectDirs::from("com", "OctoMesh", "octo-mcp")
        .map(|dirs| dirs.data_dir().to_owned())
        .ok_or_else(|| "there is no user data folder; name one with --data-dir".to_owned())
}

fn log_to_stderr(config: &Config) -> Result<(), Box<dyn std::error::Error>> {
    let level = config.mcp.minloglevel.directive();
    let default = format!("{level},audit=info");
    let mut filter = match std::env::var("RUST_LOG") {
        Ok(directives) => EnvFilter::try_new(directives)?,
        Err(_) => EnvFilter::try_new(default)?,
    };
    for directive in QUIET {
        filter = filter.add_directive(directive.parse()?);
    }
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    Ok(())
}

/// Writes the whole file under another name first: a reader sees all of it or none.
fn write_ready_file(path: &Path, addresses: &Addresses) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let mut text = serde_json::to_vec(addresses)?;
    text.push(b'\n');
    std::fs::write(&temporary, text)?;
    std::fs::rename(&temporary, path)
}

fn welcome(
    addresses: &Addresses,
    password: Option<&str>,
    data_dir: &Path,
    is_cluster: bool,
) -> String {
    let mcp = &addresses.mcp;
    let mut text = format!("OctoMesh MCP server is ready at {mcp}\n");
    if is_cluster {
        return text;
    }
    text.push_str(&format!("Data: {}\n\n", data_dir.display()));
    if let Some(password) = password {
        text.push_str(&format!(
            "First start: your account is\n  user      admin\n  password  {password}   (shown only now)\n\n"
        ));
    }
    text.push_str(&format!(
        "Connect an assistant:\n  claude mcp add --transport http octomesh {mcp}\n\n\
         Then say:\n  Sign me in to OctoMesh tenant octosystem and show me who I am.\n\n\
         Stop with Ctrl-C.\n"
    ));
    text
}
