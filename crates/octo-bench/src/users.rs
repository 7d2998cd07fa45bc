//! `octo-bench users`: pages of a tenant with many users, through the tool `get_users`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use octo_sdk::identity::{IdentityClient, RegisterUserDto, UserDto};
use octo_sdk::{AccessToken, Http, HttpOptions};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use url::Url;

use crate::Failure;
use crate::call::megabytes;
use crate::load::{self, print_times};
use crate::process::{OctoServer, PASSWORD};
use crate::requests::{Generation, Target};
use crate::sign_in::sign_in;

/// Tenant with the users.
const TENANT: &str = "octosystem";
/// Longest a page may take, half of the time.
const LONGEST_PAGE: Duration = Duration::from_millis(50);
/// Users created at the same time.
const CREATORS: u64 = 16;

/// Measure pages of `get_users` in a tenant with many users.
#[derive(Args)]
pub(crate) struct Users {
    /// Users to create first, without passwords.
    #[arg(long, default_value_t = 10_000)]
    count: u64,
    /// Users of a page.
    #[arg(long, default_value_t = 100)]
    page: u64,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Fail when a page takes longer than 50 ms, half of the time.
    #[arg(long)]
    check: bool,
}

impl Users {
    /// Measures and prints; `false` when a check failed.
    pub(crate) fn run(&self) -> Result<bool, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(self.measure())
    }

    async fn measure(&self) -> Result<bool, Failure> {
        let folder = tempfile::tempdir()?;
        let server = OctoServer::start(&folder.path().join("data"))?;
        let token = sign_in(server.address("identity")?, TENANT, "admin", PASSWORD).await?;
        self.fill(&server, &token).await?;
        let last = self.count.saturating_sub(self.page);
        let mut passed = true;
        for (name, arguments) in [
            ("first page", json!({"take": self.page})),
            (
                "page in the middle",
                json!({"take": self.page, "skip": last / 2}),
            ),
            ("last page", json!({"take": self.page, "skip": last})),
            (
                "filter that a few meet",
                json!({"filter": format!("user{}", self.count / 2)}),
            ),
            (
                "filter that all meet",
                json!({"take": self.page, "filter": "example"}),
            ),
            (
                "filter that nobody meets",
                json!({"filter": "nobody-at-all"}),
            ),
        ] {
            let target = target(&server, &token, arguments)?;
            let length = Duration::from_secs_f64(self.seconds);
            let mut measured = load::run(&target, Generation::Stateless, 1, length).await?;
            print_times(name, &mut measured);
            passed &= measured.percentile(0.5) < LONGEST_PAGE;
        }
        println!("memory {:.1} MB", megabytes(&server.process)?);
        if self.check && !passed {
            println!("\nToo slow: a page must take less than 50 ms, half of the time.");
        }
        server.process.stop()?;
        Ok(passed || !self.check)
    }

    async fn fill(&self, server: &OctoServer, token: &AccessToken) -> Result<(), Failure> {
        let http = Http::new(&HttpOptions::default())?;
        let url = Url::parse(server.address("identity")?)?;
        let identity = IdentityClient::new(&http, &url, TENANT, token.clone())?;
        let begin = Instant::now();
        let mut creators = JoinSet::new();
        for creator in 0..CREATORS {
            let (identity, count) = (identity.clone(), self.count);
            creators.spawn(async move {
                let mut number = creator;
                while number < count {
                    identity.create_user(&user(number)).await?;
                    number += CREATORS;
                }
                Ok::<_, Failure>(())
            });
        }
        while let Some(done) = creators.join_next().await {
            done??;
        }
        println!(
            "{} users: {:.0} created a second; memory {:.1} MB",
            self.count,
            self.count as f64 / begin.elapsed().as_secs_f64(),
            megabytes(&server.process)?,
        );
        Ok(())
    }
}

fn user(number: u64) -> RegisterUserDto {
    RegisterUserDto {
        user: UserDto {
            name: Some(format!("user{number:06}")),
            email: Some(format!("person{number}@example.org")),
            first_name: Some(format!("First{}", number % 97)),
            last_name: Some(format!("Last{}", number % 89)),
            ..UserDto::default()
        },
        // Hashing one takes longer than everything else together.
        password: None,
    }
}

fn target(
    server: &OctoServer,
    token: &AccessToken,
    mut arguments: Value,
) -> Result<Target, Failure> {
    arguments["tenantId"] = json!(TENANT);
    Ok(Target {
        url: Url::parse(server.address("mcp")?)?,
        tool: "get_users",
        arguments,
        numbers: Arc::default(),
        bearer: Some(token.expose().to_owned()),
        expected: "\"isSuccess\":true",
    })
}
