//! The groups of an aggregation while entities pass by.
//!
//! Keys are encoded so that the order of their bytes is the order of the groups. When there are
//! more groups than wanted the greatest is dropped; a dropped group never comes back, because
//! everything kept is smaller, so the groups that remain are complete.

use std::collections::BTreeMap;

use super::accumulator::{Accumulator, Unit};
use super::{Function, Group, Groups, Measure};
use crate::value::Value;

/// Bytes that the keys of all groups may have together.
const MAX_KEY_BYTES: usize = 32 << 20;

/// One part of a group's key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum KeyPart<'a> {
    Null,
    Integer(i64),
    Double(f64),
    Text(&'a str),
}

/// Groups in the making.
pub(crate) struct Grouping {
    order: BTreeMap<Vec<u8>, usize>,
    slots: Vec<Slot>,
    fresh: Vec<Accumulator>,
    max_groups: usize,
    key_bytes: usize,
    is_truncated: bool,
}

struct Slot {
    keys: Vec<Option<Value>>,
    accumulators: Vec<Accumulator>,
}

impl Grouping {
    pub(crate) fn new(measures: &[Measure], max_groups: usize) -> Self {
        let function = |measure: &Measure| match measure {
            Measure::Rows => Function::Count,
            Measure::Of(function, _) => *function,
        };
        Self {
            order: BTreeMap::new(),
            slots: Vec::new(),
            fresh: measures
                .iter()
                .map(|measure| Accumulator::new(function(measure)))
                .collect(),
            max_groups,
            key_bytes: 0,
            is_truncated: false,
        }
    }

    /// The accumulators of the group of an encoded key; `None` when the group is not kept. `keys`
    /// is asked for the values of a new group.
    pub(crate) fn group<E>(
        &mut self,
        key: &[u8],
        keys: impl FnOnce() -> Result<Vec<Option<Value>>, E>,
    ) -> Result<Option<&mut [Accumulator]>, E> {
        let at = match self.order.get(key) {
            Some(at) => *at,
            None => match self.room_for(key) {
                Some(at) => {
                    self.place(at, key, keys()?);
                    at
                }
                None => return Ok(None),
            },
        };
        Ok(self
            .slots
            .get_mut(at)
            .map(|slot| slot.accumulators.as_mut_slice()))
    }

    /// The accumulators of a group that is kept already.
    pub(crate) fn known(&mut self, key: &[u8]) -> Option<&mut [Accumulator]> {
        let at = self.order.get(key)?;
        let slot = self.slots.get_mut(*at);
        slot.map(|slot| slot.accumulators.as_mut_slice())
    }

    /// Where a new group goes; greater groups may have to make room for it.
    fn room_for(&mut self, key: &[u8]) -> Option<usize> {
        let mut free = None;
        while self.order.len() >= self.max_groups || self.key_bytes + key.len() > MAX_KEY_BYTES {
            self.is_truncated = true;
            let (greatest, at) = self.order.pop_last()?;
            if greatest.as_slice() < key {
                self.order.insert(greatest, at);
                return None;
            }
            self.key_bytes -= greatest.len();
            free = Some(at);
        }
        Some(free.unwrap_or(self.slots.len()))
    }

    fn place(&mut self, at: usize, key: &[u8], keys: Vec<Option<Value>>) {
        let slot = Slot {
            keys,
            accumulators: self.fresh.clone(),
        };
        match self.slots.get_mut(at) {
            Some(dropped) => *dropped = slot,
            None => self.slots.push(slot),
        }
        self.key_bytes += key.len();
        self.order.insert(key.to_vec(), at);
    }

    pub(crate) fn finish(self, units: &[Unit]) -> Groups {
        let mut slots: Vec<_> = self.slots.into_iter().map(Some).collect();
        let ordered = self.order.into_values();
        let groups = ordered.filter_map(|at| slots.get_mut(at)?.take());
        Groups {
            groups: groups.map(|slot| slot.finish(units)).collect(),
            is_truncated: self.is_truncated,
        }
    }
}

impl Slot {
    fn finish(self, units: &[Unit]) -> Group {
        let accumulators = self.accumulators.into_iter().zip(units);
        Group {
            keys: self.keys,
            figures: accumulators
                .map(|(accumulator, unit)| accumulator.finish(*unit))
                .collect(),
        }
    }
}

/// Appends a part to an encoded key.
pub(crate) fn encode(part: KeyPart<'_>, key: &mut Vec<u8>) {
    match part {
        KeyPart::Null => key.push(0),
        KeyPart::Integer(integer) => {
            key.push(1);
            key.extend(((integer as u64) ^ (1 << 63)).to_be_bytes());
        }
        KeyPart::Double(double) => {
            // Zero has two signs but is one value.
            let bits = (double + 0.0).to_bits();
            let is_negative = bits >> 63 == 1;
            let ordered = if is_negative { !bits } else { bits | (1 << 63) };
            key.push(2);
            key.extend(ordered.to_be_bytes());
        }
        KeyPart::Text(text) => {
            key.push(3);
            for byte in text.bytes() {
                key.push(byte);
                if byte == 0 {
                    key.push(0xff);
                }
            }
            key.extend([0, 0]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(part: KeyPart<'_>) -> Vec<u8> {
        let mut key = Vec::new();
        encode(part, &mut key);
        key
    }

    #[test]
    fn keys_are_ordered_as_their_values() {
        let ascending = [
            KeyPart::Null,
            KeyPart::Integer(i64::MIN),
            KeyPart::Integer(-1),
            KeyPart::Integer(0),
            KeyPart::Integer(i64::MAX),
            KeyPart::Double(-1e300),
            KeyPart::Double(-0.5),
            KeyPart::Double(0.0),
            KeyPart::Double(1e-9),
            KeyPart::Text(""),
            KeyPart::Text("\0"),
            KeyPart::Text("\0a"),
            KeyPart::Text("A"),
            KeyPart::Text("a"),
            KeyPart::Text("a\0"),
            KeyPart::Text("aa"),
            KeyPart::Text("ä"),
        ];
        for pair in ascending.windows(2) {
            assert!(encoded(pair[0]) < encoded(pair[1]), "{pair:?}");
        }
        assert_eq!(
            encoded(KeyPart::Double(-0.0)),
            encoded(KeyPart::Double(0.0))
        );
    }

    #[test]
    fn the_first_groups_are_kept_and_complete() {
        let mut grouping = Grouping::new(&[Measure::Rows], 2);
        for name in ["d", "b", "c", "b", "a", "d", "c", "b"] {
            let key = encoded(KeyPart::Text(name));
            let keys = || Ok::<_, ()>(vec![Some(Value::from(name))]);
            if let Some(accumulators) = grouping.group(&key, keys).unwrap() {
                accumulators[0].add_one();
            }
        }
        let found = grouping.finish(&[Unit::Plain]);
        assert!(found.is_truncated);
        let shown: Vec<_> = found
            .groups
            .iter()
            .map(|group| format!("{:?} {:?}", group.keys[0], group.figures[0]))
            .collect();
        assert_eq!(
            shown,
            [
                "Some(String(\"a\")) Count(1)",
                "Some(String(\"b\")) Count(3)"
            ]
        );
    }
}
