//! `octo-bench start`: time to ready, memory at rest.

use std::time::Duration;

use clap::Args;

use crate::Failure;
use crate::call::megabytes;
use crate::process::OctoServer;

/// A second start must be ready before this.
const LONGEST_START: Duration = Duration::from_millis(500);
/// Memory at rest must stay below this, MB.
const MOST_MEMORY: f64 = 60.0;
/// A server is at rest after this time without requests.
const REST: Duration = Duration::from_secs(3);

/// Measure time to ready and memory at rest.
#[derive(Args)]
pub(crate) struct Start {
    /// Second starts; the median counts.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Fail when a second start takes 0.5 s or memory at rest reaches 60 MB.
    #[arg(long)]
    check: bool,
}

impl Start {
    /// Measures and prints; `false` when a check failed.
    pub(crate) fn run(&self) -> Result<bool, Failure> {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let (first, first_memory) = start_and_rest(&data)?;
        let mut seconds = Vec::new();
        for _ in 0..self.runs.max(1) {
            let server = OctoServer::start(&data)?;
            seconds.push(server.started_in);
            server.process.stop()?;
        }
        seconds.sort_unstable();
        let second = seconds[seconds.len() / 2];
        let (_, second_memory) = start_and_rest(&data)?;
        println!("First start to ready:   {:>6.0} ms", millis(first));
        println!(
            "Second start to ready:  {:>6.0} ms (median of {}, {:.0} to {:.0})",
            millis(second),
            seconds.len(),
            millis(seconds[0]),
            millis(seconds[seconds.len() - 1]),
        );
        println!("Memory at rest, first:  {first_memory:>6.1} MB");
        println!("Memory at rest, second: {second_memory:>6.1} MB");
        let passed = second < LONGEST_START && first_memory.max(second_memory) < MOST_MEMORY;
        if self.check && !passed {
            println!("\nToo much: a second start must take less than 500 ms, memory 60 MB.");
        }
        Ok(passed || !self.check)
    }
}

fn start_and_rest(data: &std::path::Path) -> Result<(Duration, f64), Failure> {
    let server = OctoServer::start(data)?;
    std::thread::sleep(REST);
    let memory = megabytes(&server.process)?;
    let took = server.started_in;
    server.process.stop()?;
    Ok((took, memory))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
