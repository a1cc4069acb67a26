/// How often a unit of work did the same, told apart by a key.
///
/// # Shape
/// It counts [`MAX_KEYS`] keys. A further one takes the place of the one with the lowest count, so a count may be too low, but
/// never too high.
#[derive(Default)]
pub(crate) struct Repeats {
    counts: Vec<(usize, u32)>,
    reported: Option<usize>,
}

/// What a unit of work repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeated {
    /// How often, so far.
    pub count: u32,
    /// Whether this was the first time that the limit was reached.
    pub is_first: bool,
}

const MAX_KEYS: usize = 16;

impl Repeats {
    /// Counts one more of a key. `Some` from the `limit`th on, for the first key that reaches the limit.
    pub(crate) fn count(&mut self, key: usize, limit: u32) -> Option<Repeated> {
        let count = self.add(key);
        if count < limit {
            return None;
        }
        let is_first = self.reported.is_none();
        (*self.reported.get_or_insert(key) == key).then_some(Repeated { count, is_first })
    }

    fn add(&mut self, key: usize) -> u32 {
        if let Some((_, count)) = self.counts.iter_mut().find(|(known, _)| *known == key) {
            *count = count.saturating_add(1);
            return *count;
        }
        if self.counts.len() < MAX_KEYS {
            self.counts.push((key, 1));
        } else if let Some(least) = self.counts.iter_mut().min_by_key(|(_, count)| *count) {
            *least = (key, 1);
        }
        1
    }

    /// Empties it and keeps its buffer.
    pub(crate) fn clear(&mut self) {
        self.counts.clear();
        self.reported = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_reported_for_the_first_key_that_reaches_it() {
        let mut repeats = Repeats::default();
        let counted: Vec<_> = (0..4).map(|_| repeats.count(1, 3)).collect();
        let repeated = |count, is_first| Some(Repeated { count, is_first });
        assert_eq!(counted, [None, None, repeated(3, true), repeated(4, false)]);
        assert!((0..9).all(|_| repeats.count(2, 3).is_none()));
        assert_eq!(repeats.count(1, 3), repeated(5, false));
        repeats.clear();
        assert_eq!(repeats.count(2, 1), repeated(1, true));
    }

    #[test]
    fn many_keys_neither_grow_it_nor_hide_one_that_repeats() {
        let mut repeats = Repeats::default();
        let counted = (0..100).filter_map(|other| {
            repeats.count(1000 + other, 10);
            repeats.count(1, 10)
        });
        assert_eq!(counted.count(), 91);
        assert_eq!((repeats.counts.len(), repeats.counts.capacity()), (MAX_KEYS, MAX_KEYS));
    }
}
