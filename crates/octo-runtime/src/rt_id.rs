//! Runtime ids: 12-byte object ids, written as 24 lower-case hexadecimal digits (spec 3.2).
//!
//! Ids generated in one process ascend, so that ordering by id is ordering by creation.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Serialize};

/// Identity of an entity or association inside its tenant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RtId([u8; 12]);

/// Why a text is not a runtime id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RtIdError {
    /// Not 24 characters long.
    #[error("'{text}' is not a valid 24 digit hex string (got {length} characters).")]
    Length {
        /// The rejected text, shortened.
        text: String,
        /// Its length in characters.
        length: usize,
    },
    /// Other characters than 0-9, a-f, A-F.
    #[error("'{0}' is not a valid 24 digit hex string.")]
    Digits(String),
}

impl RtId {
    /// A new id: seconds since 1970, five bytes random per process, a counter.
    pub fn generate() -> Self {
        let seconds = jiff::Timestamp::now().as_second().clamp(0, u32::MAX.into());
        let mut bytes = [0; 12];
        let process = process_part();
        let count = process.counter.fetch_add(1, Ordering::Relaxed);
        bytes[..4].copy_from_slice(&(seconds as u32).to_be_bytes());
        bytes[4..9].copy_from_slice(&process.random);
        bytes[9..].copy_from_slice(&count.to_be_bytes()[1..]);
        Self(bytes)
    }

    /// The id with exactly these bytes.
    pub const fn from_bytes(bytes: [u8; 12]) -> Self {
        Self(bytes)
    }

    /// The twelve bytes.
    pub const fn as_bytes(&self) -> &[u8; 12] {
        &self.0
    }
}

struct ProcessPart {
    random: [u8; 5],
    counter: AtomicU32,
}

fn process_part() -> &'static ProcessPart {
    static PART: OnceLock<ProcessPart> = OnceLock::new();
    PART.get_or_init(|| {
        let mut random = [0; 5];
        if aws_lc_rs::rand::fill(&mut random).is_err() {
            // Without a system random source the process id still separates processes of a host.
            random[1..].copy_from_slice(&std::process::id().to_be_bytes());
        }
        ProcessPart {
            random,
            counter: AtomicU32::new(0),
        }
    })
}

impl fmt::Display for RtId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RtId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RtId({self})")
    }
}

impl FromStr for RtId {
    type Err = RtIdError;

    fn from_str(text: &str) -> Result<Self, RtIdError> {
        let length = text.chars().count();
        let shown = || text.chars().take(64).collect::<String>();
        if length != 24 {
            return Err(RtIdError::Length {
                text: shown(),
                length,
            });
        }
        let digits = text.as_bytes();
        let mut bytes = [0; 12];
        for (at, byte) in bytes.iter_mut().enumerate() {
            let pair = digits.get(at * 2).zip(digits.get(at * 2 + 1));
            *byte = pair
                .and_then(|(high, low)| Some((hex_digit(*high)? << 4) | hex_digit(*low)?))
                .ok_or_else(|| RtIdError::Digits(shown()))?;
        }
        Ok(Self(bytes))
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|d| u8::try_from(d).ok())
}

impl Serialize for RtId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RtId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_ids_ascend_and_read_back() {
        let ids: Vec<RtId> = (0..1000).map(|_| RtId::generate()).collect();
        assert!(ids.is_sorted());
        assert_eq!(
            ids[0].to_string().to_uppercase().parse::<RtId>(),
            Ok(ids[0])
        );
    }

    #[test]
    fn bad_texts_are_refused_with_a_reason() {
        let message = |text: &str| text.parse::<RtId>().unwrap_err().to_string();
        assert_eq!(
            message("abc"),
            "'abc' is not a valid 24 digit hex string (got 3 characters)."
        );
        assert_eq!(
            message("zzzzzzzzzzzzzzzzzzzzzzzz"),
            "'zzzzzzzzzzzzzzzzzzzzzzzz' is not a valid 24 digit hex string."
        );
        assert!("ääääääääääää".parse::<RtId>().is_err());
        assert!("+1+1+1+1+1+1+1+1+1+1+1+1".parse::<RtId>().is_err());
    }
}
