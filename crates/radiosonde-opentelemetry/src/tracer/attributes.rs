use std::borrow::Cow;
use std::collections::HashMap;

use radiosonde_trace::{Attribute, AttributeValue};

/// Unique attributes: the last value of a key wins, at the position of the first.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    list: Vec<Attribute>,
    /// Positions by key, once there are too many attributes to compare each key.
    positions: HashMap<Cow<'static, str>, usize>,
    dropped: u32,
    /// About the bytes of keys and values.
    bytes: usize,
}

/// Comparing up to this number of keys is cheaper than hashing one.
const SMALL: usize = 32;

impl Attributes {
    /// Sets an attribute; counts it as dropped if its key is new and there are `limit` others.
    pub(crate) fn set(&mut self, attribute: Attribute, limit: usize) {
        match self.position(&attribute.key) {
            Some(at) => {
                let known = &mut self.list[at].value;
                self.bytes = self.bytes - size(known) + size(&attribute.value);
                *known = attribute.value;
            }
            None if self.list.len() >= limit => self.dropped = self.dropped.saturating_add(1),
            None => self.push(attribute),
        }
    }

    /// About the bytes of keys and values.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    fn position(&self, key: &str) -> Option<usize> {
        if self.list.len() <= SMALL {
            self.list.iter().position(|known| known.key == key)
        } else {
            self.positions.get(key).copied()
        }
    }

    fn push(&mut self, attribute: Attribute) {
        let at = self.list.len();
        self.bytes += attribute.key.len() + size(&attribute.value);
        if at == SMALL {
            let known = self.list.iter().enumerate().map(|(at, known)| (known.key.clone(), at));
            self.positions = known.collect();
        }
        if at >= SMALL {
            self.positions.insert(attribute.key.clone(), at);
        }
        self.list.push(attribute);
    }

    /// The attributes and the number of dropped ones.
    pub(crate) fn take(self) -> (Vec<Attribute>, u32) {
        (self.list, self.dropped)
    }
}

/// About the bytes of a value.
fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::String(text) => text.len(),
        AttributeValue::Array(values) => values.iter().map(size).sum(),
        _ => size_of::<u64>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_of_a_key_wins_before_the_limit_counts() {
        for limit in [1, SMALL - 1, SMALL, SMALL + 1, 128, 1000] {
            let mut attributes = Attributes::default();
            for round in 0..3_i64 {
                for key in 0..limit {
                    attributes.set(Attribute::new(format!("k{key}"), round), limit);
                }
            }
            attributes.set(Attribute::new("one too many", 1), limit);
            let (list, dropped) = attributes.take();
            assert_eq!((list.len(), dropped), (limit, 1));
            for (at, attribute) in list.iter().enumerate() {
                assert_eq!(*attribute, Attribute::new(format!("k{at}"), 2_i64));
            }
        }
    }
}
