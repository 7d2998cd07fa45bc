//! The attributes of an entity or record: a map from PascalCase name to value.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use octo_ck::id::pascal_case;

use crate::value::{Record, Value};

/// Attribute values by name.
///
/// Names are PascalCase; camelCase spellings are accepted everywhere and mean the same attribute.
/// The typed getters answer `None` (or an empty slice) when the attribute is absent or of another
/// type.
///
/// ```
/// use octo_runtime::Attributes;
///
/// let attributes = Attributes::new().set("UserName", "ada").set("AccessFailedCount", 2);
/// assert_eq!(attributes.str("userName"), Some("ada"));
/// assert_eq!(attributes.i32("AccessFailedCount"), Some(2));
/// assert_eq!(attributes.bool("EmailConfirmed"), None);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attributes(BTreeMap<String, Value>);

impl Attributes {
    /// No attributes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces an attribute (builder form).
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.insert(name, value);
        self
    }

    /// Adds or replaces an attribute when there is a value (builder form).
    #[must_use]
    pub fn set_opt(mut self, name: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.insert(name, value);
        }
        self
    }

    /// Adds or replaces an attribute.
    pub fn insert(&mut self, name: &str, value: impl Into<Value>) -> Option<Value> {
        self.0.insert(pascal_case(name), value.into())
    }

    /// Takes an attribute out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.0.remove(key(name).as_ref())
    }

    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(key(name).as_ref())
    }

    /// The value of an attribute, for editing.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0.get_mut(key(name).as_ref())
    }

    /// Whether there is a value.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Text of a String attribute.
    pub fn str(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Value of a Boolean attribute.
    pub fn bool(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Value::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// Value of an Int attribute, or key of an Enum attribute.
    pub fn i32(&self, name: &str) -> Option<i32> {
        match self.get(name)? {
            Value::Int(value) | Value::Enum(value) => Some(*value),
            _ => None,
        }
    }

    /// Value of an Int64 or Int attribute.
    pub fn i64(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Int64(value) => Some(*value),
            Value::Int(value) => Some(i64::from(*value)),
            _ => None,
        }
    }

    /// Value of a Double attribute.
    pub fn f64(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            Value::Double(value) => Some(*value),
            _ => None,
        }
    }

    /// Instant of a DateTime or DateTimeOffset attribute.
    pub fn timestamp(&self, name: &str) -> Option<Timestamp> {
        match self.get(name)? {
            Value::DateTime(instant) => Some(*instant),
            Value::DateTimeOffset(value) => Some(value.instant),
            _ => None,
        }
    }

    /// Length of a TimeSpan attribute; `None` when negative.
    pub fn duration(&self, name: &str) -> Option<Duration> {
        match self.get(name)? {
            Value::TimeSpan(ticks) => {
                let ticks = u64::try_from(*ticks).ok()?;
                Some(Duration::from_micros(ticks / 10) + Duration::from_nanos(ticks % 10 * 100))
            }
            _ => None,
        }
    }

    /// Elements of a StringArray attribute; empty when absent.
    pub fn strings(&self, name: &str) -> &[String] {
        match self.get(name) {
            Some(Value::StringArray(texts)) => texts,
            _ => &[],
        }
    }

    /// Elements of an IntArray attribute; empty when absent.
    pub fn ints(&self, name: &str) -> &[i32] {
        match self.get(name) {
            Some(Value::IntArray(values)) => values,
            _ => &[],
        }
    }

    /// Bytes of a Binary attribute.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        match self.get(name)? {
            Value::Binary(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Fields of a Record attribute.
    pub fn record(&self, name: &str) -> Option<&Record> {
        match self.get(name)? {
            Value::Record(record) => Some(record),
            _ => None,
        }
    }

    /// Elements of a RecordArray attribute; empty when absent.
    pub fn records(&self, name: &str) -> &[Record] {
        match self.get(name) {
            Some(Value::RecordArray(records)) => records,
            _ => &[],
        }
    }

    /// All attributes, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Number of attributes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn key(name: &str) -> Cow<'_, str> {
    if name.chars().next().is_some_and(char::is_lowercase) {
        Cow::Owned(pascal_case(name))
    } else {
        Cow::Borrowed(name)
    }
}

impl IntoIterator for Attributes {
    type Item = (String, Value);
    type IntoIter = std::collections::btree_map::IntoIter<String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<N: AsRef<str>, V: Into<Value>> FromIterator<(N, V)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(items: I) -> Self {
        let mut attributes = Self::new();
        attributes.extend(items);
        attributes
    }
}

impl<N: AsRef<str>, V: Into<Value>> Extend<(N, V)> for Attributes {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, items: I) {
        for (name, value) in items {
            self.insert(name.as_ref(), value);
        }
    }
}
