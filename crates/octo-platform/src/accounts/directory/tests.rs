use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::Host;

use super::ber::{self, ENUMERATED, INTEGER, OCTETS, SEQUENCE, SET, constructed, element, number};
use super::*;

mod tls;

const BOUND: u8 = 0x61;
const ENTRY: u8 = 0x64;
const DONE: u8 = 0x65;

fn directories(listed: &str) -> Directories {
    Directories {
        time: Duration::from_millis(500),
        ..Directories::new(vec![listed.parse().unwrap()], None)
    }
}

fn open_ldap(address: SocketAddr) -> DirectorySettings {
    DirectorySettings {
        host: Host::parse(&address.ip().to_string()).unwrap(),
        port: address.port(),
        use_tls: false,
        kind: DirectoryKind::OpenLdap {
            user_base_dn: "ou=people,dc=x".to_owned(),
            user_name_attribute: "uid".to_owned(),
        },
    }
}

fn active_directory(address: SocketAddr) -> DirectorySettings {
    DirectorySettings {
        kind: DirectoryKind::ActiveDirectory,
        ..open_ldap(address)
    }
}

/// Asks what listens at `address`.
async fn ask(settings: &DirectorySettings) -> Result<Option<Person>, DirectoryError> {
    let listed = format!("{}:{}", settings.host, settings.port);
    directories(&listed).check(settings, "ada", "right").await
}

/// Listens once and answers each request with the next of `answers`. Ends with the requests.
async fn answering(answers: Vec<Vec<u8>>) -> (SocketAddr, JoinHandle<Vec<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut requests = Vec::new();
        for answer in answers {
            requests.push(request(&mut stream).await);
            stream.write_all(&answer).await.unwrap();
        }
        // Keeps the connection until the other side ends it.
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap_or_default();
        requests
    });
    (address, task)
}

async fn request(stream: &mut TcpStream) -> Vec<u8> {
    let mut octets = Vec::new();
    loop {
        if let Some(length) = ber::length_of(&octets).unwrap()
            && octets.len() >= length
        {
            return octets;
        }
        assert_ne!(stream.read_buf(&mut octets).await.unwrap(), 0);
    }
}

fn result(id: u32, tag: u8, code: u32) -> Vec<u8> {
    let parts = [
        number(ENUMERATED, code),
        element(OCTETS, b""),
        element(OCTETS, b"diagnostics"),
    ];
    constructed(SEQUENCE, &[number(INTEGER, id), constructed(tag, &parts)])
}

fn entry(id: u32, dn: &str, attributes: &[(&str, &[u8])]) -> Vec<u8> {
    let attribute = |(name, value): &(&str, &[u8])| {
        let values = constructed(SET, &[element(OCTETS, value)]);
        constructed(SEQUENCE, &[element(OCTETS, name.as_bytes()), values])
    };
    let attributes: Vec<_> = attributes.iter().map(attribute).collect();
    let parts = [
        element(OCTETS, dn.as_bytes()),
        constructed(SEQUENCE, &attributes),
    ];
    constructed(SEQUENCE, &[number(INTEGER, id), constructed(ENTRY, &parts)])
}

fn found(entry: Vec<u8>, id: u32) -> Vec<u8> {
    [entry, result(id, DONE, message::SUCCESS)].concat()
}

#[tokio::test]
async fn a_directory_that_is_away_is_said_to_be() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = open_ldap(listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(ask(&settings).await, Err(DirectoryError::Unreachable));
}

#[tokio::test]
async fn a_directory_that_says_nothing_is_not_waited_for() {
    let (address, _task) = answering(vec![Vec::new(), Vec::new()]).await;
    let slow = DirectoryError::TooSlow(Duration::from_millis(500));
    assert_eq!(ask(&open_ldap(address)).await, Err(slow));
}

#[tokio::test]
async fn what_is_no_directory_is_recognised() {
    for (answer, error) in [
        (
            b"HTTP/1.1 400 Bad\r\n\r\n".to_vec(),
            DirectoryError::Protocol,
        ),
        (vec![SEQUENCE, 0x80, 0, 0], DirectoryError::Protocol),
        (
            vec![SEQUENCE, 0x84, 0x7f, 0xff, 0xff, 0xff],
            DirectoryError::TooLarge,
        ),
        (vec![SEQUENCE, 0x83, 1, 0, 1], DirectoryError::TooLarge),
        (result(9, BOUND, 0), DirectoryError::Protocol),
        (result(1, DONE, 0), DirectoryError::Protocol),
        (result(1, BOUND, 51), DirectoryError::Refused(51)),
        // Referral: to a host nobody chose.
        (result(1, BOUND, 10), DirectoryError::Refused(10)),
    ] {
        let (address, _task) = answering(vec![answer.clone()]).await;
        assert_eq!(ask(&open_ldap(address)).await, Err(error), "{answer:x?}");
    }
}

