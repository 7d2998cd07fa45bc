//! Tolerant reading of the services' JSON, and writing of secrets.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize as _, Serializer};

use crate::Secret;

/// Reads `null` as the default value: the services write nulls where a list or text is empty.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// Writes a secret in clear text: requests are where it has to go.
pub(crate) fn exposed<S: Serializer>(
    secret: &Option<Secret>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(Secret::expose).serialize(serializer)
}

/// Reads an instant as the services write it: RFC 3339, or without an offset, which means UTC.
/// What cannot be read counts as missing; it is for display only.
pub(crate) fn instant<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.as_deref().map(str::trim).and_then(|text| {
        let with_offset = text.parse::<Timestamp>().ok();
        with_offset.or_else(|| {
            let local = text.parse::<DateTime>().ok()?;
            local
                .to_zoned(TimeZone::UTC)
                .ok()
                .map(|zoned| zoned.timestamp())
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_in_all_notations_of_the_services() {
        #[derive(Deserialize)]
        struct Carrier {
            #[serde(deserialize_with = "instant")]
            at: Option<Timestamp>,
        }
        let read = |value: &str| {
            serde_json::from_str::<Carrier>(&format!(r#"{{"at":{value}}}"#))
                .unwrap()
                .at
                .map(|at| at.to_string())
        };
        for text in [
            "2026-01-02T03:04:05.5Z",
            "2026-01-02T03:04:05.5",
            "2026-01-02T05:04:05.5+02:00",
        ] {
            let expected = Some("2026-01-02T03:04:05.5Z".to_owned());
            assert_eq!(read(&format!("\"{text}\"")), expected, "{text}");
        }
        assert_eq!(read("null"), None);
        assert_eq!(read("\"yesterday\""), None);
    }
}
