//! A connection to a directory: opened to a checked address, encrypted if the provider says so,
//! with answers of bounded size.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::BytesMut;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Host;

use super::DirectoryError;
use super::ber::{SEQUENCE, length_of};
use super::message::{self, Answer, Entry, Search};

/// Longest answer, octets: an entry with a handful of attributes.
const MAX_MESSAGE: usize = 64 * 1024;
/// Answers to one request.
const MAX_ANSWERS: usize = 16;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// One connection; requests go one after the other.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    received: BytesMut,
    last_id: u32,
}

impl Connection {
    /// Connects to the first of the addresses that answers. `tls` verifies that it is `host`.
    pub(super) async fn open(
        addresses: &[SocketAddr],
        host: &Host,
        tls: Option<Arc<ClientConfig>>,
    ) -> Result<Self, DirectoryError> {
        let stream = TcpStream::connect(addresses)
            .await
            .map_err(|_| DirectoryError::Unreachable)?;
        let stream: Box<dyn Stream> = match tls {
            Some(tls) => Box::new(encrypt(stream, host, tls).await?),
            None => Box::new(stream),
        };
        Ok(Self {
            stream,
            received: BytesMut::new(),
            last_id: 0,
        })
    }

    /// Result code of a bind with name and password.
    ///
    /// Without a name or without a password a directory would say yes to anybody (RFC 4513 5.1.2):
    /// such a bind is never sent.
    pub(super) async fn bind(&mut self, name: &str, password: &str) -> Result<u32, DirectoryError> {
        if name.is_empty() || password.is_empty() {
            return Ok(message::INVALID_CREDENTIALS);
        }
        let id = self.next_id();
        self.send(&message::bind(id, name, password)).await?;
        match self.answer(id).await? {
            Answer::Bound(code) => Ok(code),
            _ => Err(DirectoryError::Protocol),
        }
    }

    /// What a search finds, with its result code.
    pub(super) async fn search(
        &mut self,
        search: &Search<'_>,
    ) -> Result<(Vec<Entry>, u32), DirectoryError> {
        let id = self.next_id();
        self.send(&search.request(id)).await?;
        let mut found = Vec::new();
        for _ in 0..MAX_ANSWERS {
            match self.answer(id).await? {
                Answer::Found(entry) => found.push(entry),
                Answer::Reference => {}
                Answer::SearchDone(code) => return Ok((found, code)),
                Answer::Bound(_) => return Err(DirectoryError::Protocol),
            }
        }
        Err(DirectoryError::Protocol)
    }

    /// Says good-bye. Nothing depends on whether it is heard.
    pub(super) async fn close(mut self) {
        let id = self.next_id();
        let _unheard = self.send(&message::unbind(id)).await;
        let _unheard = self.stream.shutdown().await;
    }

    fn next_id(&mut self) -> u32 {
        self.last_id += 1;
        self.last_id
    }

    async fn send(&mut self, request: &[u8]) -> Result<(), DirectoryError> {
        let gone = |_| DirectoryError::Unreachable;
        self.stream.write_all(request).await.map_err(gone)?;
        self.stream.flush().await.map_err(gone)
    }

    /// The next answer, which must be for request `id`.
    async fn answer(&mut self, id: u32) -> Result<Answer, DirectoryError> {
        loop {
            if self.received.first().is_some_and(|tag| *tag != SEQUENCE) {
                return Err(DirectoryError::Protocol);
            }
            if let Some(length) = length_of(&self.received)? {
                if length > MAX_MESSAGE {
                    return Err(DirectoryError::TooLarge);
                }
                if self.received.len() >= length {
                    let octets = self.received.split_to(length);
                    let (answered, answer) = message::read(&octets)?;
                    return match answered == id {
                        true => Ok(answer),
                        false => Err(DirectoryError::Protocol),
                    };
                }
            }
            let read = self.stream.read_buf(&mut self.received).await;
            if read.map_err(|_| DirectoryError::Unreachable)? == 0 {
                return Err(DirectoryError::Unreachable);
            }
        }
    }
}

async fn encrypt(
    stream: TcpStream,
    host: &Host,
    tls: Arc<ClientConfig>,
) -> Result<impl Stream + use<>, DirectoryError> {
    let name = match host {
        Host::Domain(name) => {
            ServerName::try_from(name.clone()).map_err(|_| DirectoryError::Settings)?
        }
        Host::Ipv4(ip) => ServerName::IpAddress((*ip).into()),
        Host::Ipv6(ip) => ServerName::IpAddress((*ip).into()),
    };
    let connecting = TlsConnector::from(tls).connect(name, stream);
    connecting.await.map_err(|error| {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
        match cause {
            Some(rustls::Error::InvalidCertificate(reason)) => {
                DirectoryError::Certificate(reason.clone())
            }
            _ => DirectoryError::Tls,
        }
    })
}
