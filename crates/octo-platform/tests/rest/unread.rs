//! Answers to requests whose body is still on its way.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::platform::TestPlatform;

/// A connection on which nothing but bytes is sent.
async fn connect(platform: &TestPlatform) -> TcpStream {
    let url = TestPlatform::url(&platform.running.urls().assets);
    let address = (url.host_str().unwrap(), url.port().unwrap());
    TcpStream::connect(address).await.unwrap()
}

fn head(length: usize, more: &str) -> Vec<u8> {
    let head = format!(
        "POST /octosystem/v1/models/ImportCk HTTP/1.1\r\nHost: localhost\r\n\
         Content-Length: {length}\r\n{more}\r\n"
    );
    head.into_bytes()
}

/// Reads the head of an answer, whose body is empty.
async fn answer(connection: &mut TcpStream) -> String {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        read.push(connection.read_u8().await.unwrap());
    }
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn a_refused_upload_does_not_break_the_connection() {
    let platform = TestPlatform::start().await;
    let mut connection = connect(&platform).await;
    let body = vec![b'x'; 512 * 1024];
    for _ in 0..3 {
        connection.write_all(&head(body.len(), "")).await.unwrap();
        connection.write_all(&body).await.unwrap();
        let answer = answer(&mut connection).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
}

#[tokio::test]
async fn an_endless_upload_is_not_read_to_its_end() {
    let platform = TestPlatform::start().await;
    let mut connection = connect(&platform).await;
    let head = head(1 << 40, "");
    connection.write_all(&head).await.unwrap();
    connection
        .write_all(&vec![b'x'; 1200 * 1024])
        .await
        .unwrap();
    let answer = answer(&mut connection).await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
}

#[tokio::test]
async fn a_body_that_was_not_sent_is_not_asked_for() {
    let platform = TestPlatform::start().await;
    let mut connection = connect(&platform).await;
    let head = head(1 << 40, "Expect: 100-continue\r\n");
    connection.write_all(&head).await.unwrap();
    let answer = answer(&mut connection).await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
}
