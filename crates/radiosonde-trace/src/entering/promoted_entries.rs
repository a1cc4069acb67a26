//! The entries of the current baggage that log lines have as fields.

use std::sync::OnceLock;

use radiosonde_core::line_fields::{self, SpanLineFields};

use crate::entering::stack::innermost;
use crate::propagation::baggage_rules::BaggageRules;
use crate::propagation::remote_context::RemoteContext;

static RULES: OnceLock<BaggageRules> = OnceLock::new();

/// Gives log lines the entries that these rules promote. The first rules that promote something win.
pub(crate) fn install(rules: &BaggageRules) {
    if !rules.is_empty() && RULES.set(rules.clone()).is_ok() {
        line_fields::set(read);
    }
}

/// The entries for lines of events that name a span with this context as their parent.
pub(crate) fn of(context: &RemoteContext) -> Option<SpanLineFields> {
    let rules = RULES.get().filter(|_| !context.baggage().is_empty())?;
    Some(rules.promoted(context.baggage()).collect())
}

/// Passes on the entries of this thread's current context.
fn read(field: &mut dyn FnMut(&str, &str)) {
    let Some(rules) = RULES.get() else { return };
    // A copy: the thread's list of spans must not be borrowed while the line is rendered.
    let Some(context) = innermost().filter(|context| !context.baggage().is_empty()) else { return };
    for (key, value) in rules.promoted(context.baggage()) {
        field(key, &value);
    }
}
