//! Programs that make spans with `tracing`. Spans of a program have different names.

mod errors;
mod fields;
mod functions;
mod parents;

/// The programs by name.
pub(crate) const ALL: &[(&str, fn())] = &[
    ("field types", fields::types),
    ("large numbers", fields::large_numbers),
    ("formatted fields", fields::formatted),
    ("recorded fields", fields::recorded),
    ("repeated records", fields::repeated),
    ("kinds", fields::kinds),
    ("names", fields::names),
    ("statuses", fields::statuses),
    ("late statuses", fields::late_statuses),
    ("events", errors::events),
    ("many events", errors::many_events),
    ("error events", errors::error_events),
    ("error values", errors::error_values),
    ("panicking values", errors::panicking_values),
    ("nested", parents::nested),
    ("explicit parents", parents::explicit),
    ("events of a parent", parents::events_of_a_parent),
    ("outliving", parents::outliving),
    ("follows from", parents::follows_from),
    ("other threads", parents::other_threads),
    ("instrumented", parents::instrumented),
    ("by hand", parents::by_hand),
    ("remote parents", functions::remote_parents),
    ("entered parents", functions::entered_parents),
    ("late parents", functions::late_parents),
    ("attributes by hand", functions::attributes),
    ("errors by hand", functions::errors),
    ("successes by hand", functions::well),
    ("links by hand", functions::links),
    ("names by hand", functions::names),
    ("beyond limits", functions::beyond_limits),
    ("messages", functions::messages),
];
