//! Tracks which function has an operation's name, to detect a second one.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use radiosonde_core::diagnostics;
use radiosonde_metrics::Buckets;

use crate::operations::operation::Operation;
use crate::operations::operation_builder::OperationBuilder;
use crate::operations::operation_names::OperationNames;

static NAMED: Mutex<BTreeMap<Key, Named>> = Mutex::new(BTreeMap::new());

/// What distinguishes operations: the namespace, whether the metrics are named for the operation, and the operation's name.
type Key = (&'static str, bool, &'static str);

#[derive(Clone, Copy)]
struct Named {
    function: &'static str,
    /// The name is from `#[observe(name = "...")]`, not from the function.
    is_chosen: bool,
}

/// A function under `#[observe]`: what its operation is built from.
#[doc(hidden)]
#[derive(Debug)]
pub struct Observed {
    pub name: &'static str,
    /// The function with its module and place.
    pub function: &'static str,
    pub is_chosen: bool,
    pub namespace: &'static str,
    pub is_per_operation: bool,
    pub buckets: Option<Buckets>,
    /// The kinds of the function's errors.
    pub kinds: &'static [&'static str],
}

impl Observed {
    fn builder(self) -> OperationBuilder {
        let names =
            if self.is_per_operation { OperationNames::per_operation() } else { OperationNames::shared() };
        let builder =
            Operation::builder(self.name).namespace(self.namespace).names(names).listed_kinds(self.kinds);
        match self.buckets {
            Some(buckets) => builder.buckets(buckets),
            None => builder,
        }
    }
}

/// Creates the operation of a function under `#[observe]`, once for each such function.
///
/// A second function with the same name shares the first one's metrics. That is reported, unless both chose the name.
#[doc(hidden)]
pub fn operation(made: &'static OnceLock<Operation>, observed: Observed) -> &'static Operation {
    let Observed { name, function, is_chosen, .. } = observed;
    let mut found = None;
    let operation = made.get_or_init(|| {
        let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (observed.namespace, observed.is_per_operation, name);
        let first = *named.entry(key).or_insert(Named { function, is_chosen });
        drop(named);
        let (operation, conflict) = observed.builder().build_in_any_case();
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
