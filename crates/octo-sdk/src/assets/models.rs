//! Construction Kit model upload (`spec/assets.md` 8.2 M4).

use std::path::Path;
use std::time::Duration;

use reqwest::Body;
use reqwest::multipart::{Form, Part};
use tokio::fs::File;
use tokio_util::io::ReaderStream;

use super::{AssetsClient, JobIdDto};
use crate::ServiceError;

/// Time an upload may take.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// Kinds of model files the service reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelFileType {
    /// Archive.
    Zip,
    /// Compiled model as JSON.
    Json,
    /// Compiled model as YAML.
    Yaml,
}

impl ModelFileType {
    /// The kind a file name stands for: `.zip`, `.json` or `.yaml` in any case (`.yml` is not
    /// known to the services).
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "zip" => Some(Self::Zip),
            "json" => Some(Self::Json),
            "yaml" => Some(Self::Yaml),
            _ => None,
        }
    }

    /// Content type sent with the upload.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Zip => "application/zip",
            Self::Json => "application/json",
            Self::Yaml => "application/x-yaml",
        }
    }
}

/// A model file to upload.
#[derive(Clone, Copy, Debug)]
pub struct ModelFile<'a> {
    /// Where the content is.
    pub path: &'a Path,
    /// Name the file has for the user; its extension decides the content type.
    pub name: &'a str,
}

impl AssetsClient {
    /// M4: uploads a model, streamed from disk, and starts the job that imports it.
    ///
    /// # Errors
    /// [`ServiceError::InvalidArgument`] when the name has none of the known extensions or the
    /// file cannot be read; otherwise as the service answers.
    pub async fn import_ck_model(&self, file: ModelFile<'_>) -> Result<JobIdDto, ServiceError> {
        let form = Form::new().part("file", file_part(file).await?);
        self.service
            .post(&["models", "ImportCk"])
            .multipart(form, UPLOAD_TIMEOUT)
            .read()
            .await
    }
}

async fn file_part(file: ModelFile<'_>) -> Result<Part, ServiceError> {
    let Some(kind) = ModelFileType::of_name(file.name) else {
        return Err(ServiceError::InvalidArgument(format!(
            "'{}' is not a supported file.",
            file.name
        )));
    };
    let unreadable = |error: std::io::Error| {
        ServiceError::InvalidArgument(format!("'{}' cannot be read: {error}", file.name))
    };
    let content = File::open(file.path).await.map_err(unreadable)?;
    let length = content.metadata().await.map_err(unreadable)?.len();
    Part::stream_with_length(Body::wrap_stream(ReaderStream::new(content)), length)
        .file_name(file.name.to_owned())
        .mime_str(kind.content_type())
        .map_err(|error| ServiceError::InvalidArgument(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_extension() {
        assert_eq!(ModelFileType::of_name("a.b.ZIP"), Some(ModelFileType::Zip));
        assert_eq!(
            ModelFileType::of_name("model.Json"),
            Some(ModelFileType::Json)
        );
        assert_eq!(
            ModelFileType::of_name("model.yaml"),
            Some(ModelFileType::Yaml)
        );
        for name in ["model.yml", "zip", "model.", ""] {
            assert_eq!(ModelFileType::of_name(name), None, "{name}");
        }
    }
}
