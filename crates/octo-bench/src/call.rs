//! `octo-bench call`: what the pipeline costs.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use url::Url;

use crate::load::{self, Measured};
use crate::process::{OctoServer, PASSWORD, Process, own_cpu, start_echo};
use crate::requests::{Generation, Target};
use crate::sign_in::sign_in;
use crate::{Failure, echo};

/// Least throughput of a stateless call beside the bare server's.
const LEAST_RATIO: f64 = 0.6;
/// Longest a schema of a type may take, half of the time.
const LONGEST_SCHEMA: Duration = Duration::from_millis(1);
/// Tenant of the token and of the calls.
const TENANT: &str = "octosystem";

/// Compare calls of an authenticated, tenant-bound tool with a bare rmcp echo server.
#[derive(Args)]
pub(crate) struct Call {
    /// Seconds of a round.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Rounds per server; the servers take turns.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Connections that call at the same time.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Fail when stateless calls reach less than 0.6 of the bare server's throughput, or the median
    /// of schemas takes 1 ms.
    #[arg(long)]
    check: bool,
}

/// A server under load.
struct Side {
    name: &'static str,
    process: Process,
    target: Target,
}

impl Call {
    /// Measures and prints; `false` when a check failed.
    pub(crate) fn run(&self) -> Result<bool, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(self.compare())
    }

    async fn compare(&self) -> Result<bool, Failure> {
        let folder = tempfile::tempdir()?;
        let server = OctoServer::start(&folder.path().join("data"))?;
        let octo = octo_side(server).await?;
        let bare = bare_side()?;
        println!(
            "{} connections, {} rounds of {} s per server\n",
            self.connections, self.rounds, self.seconds
        );
        println!(
            "{:<10} {:<9} {:>9} {:>9} {:>9} {:>12} {:>12}",
            "protocol", "server", "calls/s", "p50 ms", "p99 ms", "server µs", "client µs"
        );
        let stateless = self.row(Generation::Stateless, &octo, &bare).await?;
        let session = self.row(Generation::Session, &octo, &bare).await?;
        let schema = self.schema(&octo).await?;
        println!("\nThroughput beside bare rmcp: stateless {stateless:.2}, session {session:.2}.");
        println!("µs: processor time for one call. Memory after the load:");
        for side in [&octo, &bare] {
            println!("  {:<9} {:>5.1} MB", side.name, megabytes(&side.process)?);
        }
        let passed = stateless >= LEAST_RATIO && schema < LONGEST_SCHEMA;
        if self.check && !passed {
            println!(
                "\nToo slow: a stateless call must reach {LEAST_RATIO}, half of the schemas {} ms.",
                LONGEST_SCHEMA.as_millis()
            );
        }
        octo.process.stop()?;
        Ok(passed || !self.check)
    }

    /// Measures one generation on both servers and prints it; returns the ratio of throughputs.
    async fn row(&self, generation: Generation, octo: &Side, bare: &Side) -> Result<f64, Failure> {
        let mut results = [Measured::default(), Measured::default()];
        let warm_up = Duration::from_secs_f64((self.seconds / 5.0).max(0.5));
        let length = Duration::from_secs_f64(self.seconds);
        for side in [octo, bare] {
            self.round(side, generation, warm_up).await?;
        }
        for _ in 0..self.rounds {
            for (side, result) in [octo, bare].into_iter().zip(&mut results) {
                result.add(self.round(side, generation, length).await?);
            }
        }
        for (side, result) in [octo, bare].into_iter().zip(&mut results) {
            print_row(generation, side.name, result);
        }
        Ok(results[0].rate() / results[1].rate())
    }

    /// Measures `get_type_schema`, one call after the other; returns the median.
    async fn schema(&self, octo: &Side) -> Result<Duration, Failure> {
        let target = Target {
            tool: "get_type_schema",
            arguments: json!({"ckTypeId": "System.Identity/Client", "tenantId": TENANT}),
            expected: "\"isSuccess\":true",
            ..octo.target.clone()
        };
        let length = Duration::from_secs_f64(self.seconds);
        let mut measured = load::run(&target, Generation::Stateless, 1, length).await?;
        println!(
            "\nget_type_schema, one client: p50 {:.2} ms, p99 {:.2} ms",
            millis(measured.percentile(0.5)),
            millis(measured.percentile(0.99)),
        );
        Ok(measured.percentile(0.5))
    }

    async fn round(
        &self,
        side: &Side,
        generation: Generation,
        length: Duration,
    ) -> Result<Measured, Failure> {
        let (server, own) = (side.process.cpu()?, own_cpu()?);
        let mut measured = load::run(&side.target, generation, self.connections, length).await?;
        measured.server_cpu = side.process.cpu()? - server;
        measured.generator_cpu = own_cpu()? - own;
        Ok(measured)
    }
}

async fn octo_side(server: OctoServer) -> Result<Side, Failure> {
    let token = sign_in(server.address("identity")?, TENANT, "admin", PASSWORD).await?;
    Ok(Side {
        name: "octo-mcp",
        target: Target {
            url: Url::parse(server.address("mcp")?)?,
            tool: "Echo",
            arguments: json!({"message": "world", "tenantId": TENANT}),
            numbers: Arc::default(),
            bearer: Some(token.expose().to_owned()),
            expected: "hello world, from tenant octosystem",
        },
        process: server.process,
    })
}

fn bare_side() -> Result<Side, Failure> {
    let (process, url) = start_echo()?;
    Ok(Side {
        name: "bare rmcp",
        target: Target {
            url: Url::parse(&url)?,
            tool: echo::TOOL,
            arguments: json!({"message": "world"}),
            numbers: Arc::default(),
            bearer: None,
            expected: "hello world",
        },
        process,
    })
}

fn print_row(generation: Generation, server: &str, measured: &mut Measured) {
    let protocol = match generation {
        Generation::Stateless => "stateless",
        Generation::Session => "session",
    };
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    println!(
        "{protocol:<10} {server:<9} {:>9.0} {:>9.2} {:>9.2} {:>12.1} {:>12.1}",
        measured.rate(),
        millis(measured.percentile(0.5)),
        millis(measured.percentile(0.99)),
        micros(measured.per_call(measured.server_cpu)),
        micros(measured.per_call(measured.generator_cpu)),
    );
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Resident memory of a process, millions of bytes.
pub(crate) fn megabytes(process: &Process) -> Result<f64, Failure> {
    Ok(process.memory()? as f64 / 1e6)
}
