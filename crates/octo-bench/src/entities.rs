//! `octo-bench entities`: entities by the million, through the tools.

mod by_hand;
mod fill;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use octo_sdk::AccessToken;
use serde_json::{Value, json};
use url::Url;

use crate::Failure;
use crate::call::megabytes;
use crate::load::{self, Measured, print_times};
use crate::process::{OctoServer, PASSWORD};
use crate::requests::{Generation, NUMBER, Target};
use crate::sign_in::sign_in;
use by_hand::ByHand;

/// Tenant with the entities.
const TENANT: &str = "octosystem";
/// Longest a look-up by an indexed attribute may take, half of the time.
const LONGEST_LOOK_UP: Duration = Duration::from_millis(2);
/// Most a query may take beside the same SQL written by hand.
const MOST_OVERHEAD: f64 = 1.5;
/// Fewest entities created a second, one a call, 16 clients.
const LEAST_CREATED: f64 = 3_000.0;
/// Clients that write.
const WRITERS: usize = 16;

/// Measure look-ups, pages, groups and writes in a tenant with many entities.
#[derive(Args)]
pub(crate) struct Entities {
    /// Entities to create first.
    #[arg(long, default_value_t = 1_000_000)]
    count: u64,
    /// Entities of one `create_entities` call.
    #[arg(long, default_value_t = 1_000)]
    batch: u64,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Source folder of the model Workshop.
    #[arg(long, default_value = "examples/model")]
    model: PathBuf,
    /// Fail when a figure misses its goal.
    #[arg(long)]
    check: bool,
}

/// A server with a filled tenant.
struct Bench {
    server: OctoServer,
    token: AccessToken,
    hand: ByHand,
    length: Duration,
}

impl Entities {
    /// Measures and prints; `false` when a check failed.
    pub(crate) fn run(&self) -> Result<bool, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(self.measure())
    }

    async fn measure(&self) -> Result<bool, Failure> {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let bench = self.prepare(&data, folder.path()).await?;
        let passed = [
            bench.look_up(self.count).await?,
            bench.page().await?,
            bench.groups().await?,
            bench.create().await?,
            bench.read_beside_writes(self.count).await?,
        ];
        bench.server.process.stop()?;
        Ok(!self.check || passed.iter().all(|good| *good))
    }

    async fn prepare(&self, data: &Path, scratch: &Path) -> Result<Bench, Failure> {
        let server = OctoServer::start(data)?;
        let token = sign_in(server.address("identity")?, TENANT, "admin", PASSWORD).await?;
        fill::import_model(&server, TENANT, &token, &self.model, scratch).await?;
        let bench = Bench {
            hand: ByHand::open(&data.join("tenants").join(format!("{TENANT}.db")))?,
            server,
            token,
            length: Duration::from_secs_f64(self.seconds),
        };
        let begin = Instant::now();
        let mut first = 0;
        while first < self.count {
            let count = self.batch.min(self.count - first);
            let target = bench.target("create_entities", fill::machines(TENANT, first, count))?;
            load::once(&target).await?;
            first += count;
        }
        let rate = self.count as f64 / begin.elapsed().as_secs_f64();
        println!(
            "{} entities in calls of {}: {rate:.0} created a second; memory {:.1} MB",
            self.count,
            self.batch,
            megabytes(&bench.server.process)?,
        );
        Ok(bench)
    }
}

impl Bench {
    fn target(&self, tool: &'static str, arguments: Value) -> Result<Target, Failure> {
        Ok(Target {
            url: Url::parse(self.server.address("mcp")?)?,
            tool,
            arguments,
            numbers: Arc::default(),
            bearer: Some(self.token.expose().to_owned()),
            expected: "\"isSuccess\":true",
        })
    }

    async fn load(&self, target: &Target, connections: usize) -> Result<Measured, Failure> {
        load::run(target, Generation::Stateless, connections, self.length).await
    }

    async fn look_up(&self, count: u64) -> Result<bool, Failure> {
        let target = self.look_up_target(count)?;
        let mut measured = self.load(&target, 1).await?;
        print_times("look-up by an indexed attribute", &mut measured);
        Ok(measured.percentile(0.5) < LONGEST_LOOK_UP)
    }

    fn look_up_target(&self, count: u64) -> Result<Target, Failure> {
        self.target(
            "query_entities_simple",
            json!({
                "tenantId": TENANT,
                "ckTypeId": "Workshop/Machine",
                "simpleFilters": {"serialNumber": fill::serial(count / 2)},
            }),
        )
    }

    async fn page(&self) -> Result<bool, Failure> {
        let arguments = json!({
            "tenantId": TENANT,
            "ckTypeId": "Workshop/Machine",
            "filters": {"fields": [
                {"attributePath": "ratedPower", "operator": "GreaterThan", "value": 90},
            ]},
            "limit": 100,
        });
        let target = self.target("query_entities", arguments)?;
        let hand = self.hand.page(self.length)?;
        self.beside("page of 100, unindexed filter", &target, hand)
            .await
    }

    async fn groups(&self) -> Result<bool, Failure> {
        let arguments = json!({
            "tenantId": TENANT,
            "ckTypeId": "Workshop/Machine",
            "groupByAttributePaths": ["state"],
            "aggregations": [
                {"function": "count"},
                {"function": "sum", "attributePath": "ratedPower"},
            ],
        });
        let target = self.target("query_entities_grouping", arguments)?;
        let hand = self.hand.groups(self.length)?;
        self.beside("count and sum by group", &target, hand).await
    }

    /// Measures a call that scans, beside the same SQL by hand, and the memory it takes.
    async fn beside(&self, name: &str, target: &Target, hand: Duration) -> Result<bool, Failure> {
        let before = megabytes(&self.server.process)?;
        let done = AtomicBool::new(false);
        let measuring = async {
            let measured = self.load(target, 1).await;
            done.store(true, Ordering::Relaxed);
            measured
        };
        let watching = async {
            let mut peak = before;
            while !done.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(20)).await;
                peak = megabytes(&self.server.process)?.max(peak);
            }
            Ok::<_, Failure>(peak)
        };
        let (measured, peak) = tokio::join!(measuring, watching);
        let (mut measured, peak) = (measured?, peak?);
        print_times(name, &mut measured);
        let ratio = measured.percentile(0.5).as_secs_f64() / hand.as_secs_f64();
        println!(
            "  by hand {:.2} ms, ratio {ratio:.2}; memory {before:.1} MB before, {peak:.1} MB at most",
            hand.as_secs_f64() * 1e3,
        );
        Ok(ratio < MOST_OVERHEAD)
    }

    async fn create(&self) -> Result<bool, Failure> {
        let target = self.target("create_entity", fill::one_machine(TENANT, NUMBER))?;
        let mut measured = self.load(&target, WRITERS).await?;
        print_times("create_entity, 16 clients", &mut measured);
        Ok(measured.rate() >= LEAST_CREATED)
    }

    async fn read_beside_writes(&self, count: u64) -> Result<bool, Failure> {
        let writes = self.target("create_entity", fill::one_machine(TENANT, "w#number#"))?;
        let reads = self.look_up_target(count)?;
        let (reads, writes) = tokio::join!(self.load(&reads, 4), self.load(&writes, WRITERS));
        print_times("look-ups, 4 clients, beside 16 that create", &mut reads?);
        print_times("create_entity beside them", &mut writes?);
        Ok(true)
    }
}
