use crate::storage::key::{Key, push_long, skip_long};
use crate::storage::seeds::Seeds;
use crate::storage::short_key::ShortKeyBuilder;

/// Label values as a family is asked for them: shown one by one, as often as needed, in the same way each time.
pub(crate) trait Values {
    fn each(&self, see: impl FnMut(&str));

    /// The values as a short key, if they fit.
    ///
    /// Always inlined: a key that is returned is copied word by word right after it was written, and such a read waits for the write.
    #[inline(always)]
    fn to_short_key(&self) -> ShortKeyBuilder {
        let mut key = ShortKeyBuilder::new();
        self.each(|value| key.push(value.as_bytes()));
        key
    }

    fn to_key(&self) -> Key {
        match self.to_short_key().key() {
            Some(key) => Key::Short(*key),
            None => {
                let mut key = Vec::new();
                self.each(|value| push_long(&mut key, value));
                Key::Long(key.into())
            }
        }
    }

    /// Whether a key is that of these values, without an allocation.
    fn is_key(&self, key: &Key) -> bool {
        match key {
            Key::Short(key) => self.to_short_key().key() == Some(key),
            Key::Long(key) => {
                let mut rest = Some(&**key);
                self.each(|value| rest = rest.and_then(|rest| skip_long(rest, value)));
                rest.is_some_and(<[u8]>::is_empty)
            }
        }
    }

    fn hash(&self, seeds: &Seeds) -> u64 {
        self.to_short_key().key().map_or_else(|| self.hash_long(seeds), |key| key.hash(seeds))
    }

    /// The hash of these values if they make no short key.
    fn hash_long(&self, seeds: &Seeds) -> u64 {
        let mut state = 0;
        self.each(|value| state = seeds.hash_long(state, value.as_bytes()));
        state
    }
}

pub(crate) struct Texts<'a>(pub(crate) &'a [&'a str]);

impl Values for Texts<'_> {
    fn each(&self, mut see: impl FnMut(&str)) {
        self.0.iter().for_each(|value| see(value));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    struct Texts<'a>(&'a [String]);

    impl Values for Texts<'_> {
        fn each(&self, mut see: impl FnMut(&str)) {
            self.0.iter().for_each(|value| see(value));
        }
    }

    fn hash(texts: &[String], seeds: &Seeds) -> u64 {
        Texts(texts).hash(seeds)
    }

    #[test]
    fn every_byte_of_a_value_of_any_length_counts() {
        let seeds = Seeds::new();
        for length in 0..100 {
            let text = "x".repeat(length);
            let mut hashes = HashSet::from([hash(std::slice::from_ref(&text), &seeds)]);
            for at in 0..length {
                let mut other = text.clone();
                other.replace_range(at..=at, "y");
                let other = [other];
                assert!(!Texts(&other).is_key(&Texts(std::slice::from_ref(&text)).to_key()));
                assert!(hashes.insert(hash(&other, &seeds)), "byte {at} of {length}");
            }
        }
    }

    #[test]
    fn a_missing_value_is_not_an_empty_one() {
        let texts = ["a".to_owned(), String::new()];
        assert!(!Texts(&texts[..1]).is_key(&Texts(&texts).to_key()));
        assert!(!Texts(&texts).is_key(&Texts(&texts[..1]).to_key()));
    }

    #[test]
    fn the_hashes_of_numbered_values_fill_a_table_evenly() {
        for route in ["/things", "/things/with/a/path/that/is/rather/long/for/a/path"] {
            for _ in 0..100 {
                let seeds = Seeds::new();
                let slot =
                    |n: u16| hash(&["GET".into(), format!("{route}/{n}"), "200".into()], &seeds) % 4096;
                let taken: HashSet<u64> = (0..2000).map(slot).collect();
                // As many as at random: 4096 (1 - e^(-2000/4096)) = 1582.
                assert!(taken.len() > 1450, "{route}: {}", taken.len());
            }
        }
    }

    proptest! {
        #[test]
        fn a_key_is_that_of_its_own_values_only(
            a in prop::collection::vec("[ab]{0,3}|[ab]{6,30}|a{252,260}", 0..4),
            b in prop::collection::vec("[ab]{0,3}|[ab]{6,30}|a{252,260}", 0..4),
        ) {
            prop_assert!(Texts(&a).is_key(&Texts(&a).to_key()));
            prop_assert_eq!(Texts(&a).is_key(&Texts(&b).to_key()), a == b);
            prop_assert_eq!(Texts(&a).to_key() == Texts(&b).to_key(), a == b);
        }
    }
}
