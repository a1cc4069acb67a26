//! Work in which a part panicked has panicked, even if its caller catches the panic and ends it in another way.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use radiosonde_metrics::Registry;
use radiosonde_signals::{Operation, Record};

#[test]
fn a_caught_panic_is_the_outcome_however_the_record_ends() {
    let ends: [fn(Record<Operation>); 4] = [
        Record::complete,
        |record| record.fail("late"),
        |record| drop(record.finish(Ok::<_, String>(()))),
        drop,
    ];
    for (at, end) in ends.into_iter().enumerate() {
        let registry = Registry::new();
        let mut record = Operation::in_registry(&registry, "import").unwrap().track();
        let part = catch_unwind(AssertUnwindSafe(|| record.in_scope(|| panic!("on purpose"))));
        assert!(part.is_err());
        end(record);
        let now = registry.snapshot();
        let calls = |outcome| {
            now.value("operation_calls_total", &[("operation", "import"), ("outcome", outcome)]).unwrap()
        };
        assert_eq!((calls("panicked"), calls("completed"), calls("failed")), (1.0, 0.0, 0.0), "end {at}");
    }
}
