use crate::families::key::{self, Key, Seeds};

/// Label values as a family is asked for them: shown one by one, as often as needed, in the same way each time.
pub(crate) trait Values {
    fn each(&self, see: impl FnMut(&str));

    fn to_key(&self) -> Key {
        Key::new(|see| self.each(see))
    }

    /// Whether a key is that of these values, without making it.
    #[inline]
    fn is_key(&self, key: &Key) -> bool {
        match key {
            Key::Short(key) => {
                let mut end = Some(0);
                self.each(|value| end = end.and_then(|end| key::skip(key, end, value.as_bytes())));
                end.is_some_and(|end| key::ends(key, end))
            }
            Key::Long(key) => {
                let mut rest = Some(&**key);
                self.each(|value| rest = rest.and_then(|rest| key::skip_long(rest, value)));
                rest.is_some_and(<[u8]>::is_empty)
            }
        }
    }

    #[inline]
    fn hash(&self, seeds: Seeds) -> u64 {
        let mut state = seeds.0;
        self.each(|value| state = seeds.hash(state, value.as_bytes()));
        state
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

    fn hash(texts: &[String], seeds: Seeds) -> u64 {
        Texts(texts).hash(seeds)
    }

    #[test]
    fn every_byte_of_a_value_of_any_length_counts() {
        let seeds = Seeds::new();
        for length in 0..100 {
            let text = "x".repeat(length);
            let mut hashes = HashSet::from([hash(std::slice::from_ref(&text), seeds)]);
            for at in 0..length {
                let mut other = text.clone();
                other.replace_range(at..=at, "y");
                let other = [other];
                assert!(!Texts(&other).is_key(&Texts(std::slice::from_ref(&text)).to_key()));
                assert!(hashes.insert(hash(&other, seeds)), "byte {at} of {length}");
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
        let seeds = Seeds::new();
        for route in ["/things", "/things/with/a/path/that/is/rather/long/for/a/path"] {
            let slot = |n: u16| hash(&["GET".into(), format!("{route}/{n}"), "200".into()], seeds) % 4096;
            let taken: HashSet<u64> = (0..2000).map(slot).collect();
            // As many as at random: 4096 (1 - e^(-2000/4096)) = 1582.
            assert!(taken.len() > 1450, "{}", taken.len());
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
