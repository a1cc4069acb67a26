use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::planning::plan::FieldPlan;
use crate::schemas::bounds::MAX_NAME_BYTES;
use crate::schemas::keys::{Key, Keys};

/// The most names of `log` key-values kept. Unlike those of fields, they may be created at run time.
const MOST: usize = 1024;

/// The plans for key-values of `log` records, by name. Names that are not used for long are evicted.
#[derive(Debug, Default)]
pub(crate) struct RecordKeys {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Recently used names, at most half of all.
    recent: HashMap<Box<str>, Entry>,
    /// Names used before. A name that is used again moves to `recent`; the rest is dropped when `recent` becomes `before`.
    before: HashMap<Box<str>, Entry>,
}

#[derive(Debug)]
struct Entry {
    field_plan: Arc<FieldPlan>,
    /// The number of names from source code when the plan was made. A new one of the same name changes the key's number.
    as_of: usize,
}

impl Entry {
    fn new(mut field_plan: FieldPlan, as_of: usize) -> Self {
        if let FieldPlan::Render(field) = &mut field_plan {
            // The other names of a record are unknown.
            field.repeats = true;
        }
        Self { field_plan: Arc::new(field_plan), as_of }
    }

    /// The plan, made again if there are new names from source code.
    fn current(&mut self, as_of: usize, plan: impl FnOnce() -> FieldPlan) -> Arc<FieldPlan> {
        if self.as_of != as_of {
            let new = plan();
            // A new number for a name that is not kept would make two keys of one name.
            let passes = |field_plan: &FieldPlan| field_plan.key().is_some_and(Key::passes);
            if passes(&new) && passes(&self.field_plan) {
                self.as_of = as_of;
            } else {
                *self = Self::new(new, as_of);
            }
        }
        Arc::clone(&self.field_plan)
    }
}

impl RecordKeys {
    /// `None` for a name that is too long for any line.
    pub(crate) fn of(
        &self,
        name: &str,
        keys: &Keys,
        plan: impl FnOnce() -> FieldPlan,
    ) -> Option<Arc<FieldPlan>> {
        // Two more bytes for `r#`, which is not part of the name.
        if name.len() > MAX_NAME_BYTES + 2 {
            return None;
        }
        // Read before the plan is made, so that a name added meanwhile is noticed the next time.
        let as_of = keys.count();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known.recent.get_mut(name) {
            return Some(entry.current(as_of, plan));
        }
        let (entry, field_plan) = match known.before.remove(name) {
            Some(mut entry) => {
                let field_plan = entry.current(as_of, plan);
                (entry, field_plan)
            }
            None => {
                let entry = Entry::new(plan(), as_of);
                let field_plan = Arc::clone(&entry.field_plan);
                (entry, field_plan)
            }
        };
        if known.recent.len() == MOST / 2 {
            known.before = std::mem::take(&mut known.recent);
        }
        known.recent.insert(name.into(), entry);
        Some(field_plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_names_is_planned_and_few_are_kept() {
        let (names, keys) = (RecordKeys::default(), Keys::default());
        for at in 0..10 * MOST {
            assert!(names.of(&at.to_string(), &keys, || FieldPlan::Hidden).is_some());
            // A name that is used all the time is planned once.
            let often = names.of("often", &keys, || if at == 0 { FieldPlan::Hidden } else { unreachable!() });
            assert!(often.is_some());
        }
        let known = names.known.lock().unwrap();
        assert!(known.recent.len() + known.before.len() <= MOST);
    }

    #[test]
    fn a_name_that_comes_to_be_one_of_source_code_is_planned_again() {
        let (names, keys) = (RecordKeys::default(), Keys::default());
        names.of("a", &keys, || FieldPlan::Hidden);
        assert!(matches!(*names.of("a", &keys, || unreachable!()).unwrap(), FieldPlan::Hidden));
        let _ = keys.of("a");
        assert!(matches!(*names.of("a", &keys, || FieldPlan::LeftOut).unwrap(), FieldPlan::LeftOut));
    }

    #[test]
    fn a_name_too_long_for_a_line_is_not_kept() {
        let (names, keys) = (RecordKeys::default(), Keys::default());
        assert!(names.of(&"x".repeat(1_000_000), &keys, || unreachable!()).is_none());
        assert!(names.known.lock().unwrap().recent.is_empty());
        assert!(names.of(&"x".repeat(MAX_NAME_BYTES), &keys, || FieldPlan::Hidden).is_some());
    }
}