#[tokio::test]
async fn a_plain_directory_is_not_spoken_to_when_tls_is_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = DirectorySettings {
        use_tls: true,
        ..open_ldap(listener.local_addr().unwrap())
    };
    let asked = tokio::spawn(async move { ask(&settings).await });
    let (mut stream, _) = listener.accept().await.unwrap();
    stream.write_all(&result(1, BOUND, 0)).await.unwrap();
    let mut sent = Vec::new();
    stream.read_to_end(&mut sent).await.unwrap_or_default();
    assert_eq!(asked.await.unwrap(), Err(DirectoryError::Tls));
    assert!(!sent.windows(5).any(|octets| octets == b"right"));
}

#[tokio::test]
async fn private_hosts_are_called_only_when_listed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = open_ldap(listener.local_addr().unwrap());
    let directories = directories("other.example");
    let asked = directories.check(&settings, "ada", "right").await;
    assert_eq!(asked, Err(DirectoryError::Host(FetchError::NotPublic)));
}

#[tokio::test]
async fn without_name_or_password_nobody_is_asked() {
    // The host is not allowed: asking it would be an error.
    let settings = open_ldap("127.0.0.1:1".parse().unwrap());
    let directories = directories("other.example");
    let long = "x".repeat(MAX_PASSWORD + 1);
    for (name, password) in [("ada", ""), ("", "right"), ("ada", long.as_str())] {
        let asked = directories.check(&settings, name, password).await;
        assert_eq!(asked, Ok(None));
    }
}

#[tokio::test]
async fn codes_about_the_account_are_all_the_same_no() {
    for code in [19, 32, 34, 48, 49, 50, 53] {
        let (address, _task) = answering(vec![result(1, BOUND, code)]).await;
        assert_eq!(ask(&open_ldap(address)).await, Ok(None), "{code}");
    }
}

#[tokio::test]
async fn a_person_is_who_the_own_entry_says() {
    let own = entry(
        2,
        "uid=Ada,ou=people,dc=x",
        &[("uid", b"Ada"), ("mail", b"ada@x.org"), ("sn", b"a\0b")],
    );
    let answers = vec![result(1, BOUND, 0), found(own, 2)];
    let (address, task) = answering(answers).await;
    let person = ask(&open_ldap(address)).await.unwrap().unwrap();
    let expected = Person {
        key: "uid=Ada,ou=people,dc=x".to_owned(),
        user_name: "Ada".to_owned(),
        first_name: None,
        last_name: None,
        email: Some("ada@x.org".to_owned()),
    };
    assert_eq!(person, expected);
    let bind = message::bind(1, "uid=ada,ou=people,dc=x", "right");
    assert_eq!(task.await.unwrap()[0], bind);
}

#[tokio::test]
async fn somebody_without_a_readable_entry_is_nobody() {
    for end in [0, 32, 50] {
        let answers = vec![result(1, BOUND, 0), result(2, DONE, end)];
        let (address, _task) = answering(answers).await;
        let error = DirectoryError::OwnEntry(end);
        assert_eq!(ask(&open_ldap(address)).await, Err(error));
    }
}

/// An Active Directory of domain `corp.example` in which a search finds `name`; the last bind, as
/// that entry, ends with `code`.
async fn active(name: &str, code: u32) -> (SocketAddr, JoinHandle<Vec<Vec<u8>>>) {
    let root = entry(1, "", &[("defaultNamingContext", b"DC=corp,DC=example")]);
    let attributes: &[(&str, &[u8])] = &[
        ("sAMAccountName", name.as_bytes()),
        ("objectGUID", &[0xab, 1]),
    ];
    let account = entry(3, &format!("CN={name},DC=corp,DC=example"), attributes);
    answering(vec![
        found(root, 1),
        result(2, BOUND, 0),
        found(account, 3),
        result(4, BOUND, code),
    ])
    .await
}

#[tokio::test]
async fn an_active_directory_account_is_proven_by_its_entry() {
    let (address, task) = active("Ada", 0).await;
    let person = ask(&active_directory(address)).await.unwrap().unwrap();
    assert_eq!(
        (person.key.as_str(), person.user_name.as_str()),
        ("ab01", "Ada")
    );
    let requests = task.await.unwrap();
    assert_eq!(requests[1], message::bind(2, "ada@corp.example", "right"));
    let entry = "CN=Ada,DC=corp,DC=example";
    assert_eq!(requests[3], message::bind(4, entry, "right"));

    let (address, _task) = active("somebody-else", message::INVALID_CREDENTIALS).await;
    assert_eq!(ask(&active_directory(address)).await, Ok(None));
}
