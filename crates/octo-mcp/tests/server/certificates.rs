//! An identity service behind TLS (spec, auth 11, P17).

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use octo_platform::token::Values;
use octo_runtime::EntityQuery;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::app::{App, assert_success};
use crate::client::Client;
use crate::issued::claims;

/// A certificate nobody has vouched for, for this machine's own address.
struct Certificate {
    pem: String,
    server: Arc<ServerConfig>,
}

impl Certificate {
    fn new() -> Self {
        let names = vec!["127.0.0.1".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let server = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        Self {
            pem: cert.pem(),
            server: Arc::new(server),
        }
    }
}

/// Ends TLS in front of the identity service, and counts what arrives after the handshake.
#[derive(Clone)]
struct Front {
    certificate: Arc<Mutex<Arc<ServerConfig>>>,
    connections: Arc<Mutex<JoinSet<()>>>,
    handshakes: Arc<AtomicUsize>,
    received: Arc<AtomicUsize>,
}

impl Front {
    /// A server whose identity service is behind a front with `certificate`; the server trusts the
    /// certificate `trusted` besides those the machine trusts.
    async fn start(certificate: &Certificate, trusted: Option<&Certificate>) -> (App, Self) {
        let front = Self {
            certificate: Arc::new(Mutex::new(certificate.server.clone())),
            connections: Arc::default(),
            handshakes: Arc::default(),
            received: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = format!("https://{}", listener.local_addr().unwrap());
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = free.local_addr().unwrap();
        drop(free);
        tokio::spawn(front.clone().serve(listener, upstream));
        let folder = tempfile::tempdir().unwrap();
        let app = App::start_with(|config| {
            config.embedded.identityport = upstream.port();
            config.mcp.authorityurl = Some(authority.parse().unwrap());
            config.mcp.trustedcafile = trusted.map(|certificate| {
                let file = folder.path().join("trusted.pem");
                std::fs::write(&file, &certificate.pem).unwrap();
                file
            });
        })
        .await;
        (app, front)
    }

    async fn serve(self, listener: TcpListener, upstream: SocketAddr) {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let certificate = self.certificate.lock().unwrap().clone();
            let connection = self.clone().connection(stream, certificate, upstream);
            self.connections().spawn(connection);
        }
    }

    async fn connection(
        self,
        stream: TcpStream,
        certificate: Arc<ServerConfig>,
        upstream: SocketAddr,
    ) {
        self.handshakes.fetch_add(1, Ordering::SeqCst);
        let Ok(stream) = TlsAcceptor::from(certificate).accept(stream).await else {
            return;
        };
        let (mut from_client, mut to_client) = split(stream);
        let (mut from_service, mut to_service) =
            TcpStream::connect(upstream).await.unwrap().into_split();
        let answers = async {
            let _ended = copy(&mut from_service, &mut to_client).await;
            let _closed = to_client.shutdown().await;
        };
        let requests = async {
            let mut buffer = vec![0; 8192];
            while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
                self.received.fetch_add(read, Ordering::SeqCst);
                to_service.write_all(&buffer[..read]).await.unwrap();
            }
        };
        tokio::join!(answers, requests);
    }

    fn connections(&self) -> std::sync::MutexGuard<'_, JoinSet<()>> {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows another certificate from now on, and ends the connections made so far.
    async fn change_to(&self, certificate: &Certificate) {
        *self.certificate.lock().unwrap() = certificate.server.clone();
        let mut old = std::mem::take(&mut *self.connections());
        old.shutdown().await;
    }

    fn received(&self) -> usize {
        self.received.load(Ordering::SeqCst)
    }

    fn handshakes(&self) -> usize {
        self.handshakes.load(Ordering::SeqCst)
    }
}

/// A client with a token of an administrator.
async fn administrator(app: &App) -> Client {
    let admin = EntityQuery::of("System.Identity/User").eq("UserName", "admin".to_owned());
    let admin = app.system_tenant().first(admin).await.unwrap().unwrap();
    let mut claims = claims(app);
    claims.sub = Some(admin.rt_id.to_string());
    claims.role = Values(vec!["UserManagement".to_owned()]);
    let mut client = Client::new(&app.mcp_url());
    client.bearer = Some(app.sign(&claims));
    client
}

#[tokio::test]
async fn nobody_signs_in_where_the_certificate_is_not_trusted() {
    let certificate = Certificate::new();
    for trusted in [None, Some(&Certificate::new())] {
        let (app, front) = Front::start(&certificate, trusted).await;
        let mut client = app.client().await;
        let sign_in = json!({"tenantId": "octosystem"});
        let answer = client.call("authenticate", sign_in).await;
        assert_eq!(answer["isSuccess"], json!(false), "{answer}");
        let status = client.call("check_auth_status", json!({})).await;
        assert_eq!(status["isAuthenticated"], json!(false), "{status}");
        assert!(front.handshakes() > 0, "the service was not called");
        assert_eq!(front.received(), 0, "nothing follows the handshake");
        // Even a token the service has signed is worth nothing while its keys cannot be asked for.
        let mut bearer = administrator(&app).await;
        let refused = bearer.exchange("initialize", json!({})).await;
        assert_ne!(refused.status(), 200);
        assert_eq!(front.received(), 0, "nothing follows the handshake");
    }
}

#[tokio::test]
async fn no_token_is_sent_where_the_certificate_is_not_trusted() {
    let certificate = Certificate::new();
    let (app, front) = Front::start(&certificate, Some(&certificate)).await;
    let mut client = app.client().await;
    let sign_in = json!({"tenantId": "octosystem"});
    assert_success(&client.call("authenticate", sign_in).await);
    let mut bearer = administrator(&app).await;
    bearer.initialize().await;
    let users = json!({"tenantId": "octosystem"});
    // While the certificate is the trusted one, the way is open.
    assert_success(&bearer.call("get_users", users.clone()).await);

    front.change_to(&Certificate::new()).await;
    let (received, handshakes) = (front.received(), front.handshakes());
    let answer = bearer.call("get_users", users).await;
    assert_eq!(answer["isSuccess"], json!(false), "{answer}");
    assert!(
        front.handshakes() > handshakes,
        "the service was not called"
    );
    assert_eq!(front.received(), received, "the token was sent");
    let token = bearer.bearer.unwrap();
    assert!(!answer.to_string().contains(&token), "{answer}");
}
