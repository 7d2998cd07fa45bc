//! Cursors: where a page ended, as text for callers.
//!
//! A cursor holds the position behind which the next page begins and the total as of the first
//! page. It is bound to the tenant and to everything that decides which entities come in which
//! order, also to the associations that lead to them; a checksum over all of it tells a cursor of another query, or a changed one, from the
//! right one.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value as Json, json};

use crate::query::EntityQuery;
use crate::rt_id::RtId;
use crate::store::{EdgeQuery, KeyValue, Position};
use crate::tenant_id::TenantId;

const CHECKSUM_BYTES: usize = 16;
/// Longest cursor; sort keys longer than that are not put into one.
const MAX_LENGTH: usize = 64 * 1024;

const INVALID: &str = "The cursor does not belong to this query. Pass the nextCursor of the page before together with the same type, filters, searches and sort order, or start again without a cursor.";

/// What a cursor says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cursor {
    /// Where the page before ended.
    pub(crate) position: Position,
    /// All matches, as of the first page.
    pub(crate) total: u64,
}

/// What a cursor belongs to.
#[derive(Clone, Copy)]
pub(crate) struct Question<'q> {
    pub(crate) tenant: &'q TenantId,
    pub(crate) query: &'q EntityQuery,
    /// Only entities at the far ends of these.
    pub(crate) edges: Option<&'q EdgeQuery>,
}

impl Cursor {
    /// The text for callers; `None` when the sort keys are too long for one.
    pub(crate) fn write(&self, question: Question<'_>) -> Option<String> {
        let keys: Vec<Json> = self.position.keys.iter().map(write_key).collect();
        let content = json!([self.total, self.position.rt_id, keys]).to_string();
        let mut bytes = checksum(question, &content);
        bytes.extend_from_slice(content.as_bytes());
        let text = BASE64.encode(bytes);
        (text.len() <= MAX_LENGTH).then_some(text)
    }

    /// Reads a cursor of the same query.
    ///
    /// # Errors
    /// Any other text.
    pub(crate) fn read(text: &str, question: Question<'_>) -> Result<Self, String> {
        Self::decode(text.trim(), question).ok_or_else(|| INVALID.to_owned())
    }

    fn decode(text: &str, question: Question<'_>) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let bytes = BASE64.decode(text).ok()?;
        let (found, content) = bytes.split_at_checked(CHECKSUM_BYTES)?;
        let content = std::str::from_utf8(content).ok()?;
        if checksum(question, content) != found {
            return None;
        }
        let (total, rt_id, keys): (u64, RtId, Vec<Json>) = serde_json::from_str(content).ok()?;
        let keys = keys.iter().map(read_key).collect::<Option<Vec<_>>>()?;
        (keys.len() <= question.query.sort.len().max(1)).then_some(Self {
            position: Position { keys, rt_id },
            total,
        })
    }
}

/// Over the content and all that decides on entities and their order; pages may differ in size.
fn checksum(question: Question<'_>, content: &str) -> Vec<u8> {
    let Question {
        tenant,
        query,
        edges,
    } = question;
    let shape = EntityQuery {
        after: None,
        skip: 0,
        take: None,
        ..query.clone()
    };
    let text = format!("{tenant}\n{shape:?}\n{edges:?}\n{content}");
    let digest = digest(&SHA256, text.as_bytes());
    digest.as_ref()[..CHECKSUM_BYTES].to_vec()
}

// Reals as bits: nothing is rounded.
fn write_key(key: &KeyValue) -> Json {
    match key {
        KeyValue::Null => Json::Null,
        KeyValue::Integer(number) => json!(number),
        KeyValue::Text(text) => json!(text),
        KeyValue::Real(number) => json!({"r": number.to_bits()}),
        KeyValue::Bytes(bytes) => json!({"b": BASE64.encode(bytes)}),
    }
}

fn read_key(key: &Json) -> Option<KeyValue> {
    Some(match key {
        Json::Null => KeyValue::Null,
        Json::Number(number) => KeyValue::Integer(number.as_i64()?),
        Json::String(text) => KeyValue::Text(text.clone()),
        Json::Object(members) => match (members.get("r"), members.get("b")) {
            (Some(bits), _) => KeyValue::Real(f64::from_bits(bits.as_u64()?)),
            (_, Some(bytes)) => KeyValue::Bytes(BASE64.decode(bytes.as_str()?).ok()?),
            _ => return None,
        },
        Json::Bool(_) | Json::Array(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entity::Direction;
    use crate::query::SortOrder;

    fn cursor() -> Cursor {
        Cursor {
            position: Position {
                keys: vec![
                    KeyValue::Null,
                    KeyValue::Integer(i64::MIN),
                    KeyValue::Real(0.1 + 0.2),
                    KeyValue::Text("ä".to_owned()),
                    KeyValue::Bytes(vec![0, 255]),
                ],
                rt_id: RtId::generate(),
            },
            total: 7,
        }
    }

    fn query() -> EntityQuery {
        let query = EntityQuery::of("Demo/Tool").eq("name", "x");
        (0..5).fold(query, |query, _| query.sort("size", SortOrder::Ascending))
    }

    fn tenant(name: &str) -> TenantId {
        name.parse().unwrap()
    }

    fn of<'q>(tenant: &'q TenantId, query: &'q EntityQuery) -> Question<'q> {
        Question {
            tenant,
            query,
            edges: None,
        }
    }

    #[test]
    fn cursors_come_back_as_they_went() {
        let acme = tenant("acme");
        let text = cursor().write(of(&acme, &query())).unwrap();
        let read = Cursor::read(&text, of(&acme, &query().take(5))).unwrap();
        assert_eq!(
            (read.total, read.position.keys),
            (7, cursor().position.keys)
        );
    }

    #[test]
    fn cursors_of_other_queries_and_changed_ones_are_refused() {
        let acme = tenant("acme");
        let text = cursor().write(of(&acme, &query())).unwrap();
        let refused = |text: &str, question: Question<'_>| {
            assert_eq!(Cursor::read(text, question).unwrap_err(), INVALID);
        };
        refused(&text, of(&tenant("other"), &query()));
        refused(&text, of(&acme, &query().eq("name", "y")));
        refused(&text, of(&acme, &query().include_archived()));
        let edges = EdgeQuery {
            entities: vec![RtId::generate()],
            role: None,
            direction: Direction::Any,
        };
        let same = query();
        let around = Question {
            edges: Some(&edges),
            ..of(&acme, &same)
        };
        refused(&text, around);
        let half = &text[..text.len() / 2];
        for text in ["", "x", "nonsense", "AAAA", half, &"A".repeat(100_000)] {
            refused(text, of(&acme, &query()));
        }
        for at in (0..text.len()).step_by(7) {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            refused(&changed, of(&acme, &query()));
        }
    }

    #[test]
    fn keys_too_long_for_a_cursor_give_none() {
        let mut cursor = cursor();
        cursor.position.keys[3] = KeyValue::Text("x".repeat(MAX_LENGTH));
        assert_eq!(cursor.write(of(&tenant("acme"), &query())), None);
    }
}
