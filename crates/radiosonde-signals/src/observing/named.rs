//! Tracks which function has an operation's name, to detect a second one.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use radiosonde_core::diagnostics;

use crate::operations::operation::Operation;

static NAMED: Mutex<BTreeMap<&'static str, Named>> = Mutex::new(BTreeMap::new());

#[derive(Clone, Copy)]
struct Named {
    function: &'static str,
    /// The name is from `#[observe(name = "...")]`, not from the function.
    is_chosen: bool,
}

/// Creates the operation of a function under `#[observe]`, once for each such function.
///
/// A second function with the same name shares the first one's metrics. That is reported, unless both chose the name.
#[doc(hidden)]
pub fn operation(
    made: &'static OnceLock<Operation>,
    name: &'static str,
    function: &'static str,
    is_chosen: bool,
) -> &'static Operation {
    let mut found = None;
    let operation = made.get_or_init(|| {
        let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
        let first = *named.entry(name).or_insert(Named { function, is_chosen });
        drop(named);
        let (operation, conflict) = Operation::in_global_registry(name.into());
        found = Some((first, conflict));
        operation
    });
    // Reported after the operation is created: other callers do not wait for the hook, and the hook may call the function.
    let Some((first, conflict)) = found else { return operation };
    if first.function != function && !(first.is_chosen && is_chosen) {
        // The function is the kind, so that each one is reported.
        diagnostics::report(
            "signals",
            function,
            format_args!(
                "operation {name:?} is {} as well, and both are counted as one: name one of them, \
                 #[observe(name = \"...\")]",
                first.function
            ),
        );
    }
    if let Some(conflict) = conflict {
        operation.report(&conflict);
    }
    operation
}
