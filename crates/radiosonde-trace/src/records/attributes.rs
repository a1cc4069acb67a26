use crate::records::limits::MAX_SPAN_BYTES;
use crate::spans::encoding::{Written, put_attribute, put_attribute_of};
use crate::spans::wire::bytes_tag;

/// The key of an attribute as it is written, which a callsite makes once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key<'a> {
    pub(crate) hash: u32,
    /// A field of the message `KeyValue`, with its tag and length.
    pub(crate) field: &'a [u8],
}

/// By words of eight bytes, the last of which overlaps the one before; a collision costs a comparison.
#[inline]
pub(crate) fn hash(key: &str) -> u32 {
    let bytes = key.as_bytes();
    let mix = |hash: u64, word: u64| {
        let mixed = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ mixed >> 32
    };
    let length = bytes.len() as u64;
    let hash = match bytes.last_chunk() {
        Some(last) => {
            let (words, _) = bytes.as_chunks();
            let hash = words.iter().fold(length, |hash, word| mix(hash, u64::from_le_bytes(*word)));
            mix(hash, u64::from_le_bytes(*last))
        }
        None => mix(length, bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte))),
    };
    hash as u32
}

/// The places of attributes within written bytes, so that a later value of a key replaces an earlier one.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    places: Vec<Place>,
    pub(crate) dropped: u32,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    hash: u32,
    start: u32,
    len: u32,
}

impl Place {
    fn end(self) -> usize {
        (self.start + self.len) as usize
    }

    /// The written attribute.
    fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start as usize..self.end()]
    }

    /// Whether this attribute has the key.
    fn has(self, bytes: &[u8], key: Key<'_>) -> bool {
        self.hash == key.hash && key_value(self.of(bytes)).starts_with(key.field)
    }
}

/// The message `KeyValue` of a written attribute: what follows its tag and length.
fn key_value(attribute: &[u8]) -> &[u8] {
    let length = attribute.iter().skip(1).take_while(|byte| **byte & 0x80 != 0).count() + 1;
    &attribute[1 + length..]
}

impl Attributes {
    pub(crate) fn clear(&mut self) {
        self.places.clear();
        self.dropped = 0;
    }

    /// Starts with the attributes that every span or event of a callsite has.
    pub(crate) fn start_with(&mut self, constants: &Self) {
        self.places.clone_from(&constants.places);
    }

    pub(crate) fn has(&self, bytes: &[u8], key: Key<'_>) -> bool {
        self.find(bytes, key).is_some()
    }

    fn find(&self, bytes: &[u8], key: Key<'_>) -> Option<usize> {
        self.places.iter().position(|place| place.has(bytes, key))
    }

    /// The message `KeyValue` of the attribute with this key.
    pub(crate) fn get<'a>(&self, bytes: &'a [u8], key: Key<'_>) -> Option<&'a [u8]> {
        Some(key_value(self.places[self.find(bytes, key)?].of(bytes)))
    }

    /// Appends an attribute whose key is known to be new.
    #[inline]
    pub(crate) fn push(
        &mut self,
        bytes: &mut Vec<u8>,
        (field, limit): (u8, u32),
        key: Key<'_>,
        value: &Written<'_>,
    ) {
        if self.places.len() >= limit as usize || bytes.len() > MAX_SPAN_BYTES {
            self.dropped = self.dropped.saturating_add(1);
            return;
        }
        let start = bytes.len();
        put_attribute_of(bytes, field, key.field, value);
        self.places.push(Place { hash: key.hash, start: start as u32, len: (bytes.len() - start) as u32 });
    }

    /// Appends an attribute to those that will be [merged](Self::merge), where the last value of a key wins.
    pub(crate) fn push_named(&mut self, bytes: &mut Vec<u8>, field: u8, key: &str, value: &Written<'_>) {
        if bytes.len() > MAX_SPAN_BYTES {
            self.dropped = self.dropped.saturating_add(1);
            return;
        }
        let start = bytes.len();
        put_attribute(bytes, field, key, value);
        self.places.push(Place { hash: hash(key), start: start as u32, len: (bytes.len() - start) as u32 });
    }

    /// Appends an attribute, or replaces the value of its key, which stays where it is.
    pub(crate) fn put(
        &mut self,
        bytes: &mut Vec<u8>,
        (field, limit): (u8, u32),
        key: Key<'_>,
        value: &Written<'_>,
    ) {
        match self.find(bytes, key) {
            None => self.push(bytes, (field, limit), key, value),
            Some(at) => {
                let end = bytes.len();
                put_attribute_of(bytes, field, key.field, value);
                let new = bytes.split_off(end);
                self.replace(bytes, at, &new);
            }
        }
    }

    fn replace(&mut self, bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
        let place = self.places[at];
        if bytes.len() > MAX_SPAN_BYTES && new.len() > place.len as usize {
            self.dropped = self.dropped.saturating_add(1);
            return;
        }
        let _ = bytes.splice(place.start as usize..place.end(), new.iter().copied());
        let (before, after) = (place.len, new.len() as u32);
        self.places[at].len = after;
        for place in &mut self.places[at + 1..] {
            place.start = place.start + after - before;
        }
    }

