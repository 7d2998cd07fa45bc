//! Directories behind TLS: whose certificate counts.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use super::*;

/// Listens once with a certificate for `name`; answers the first request, if there is one. Ends with
/// what arrived after the handshake.
async fn encrypted(name: &str) -> (SocketAddr, String, JoinHandle<Vec<u8>>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let mut received = Vec::new();
        if let Ok(mut stream) = acceptor.accept(stream).await {
            stream.read_buf(&mut received).await.unwrap_or_default();
            let no = result(1, BOUND, message::INVALID_CREDENTIALS);
            stream.write_all(&no).await.unwrap_or_default();
            stream.flush().await.unwrap_or_default();
            stream.read_to_end(&mut received).await.unwrap_or_default();
        }
        received
    });
    (address, cert.pem(), task)
}

async fn ask_trusting(
    address: SocketAddr,
    pem: Option<&str>,
) -> Result<Option<Person>, DirectoryError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trusted.pem");
    std::fs::write(&file, pem.unwrap_or_default()).unwrap();
    let directories = Directories {
        trusted_ca: pem.map(|_| file),
        ..directories(&address.to_string())
    };
    let settings = DirectorySettings {
        use_tls: true,
        ..open_ldap(address)
    };
    directories.check(&settings, "ada", "right").await
}

#[tokio::test]
async fn a_trusted_certificate_for_the_host_opens_the_way() {
    let (address, pem, task) = encrypted("127.0.0.1").await;
    assert_eq!(ask_trusting(address, Some(&pem)).await, Ok(None));
    let received = task.await.unwrap();
    assert!(received.windows(5).any(|octets| octets == b"right"));
}

#[tokio::test]
async fn nothing_is_sent_past_any_other_certificate() {
    let other = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    for (name, trusts_it) in [("127.0.0.1", false), ("ldap.example.org", true)] {
        let (address, pem, task) = encrypted(name).await;
        let trusted = if trusts_it { pem } else { other.cert.pem() };
        let asked = ask_trusting(address, Some(&trusted)).await;
        assert!(
            matches!(asked, Err(DirectoryError::Certificate(_))),
            "{name}: {asked:?}"
        );
        assert_eq!(task.await.unwrap(), b"", "{name}");
    }
}

#[tokio::test]
async fn an_unusable_file_of_authorities_is_not_ignored() {
    let (address, _, _task) = encrypted("127.0.0.1").await;
    let broken = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
    let asked = ask_trusting(address, Some(broken)).await;
    assert_eq!(asked, Err(DirectoryError::Tls));
}
