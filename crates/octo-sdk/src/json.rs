//! Tolerant reading of the services' JSON.

use serde::{Deserialize, Deserializer};

/// Reads `null` as the default value: the services write nulls where a list or text is empty.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}
