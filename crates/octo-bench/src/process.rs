//! Server processes: starting, stopping, and what the system says about them.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Failure;

/// Password of `admin` in the servers measured.
pub(crate) const PASSWORD: &str = "Bench-mark-1";
/// A server that takes longer than this to start or stop has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server; killed when dropped.
pub(crate) struct Process {
    child: Child,
}

/// An octo-mcp server that is ready.
pub(crate) struct OctoServer {
    /// Its process.
    pub(crate) process: Process,
    /// Contents of the ready file.
    pub(crate) addresses: Value,
    /// From spawning the process to the ready file.
    pub(crate) started_in: Duration,
}

impl OctoServer {
    /// Starts the `octo-mcp` beside this program and waits until it is ready.
    pub(crate) fn start(data_dir: &Path) -> Result<Self, Failure> {
        let ready = data_dir.with_extension("ready");
        let begin = Instant::now();
        let child = Command::new(octo_mcp()?)
            .arg("serve")
            .args(["--ports", "auto"])
            .arg("--data-dir")
            .arg(data_dir)
            .arg("--ready-file")
            .arg(&ready)
            .env("OCTO_EMBEDDED__ADMINPASSWORD", PASSWORD)
            .stdout(Stdio::null())
            .stderr(File::create(data_dir.with_extension("log"))?)
            .spawn()?;
        let mut process = Process { child };
        loop {
            // The file appears whole, so whatever can be read is complete.
            if let Ok(text) = std::fs::read_to_string(&ready) {
                let started_in = begin.elapsed();
                let addresses = serde_json::from_str(&text)?;
                return Ok(Self {
                    process,
                    addresses,
                    started_in,
                });
            }
            if let Some(status) = process.child.try_wait()? {
                return Err(format!("octo-mcp ended at start: {status}").into());
            }
            if begin.elapsed() > PATIENCE {
                return Err("octo-mcp did not become ready".into());
            }
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    /// One of the addresses of the ready file.
    pub(crate) fn address(&self, name: &str) -> Result<&str, Failure> {
        self.addresses[name]
            .as_str()
            .ok_or_else(|| format!("the ready file has no '{name}'").into())
    }
}

/// Starts the bare server; returns it with its address.
pub(crate) fn start_echo() -> Result<(Process, String), Failure> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("echo-server")
        .stdout(Stdio::piped())
        .spawn()?;
    let out = child.stdout.take().ok_or("no output")?;
    let process = Process { child };
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line)?;
    Ok((process, line.trim().to_owned()))
}

impl Process {
    /// Processor time used so far.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        cpu_of(&self.child.id().to_string())
    }

    /// Resident memory, bytes.
    pub(crate) fn memory(&self) -> Result<u64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let kilobytes: u64 = kilobytes.ok_or("no VmRSS")?.trim().parse()?;
        Ok(kilobytes * 1024)
    }

    /// Asks the server to end and waits for it.
    pub(crate) fn stop(mut self) -> Result<(), Failure> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        let begin = Instant::now();
        while self.child.try_wait()?.is_none() {
            if begin.elapsed() > PATIENCE {
                return Err("octo-mcp did not stop".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only for a process that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processor time this program has used so far.
pub(crate) fn own_cpu() -> Result<Duration, Failure> {
    cpu_of("self")
}

/// User and system time of a process; Linux counts them in hundredths of a second.
fn cpu_of(process: &str) -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field, a name in parentheses, may hold blanks.
    let (_, fields) = stat.rsplit_once(')').ok_or("ill-formed stat")?;
    let ticks: Result<Vec<u64>, _> = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(str::parse)
        .collect();
    Ok(Duration::from_millis(ticks?.iter().sum::<u64>() * 10))
}

/// The `octo-mcp` beside this program.
pub(crate) fn octo_mcp() -> Result<PathBuf, Failure> {
    let path = std::env::current_exe()?.with_file_name("octo-mcp");
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!(
            "{} is missing. Build it: cargo build --release -p octo-mcp -p octo-bench",
            path.display()
        )
        .into())
    }
}