    /// Whether these attributes have no key twice, and none of this one's, as far as hashes show.
    fn is_disjoint(&self, newer: &Self) -> bool {
        newer.places.iter().enumerate().all(|(at, place)| {
            let has =
                |others: &[Place]| others.iter().fold(false, |has, other| has | (other.hash == place.hash));
            !has(&self.places) && !has(&newer.places[..at])
        })
    }

    /// Adds attributes that were written elsewhere.
    pub(crate) fn merge(&mut self, bytes: &mut Vec<u8>, limit: u32, newer: (&Self, &[u8])) {
        let (newer, newer_bytes) = newer;
        debug_assert_eq!(
            newer_bytes.len(),
            newer.places.iter().map(|place| place.len as usize).sum::<usize>()
        );
        // One alone is more often a new value of a key, and is searched for as fast.
        if newer.places.len() > 1
            && self.places.len() + newer.places.len() <= limit as usize
            && bytes.len() + newer_bytes.len() <= MAX_SPAN_BYTES
            && self.is_disjoint(newer)
        {
            let start = bytes.len() as u32;
            bytes.extend_from_slice(newer_bytes);
            self.places
                .extend(newer.places.iter().map(|place| Place { start: place.start + start, ..*place }));
            self.dropped = self.dropped.saturating_add(newer.dropped);
            return;
        }
        for place in &newer.places {
            let written = place.of(newer_bytes);
            let key = key_of(place.hash, key_value(written));
            match self.find(bytes, key) {
                Some(at) => self.replace(bytes, at, written),
                None if self.places.len() >= limit as usize || bytes.len() > MAX_SPAN_BYTES => {
                    self.dropped = self.dropped.saturating_add(1);
                }
                None => {
                    let start = bytes.len() as u32;
                    bytes.extend_from_slice(written);
                    self.places.push(Place { start, ..*place });
                }
            }
        }
        self.dropped = self.dropped.saturating_add(newer.dropped);
    }
}

/// The key at the beginning of a message `KeyValue`.
fn key_of(hash: u32, key_value: &[u8]) -> Key<'_> {
    let mut len = 0;
    let mut at = 1;
    for (shift, byte) in (0..35).step_by(7).zip(key_value.iter().skip(1)) {
        at += 1;
        len |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    debug_assert_eq!(key_value.first(), Some(&bytes_tag(1)));
    Key { hash, field: &key_value[..(at + len).min(key_value.len())] }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::spans::decoding;
    use crate::spans::encoding::{SPAN_ATTRIBUTES, key_field};
    use crate::spans::finished_span::FinishedSpan;
    use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};

    fn decoded(bytes: &[u8]) -> FinishedSpan {
        let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
        decoding::span(context, false, "test", bytes)
    }

    fn expected(puts: &[(String, String)], limit: usize) -> (Vec<(String, String)>, u32) {
        let (mut kept, mut dropped): (Vec<(String, String)>, u32) = (Vec::new(), 0);
        for (key, value) in puts {
            let is_full = kept.len() == limit;
            match kept.iter_mut().find(|(known, _)| known == key) {
                Some(known) => known.1.clone_from(value),
                None if is_full => dropped += 1,
                None => kept.push((key.clone(), value.clone())),
            }
        }
        (kept, dropped)
    }

    proptest! {
        #[test]
        fn the_last_value_of_a_key_stands_where_the_first_stood(
            puts in proptest::collection::vec(("[a-c]{1,130}|[ab]", "\\PC{0,150}"), 0..40),
            from in 0..40_usize,
            limit in 1..9_usize,
        ) {
            let (mut own, mut bytes) = (Attributes::default(), Vec::new());
            let (mut later, mut later_bytes) = (Attributes::default(), Vec::new());
            let from = from.min(puts.len());
            for (key, value) in &puts[..from] {
                let field = key_field(key);
                let key = Key { hash: hash(key), field: &field };
                own.put(&mut bytes, (SPAN_ATTRIBUTES, limit as u32), key, &Written::Text(value));
            }
            for (key, value) in &puts[from..] {
                let field = key_field(key);
                let key = Key { hash: hash(key), field: &field };
                later.put(&mut later_bytes, (SPAN_ATTRIBUTES, 1000), key, &Written::Text(value));
            }
            own.merge(&mut bytes, limit as u32, (&later, &later_bytes));
            let found: Vec<_> = decoded(&bytes)
                .attributes
                .into_iter()
                .map(|attribute| (attribute.key.into_owned(), attribute.value))
                .collect();
            let mut merged = puts[..from].to_vec();
            merged.extend(expected(&puts[from..], 1000).0);
            let (kept, dropped) = expected(&merged, limit);
            let kept: Vec<_> = kept.into_iter().map(|(key, value)| (key, value.into())).collect();
            prop_assert_eq!(found, kept);
            prop_assert_eq!(own.dropped, dropped);
        }
    }
}
