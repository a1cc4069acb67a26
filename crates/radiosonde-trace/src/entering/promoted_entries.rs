//! The fields that log lines take from their context: ids of the work, and entries of the baggage.

use std::sync::OnceLock;

use radiosonde_core::canonical::CanonicalRecord;
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

/// Lets lines take the ids of the work from their context or record. Called once there are ids that no span has as fields: until
/// then, lines do not ask.
pub(crate) fn read_by_lines() {
    line_fields::set(read);
}

/// The fields for lines of events that name a span with this context as their parent.
pub(crate) fn of(context: &RemoteContext) -> Option<SpanLineFields> {
    if !has_fields(context) {
        return None;
    }
    let mut fields: Vec<(Box<str>, Box<str>)> = Vec::new();
    pass(context, &mut |name, value| fields.push((name.into(), value.into())));
    Some(fields.into_iter().collect())
}

/// Passes on the fields of this thread's current context.
fn read(field: &mut dyn FnMut(&str, &str)) {
    // A copy: the thread's list of spans must not be borrowed while the line is rendered.
    let context = innermost();
    if let Some(context) = context.as_ref().filter(|context| has_fields(context)) {
        pass(context, field);
    }
    // Where a filter hides the span of a request, its record has the ids.
    if context.is_none_or(|context| context.work_ids().is_empty())
        && let Some(record) = CanonicalRecord::of_thread()
    {
        record.work_ids().fields(&mut |name, id| field(name, id));
    }
}

fn has_fields(context: &RemoteContext) -> bool {
    context.shown_ids().is_some() || (!context.baggage().is_empty() && RULES.get().is_some())
}

fn pass(context: &RemoteContext, field: &mut dyn FnMut(&str, &str)) {
    if let Some(ids) = context.shown_ids() {
        ids.fields(&mut |name, id| field(name, id));
    }
    for (key, value) in RULES.get().into_iter().flat_map(|rules| rules.promoted(context.baggage())) {
        field(key, &value);
    }
}
