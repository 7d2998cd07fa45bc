//! One request and the reading of its response.

use std::time::Duration;

use ::http::StatusCode;
use bytes::{Bytes, BytesMut};
use reqwest::{RequestBuilder, Response, multipart};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::revision::LastRead;
use crate::ServiceError;

/// Largest JSON body accepted from a service, in bytes.
pub const DATA_LIMIT: usize = 64 * 1024 * 1024;

/// Largest error body read from a service, in bytes.
const ERROR_LIMIT: usize = 1024 * 1024;

/// A request under construction; the terminal methods send it.
///
/// A mistake made while building (a name that cannot stand in a path) is kept and reported by the
/// terminal method, so that routes stay one-liners.
#[must_use = "a request does nothing until one of its terminal methods is awaited"]
pub struct ServiceRequest {
    builder: Result<RequestBuilder, ServiceError>,
    timeout: Duration,
    noting: Option<LastRead>,
}

impl ServiceRequest {
    pub(super) fn new(
        builder: Result<RequestBuilder, ServiceError>,
        timeout: Duration,
        noting: Option<LastRead>,
    ) -> Self {
        Self {
            builder,
            timeout,
            noting,
        }
    }

    fn map(self, change: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Self {
        Self {
            builder: self.builder.map(change),
            ..self
        }
    }

    /// Adds a query parameter.
    pub fn query(self, name: &str, value: &str) -> Self {
        self.map(|builder| builder.query(&[(name, value)]))
    }

    /// Sends `body` as JSON.
    pub fn json(self, body: &impl Serialize) -> Self {
        self.map(|builder| builder.json(body))
    }

    /// Sends a multipart form; `timeout` replaces the usual one, as uploads take longer.
    pub fn multipart(self, form: multipart::Form, timeout: Duration) -> Self {
        let request = self.map(|builder| builder.multipart(form).timeout(timeout));
        Self { timeout, ..request }
    }

    /// Sends the request and drops whatever the service answers.
    ///
    /// # Errors
    /// [`ServiceError`] unless the service answers 2xx.
    pub async fn done(self) -> Result<(), ServiceError> {
        self.send().await.map(drop)
    }

    /// Sends the request and reads the JSON object it is answered with.
    ///
    /// # Errors
    /// [`ServiceError`] unless the service answers 2xx with an object of the wanted shape.
    pub async fn read<T: DeserializeOwned>(self) -> Result<T, ServiceError> {
        let (status, body) = self.body().await?;
        if body.is_empty() {
            return Err(ServiceError::NoContent);
        }
        // Serde would fill a structure from an array, member by member.
        if body.first() != Some(&b'{') {
            return Err(ServiceError::unexpected(
                status,
                &body,
                &"not a JSON object",
            ));
        }
        parse(status, &body)
    }

    /// Sends the request and reads the JSON array it is answered with; an empty body is an empty
    /// list.
    ///
    /// # Errors
    /// [`ServiceError`] unless the service answers 2xx with a list of the wanted items.
    pub async fn read_list<T: DeserializeOwned>(self) -> Result<Vec<T>, ServiceError> {
        self.read_any().await.map(Option::unwrap_or_default)
    }

    /// As [`read_list`](Self::read_list), but the service may also answer with an object that holds
    /// the list as `member`: the real services and their clients do not agree everywhere
    /// (`spec/identity.md` 9).
    ///
    /// # Errors
    /// As [`read_list`](Self::read_list).
    pub async fn read_list_in<T: DeserializeOwned>(
        self,
        member: &str,
    ) -> Result<Vec<T>, ServiceError> {
        let (status, body) = self.body().await?;
        if body.is_empty() {
            return Ok(Vec::new());
        }
        let list = match parse::<Value>(status, &body)? {
            Value::Object(mut object) => object.remove(member).unwrap_or_else(|| object.into()),
            bare => bare,
        };
        serde_json::from_value(list)
            .map_err(|error| ServiceError::unexpected(status, &body, &error))
    }

    /// Sends the request and reads JSON of any shape; `None` for an empty body.
    ///
    /// # Errors
    /// [`ServiceError`] unless the service answers 2xx with a value that can be read.
    pub async fn read_any<T: DeserializeOwned>(self) -> Result<Option<T>, ServiceError> {
        let (status, body) = self.body().await?;
        if body.is_empty() {
            Ok(None)
        } else {
            parse(status, &body).map(Some)
        }
    }

    async fn body(self) -> Result<(StatusCode, Bytes), ServiceError> {
        let timeout = self.timeout;
        let response = self.send().await?;
        let status = response.status();
        let body = read_bounded(response, DATA_LIMIT, timeout).await?;
        Ok((status, body.slice_ref(body.trim_ascii())))
    }

    async fn send(self) -> Result<Response, ServiceError> {
        let timeout = self.timeout;
        let response = self
            .builder?
            .send()
            .await
            .map_err(|error| ServiceError::transport(error, timeout))?;
        if let Some(last) = &self.noting {
            last.note(response.headers());
        }
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = match read_bounded(response, ERROR_LIMIT, timeout).await {
            Ok(body) => body,
            // The status says more than the fate of the body.
            Err(_) => Bytes::new(),
        };
        Err(ServiceError::refused(status, &body))
    }
}

fn parse<T: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<T, ServiceError> {
    serde_json::from_slice(body).map_err(|error| ServiceError::unexpected(status, body, &error))
}

/// Reads a body of at most `limit` bytes.
pub(crate) async fn read_bounded(
    mut response: Response,
    limit: usize,
    timeout: Duration,
) -> Result<Bytes, ServiceError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| ServiceError::transport(error, timeout))?
    {
        if body.len() + chunk.len() > limit {
            return Err(ServiceError::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
