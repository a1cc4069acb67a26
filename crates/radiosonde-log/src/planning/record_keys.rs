use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::planning::plan::{MAX_NAME_BYTES, Planned};

/// Names of key-values of `log` records that are known at most: unlike those of fields they may be made at run time.
const MOST: usize = 1024;

/// What becomes of the key-values of `log` records, by name.
#[derive(Debug, Default)]
pub(crate) struct RecordKeys {
    known: Mutex<HashMap<Box<str>, Arc<Planned>>>,
}

impl RecordKeys {
    /// `None` for a new name when there is no room for it, and for one that is too long for any line.
    pub(crate) fn of(&self, name: &str, plan: impl FnOnce() -> Planned) -> Option<Arc<Planned>> {
        // Two bytes more for `r#`, which is no part of the name.
        if name.len() > MAX_NAME_BYTES + 2 {
            return None;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(planned) = known.get(name) {
            return Some(Arc::clone(planned));
        }
        if known.len() == MOST {
            return None;
        }
        let mut planned = plan();
        if let Planned::Shown(shown) = &mut planned {
            // Nobody knows which other names a record has.
            shown.repeats = true;
        }
        let planned = Arc::new(planned);
        known.insert(name.into(), Arc::clone(&planned));
        Some(planned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_planned_once_and_bounded() {
        let keys = RecordKeys::default();
        assert!((0..MOST).all(|at| keys.of(&at.to_string(), || Planned::Hidden).is_some()));
        assert!(keys.of("one more", || Planned::Hidden).is_none());
        assert!(keys.of("7", || unreachable!()).is_some());
    }

    #[test]
    fn a_name_too_long_for_a_line_is_not_kept() {
        let keys = RecordKeys::default();
        assert!(keys.of(&"x".repeat(1_000_000), || unreachable!()).is_none());
        assert!(keys.known.lock().unwrap().is_empty());
        assert!(keys.of(&"x".repeat(MAX_NAME_BYTES), || Planned::Hidden).is_some());
    }
}
