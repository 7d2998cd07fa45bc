//! Signing in with accounts of another OpenID provider: a second platform, over real sockets.

mod attacks;
mod failures;
mod people;

use std::sync::Arc;

use octo_platform::accounts::{names, users};
use octo_platform::secret::sha256_base64;
use octo_runtime::{
    Attributes, Entity, EntityQuery, NewEntity, Record, Tenant, UpdateEntity, Value,
};

use crate::app::create_app;
use crate::browser::{Browser, Page};
use crate::platform::TestPlatform;

const PASSWORD: &str = "Us3r-of-tests!";
const SECRET: &str = "of the client: a+b & c%";
const LOGIN: &str = "/octosystem/login";
const CALLBACK: &str = "/octosystem/external/partner/callback";

/// Two platforms: people of `home` sign in at `ours` through its provider `partner`.
struct Pair {
    home: TestPlatform,
    ours: TestPlatform,
    provider: Entity,
}

impl Pair {
    async fn start() -> Self {
        Self::start_with(Attributes::new()).await
    }

    /// With other attributes of the client at `home` than usual.
    async fn start_with(client: Attributes) -> Self {
        let home = TestPlatform::start().await;
        let host = home.identity().trim_start_matches("http://").to_owned();
        let ours = TestPlatform::start_with(|config| {
            config.provider_hosts = vec![host.parse().unwrap()];
        })
        .await;
        create_client(&home.system(), &ours.url(CALLBACK), client).await;
        let provider = create_provider(&ours.system(), "partner", home.identity()).await;
        Self {
            home,
            ours,
            provider,
        }
    }

    /// A user of `home` whose address is verified or not.
    async fn create_person(&self, name: &str, email: &str, verified: bool) -> Entity {
        let tenant = self.home.system();
        let user = self.home.create_user(&tenant, name, PASSWORD).await;
        set_email(&tenant, &user, email, verified).await
    }

    async fn set(&self, name: &str, value: impl Into<Value>) {
        let update = UpdateEntity::from_entity(&self.provider).set(name, value);
        self.ours.system().update(update).await.unwrap();
    }

    /// Presses the button on our log-in page at `path`: the address at the provider.
    async fn leave(&self, browser: &mut Browser<'_>, path: &str) -> String {
        let page = browser.open(path).await;
        let page = browser.submit(&page.form("/external/partner")).await;
        assert!(page.path.starts_with(self.home.identity()), "{}", page.html);
        page.path
    }

    /// Signs in at the provider: the address the browser is sent back to.
    async fn sign_in_there(&self, address: &str, name: &str) -> String {
        let mut browser = Browser::new(&self.home);
        let path = address.strip_prefix(self.home.identity()).unwrap();
        let page = browser.sign_in(path, name, PASSWORD).await;
        assert!(
            page.path.starts_with(&self.ours.url(CALLBACK)),
            "{}",
            page.html
        );
        page.path
    }

    async fn come_back(&self, browser: &mut Browser<'_>, address: &str) -> Page {
        let path = address.strip_prefix(self.ours.identity()).unwrap();
        browser.open(path).await
    }

    /// The whole way of somebody.
    async fn sign_in(&self, browser: &mut Browser<'_>, path: &str, name: &str) -> Page {
        let address = self.leave(browser, path).await;
        let back = self.sign_in_there(&address, name).await;
        self.come_back(browser, &back).await
    }

    /// Our users that are linked to an account elsewhere.
    async fn linked(&self) -> Vec<Entity> {
        let all = self.ours.system().query(EntityQuery::of(names::USER)).await;
        let mut users = all.unwrap().items;
        users.retain(|user| !user.attributes.records("UserLogins").is_empty());
        users
    }
}

async fn create_client(tenant: &Tenant, redirect_uri: &str, own: Attributes) {
    let records = |record: Record| Value::RecordArray(vec![record]);
    let secret = Record::of(names::MODEL, "Secret")
        .set("Value", sha256_base64(SECRET))
        .set("Type", "SharedSecret");
    let uri = Record::of(names::MODEL, "ClientUriEntry")
        .set("Uri", redirect_uri)
        .set("Source", "api");
    let mut attributes = Attributes::new();
    attributes.insert("RequireClientSecret", true);
    attributes.insert("ClientSecrets", records(secret));
    attributes.insert("RedirectUris", records(uri));
    for (name, value) in own {
        attributes.insert(&name, value);
    }
    create_app(tenant, "ours", attributes).await;
}

async fn create_provider(tenant: &Tenant, name: &str, authority: &str) -> Entity {
    let provider = NewEntity::of(names::ENTRA_PROVIDER)
        .set("Name", name)
        .set("DisplayName", "Partner & Co")
        .set("IsEnabled", true)
        .set("AllowSelfRegistration", true)
        .set("Authority", authority)
        .set("TenantId", "octosystem")
        .set("ClientId", "ours")
        .set("ClientSecret", SECRET);
    tenant.insert(provider).await.unwrap()
}

async fn set_email(tenant: &Arc<Tenant>, user: &Entity, email: &str, verified: bool) -> Entity {
    let update = UpdateEntity::from_entity(user)
        .set("Email", email)
        .set("NormalizedEmail", users::normalize(email))
        .set("EmailConfirmed", verified);
    tenant.update(update).await.unwrap()
}
