//! The load generator: keep-alive connections that each send one call after the other.
//!
//! It runs on one thread and speaks to `hyper` directly; what it costs is measured and printed
//! beside the results.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use url::Url;

use crate::Failure;
use crate::requests::{Generation, Requests, Target};

/// What was measured; several rounds can be added up.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// Time of each call, microseconds.
    times: Vec<u32>,
    /// Length of the rounds.
    elapsed: Duration,
    /// Processor time the server used.
    pub(crate) server_cpu: Duration,
    /// Processor time the generator used.
    pub(crate) generator_cpu: Duration,
}

impl Measured {
    /// Adds another round.
    pub(crate) fn add(&mut self, other: Self) {
        self.times.extend(other.times);
        self.elapsed += other.elapsed;
        self.server_cpu += other.server_cpu;
        self.generator_cpu += other.generator_cpu;
    }

    /// Calls a second.
    pub(crate) fn rate(&self) -> f64 {
        self.times.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// The time that `part` (0 to 1) of the calls did not exceed.
    pub(crate) fn percentile(&mut self, part: f64) -> Duration {
        self.times.sort_unstable();
        let last = self.times.len().saturating_sub(1);
        let at = (last as f64 * part).round() as usize;
        Duration::from_micros(self.times.get(at).copied().unwrap_or_default().into())
    }

    /// Processor time for one call.
    pub(crate) fn per_call(&self, cpu: Duration) -> Duration {
        cpu.div_f64((self.times.len() as f64).max(1.0))
    }
}

/// Calls `target` over `connections` connections for `length`.
pub(crate) async fn run(
    target: &Target,
    generation: Generation,
    connections: usize,
    length: Duration,
) -> Result<Measured, Failure> {
    let mut opened = Vec::new();
    for _ in 0..connections {
        opened.push(Connection::open(target, generation).await?);
    }
    measure(opened, length).await
}

/// Posts `form` over `connections` connections for `length`.
pub(crate) async fn post(
    form: &Form,
    connections: usize,
    length: Duration,
) -> Result<Measured, Failure> {
    let mut opened = Vec::new();
    for _ in 0..connections {
        opened.push(Connection::of_form(form).await?);
    }
    measure(opened, length).await
}

async fn measure(opened: Vec<Connection>, length: Duration) -> Result<Measured, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for connection in opened {
        tasks.spawn(connection.call_until(stop.clone()));
    }
    tokio::time::sleep(length).await;
    stop.store(true, Ordering::Relaxed);
    let mut measured = Measured::default();
    while let Some(times) = tasks.join_next().await {
        measured.times.extend(times??);
    }
    measured.elapsed = begin.elapsed();
    Ok(measured)
}

/// Calls `target` once.
pub(crate) async fn once(target: &Target) -> Result<(), Failure> {
    let mut connection = Connection::open(target, Generation::Stateless).await?;
    connection.call().await.map(drop)
}

/// A form that is posted again and again.
#[derive(Clone)]
pub(crate) struct Form {
    /// Where to.
    pub(crate) url: Url,
    /// Its fields, encoded.
    pub(crate) body: String,
    /// What every answer holds.
    pub(crate) expected: &'static str,
}

impl Form {
    fn request(&self) -> Result<Request<Full<Bytes>>, Failure> {
        Ok(Request::post(self.url.path())
            .header(HOST, self.url.authority())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(self.body.clone())))?)
    }
}

/// What a connection sends.
enum Source {
    Tool(Requests),
    Form(Form),
}

struct Connection {
    sender: SendRequest<Full<Bytes>>,
    source: Source,
    expected: &'static str,
}

impl Connection {
    async fn open(target: &Target, generation: Generation) -> Result<Self, Failure> {
        let mut sender = connect(&target.url).await?;
        let mut requests = Requests::new(target, generation)?;
        if generation == Generation::Session {
            let (response, _) = exchange(&mut sender, requests.initialize()?).await?;
            let session = response.headers().get("mcp-session-id").cloned();
            let session = session.ok_or("the server opened no session")?;
            exchange(&mut sender, requests.initialized(session)?).await?;
        }
        Ok(Self {
            sender,
            source: Source::Tool(requests),
            expected: target.expected,
        })
    }

    async fn of_form(form: &Form) -> Result<Self, Failure> {
        Ok(Self {
            sender: connect(&form.url).await?,
            source: Source::Form(form.clone()),
            expected: form.expected,
        })
    }

    async fn call_until(mut self, stop: Arc<AtomicBool>) -> Result<Vec<u32>, Failure> {
        let mut times = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            times.push(self.call().await?);
        }
        Ok(times)
    }

    /// One call; returns its time in microseconds.
    async fn call(&mut self) -> Result<u32, Failure> {
        let request = match &mut self.source {
            Source::Tool(requests) => requests.call()?,
            Source::Form(form) => form.request()?,
        };
        let begin = Instant::now();
        let (response, body) = exchange(&mut self.sender, request).await?;
        let time = u32::try_from(begin.elapsed().as_micros())?;
        let text = std::str::from_utf8(&body)?;
        if response.status() != StatusCode::OK || !text.contains(self.expected) {
            return Err(format!("unexpected answer, {}: {text}", response.status()).into());
        }
        Ok(time)
    }
}

/// Prints rate and times of a measurement.
pub(crate) fn print_times(name: &str, measured: &mut Measured) {
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "{name}: {:.0}/s, p50 {:.2} ms, p99 {:.2} ms",
        measured.rate(),
        millis(measured.percentile(0.5)),
        millis(measured.percentile(0.99)),
    );
}

async fn connect(url: &Url) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let stream = TcpStream::connect(url.authority()).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn exchange(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<(Response<()>, Bytes), Failure> {
    sender.ready().await?;
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok((Response::from_parts(parts, ()), body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_add_up() {
        let round = |times: Vec<u32>| Measured {
            times,
            elapsed: Duration::from_secs(1),
            server_cpu: Duration::from_millis(2),
            generator_cpu: Duration::ZERO,
        };
        let mut measured = round(vec![30, 10]);
        measured.add(round(vec![20, 1_000]));
        assert_eq!(measured.rate(), 2.0);
        assert_eq!(measured.percentile(0.5), Duration::from_micros(30));
        assert_eq!(measured.percentile(0.99), Duration::from_micros(1_000));
        let cpu = measured.per_call(measured.server_cpu);
        assert_eq!(cpu, Duration::from_millis(1));
    }

    #[test]
    fn nothing_measured_is_no_failure() {
        assert_eq!(Measured::default().percentile(0.99), Duration::ZERO);
    }
}
