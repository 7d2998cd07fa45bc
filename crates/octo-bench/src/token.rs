//! `octo-bench token`: tokens for services, one request after the other.

use std::time::Duration;

use clap::Args;
use octo_sdk::identity::{ClientDto, IdentityClient};
use octo_sdk::{Http, HttpOptions, Secret};
use url::Url;

use crate::Failure;
use crate::call::megabytes;
use crate::load::{self, Form, print_times};
use crate::process::{OctoServer, PASSWORD, own_cpu};
use crate::sign_in::sign_in;

/// Fewest tokens a second.
const LEAST_RATE: f64 = 200.0;
/// Tenant of the client.
const TENANT: &str = "octosystem";
/// The client that asks for tokens.
const CLIENT: &str = "bench";
const SECRET: &str = "Bench-secret-1";

/// Measure tokens for a service that acts for itself (grant client_credentials).
#[derive(Args)]
pub(crate) struct Token {
    /// Seconds of the measurement.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Connections that ask at the same time.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Fail when less than 200 tokens a second are issued.
    #[arg(long)]
    check: bool,
}

impl Token {
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
        create_client(&server).await?;
        let form = Form {
            url: Url::parse(server.address("identity")?)?.join("/connect/token")?,
            body: format!(
                "grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}\
                 &scope=octo_api&acr_values=tenant:{TENANT}"
            ),
            expected: "\"access_token\":",
        };
        let warm_up = Duration::from_secs_f64((self.seconds / 5.0).max(0.5));
        load::post(&form, self.connections, warm_up).await?;
        let (before, own_before) = (server.process.cpu()?, own_cpu()?);
        let length = Duration::from_secs_f64(self.seconds);
        let mut measured = load::post(&form, self.connections, length).await?;
        measured.server_cpu = server.process.cpu()? - before;
        measured.generator_cpu = own_cpu()? - own_before;
        print_times("token for a service", &mut measured);
        println!(
            "{:.0} tokens a second over {} connections; processor time of a token: server {:.0} µs, \
             client {:.0} µs; memory {:.1} MB",
            measured.rate(),
            self.connections,
            measured.per_call(measured.server_cpu).as_secs_f64() * 1e6,
            measured.per_call(measured.generator_cpu).as_secs_f64() * 1e6,
            megabytes(&server.process)?,
        );
        let passed = measured.rate() >= LEAST_RATE;
        if self.check && !passed {
            println!("\nToo slow: {LEAST_RATE} tokens a second are wanted.");
        }
        server.process.stop()?;
        Ok(passed || !self.check)
    }
}

/// A client with a role and with a group's roles to look up, as services have.
async fn create_client(server: &OctoServer) -> Result<(), Failure> {
    let identity = server.address("identity")?;
    let token = sign_in(identity, TENANT, "admin", PASSWORD).await?;
    let http = Http::new(&HttpOptions::default())?;
    let identity = IdentityClient::new(&http, &Url::parse(identity)?, TENANT, token)?;
    let client = ClientDto {
        is_enabled: Some(true),
        client_id: Some(CLIENT.to_owned()),
        client_name: Some("Bench".to_owned()),
        client_secret: Some(Secret::new(SECRET)),
        require_client_secret: Some(true),
        allowed_grant_types: Some(vec!["client_credentials".to_owned()]),
        allowed_scopes: Some(vec!["octo_api".to_owned()]),
        ..ClientDto::default()
    };
    identity.create_client(&client).await?;
    identity.add_client_to_role(CLIENT, "BotManagement").await?;
    let created = identity.client(CLIENT).await?;
    let group = identity.group_named("TenantOwners").await?;
    let (group, client) = (
        group.id.ok_or("a group without id")?,
        created.rt_id.ok_or("a client without id")?,
    );
    identity.add_client_to_group(&group, &client).await?;
    Ok(())
}
