use radiosonde_core::SpanContext;
use radiosonde_core::line_fields::{self, SpanLineFields};
use tracing_core::{Event, Subscriber};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::layer::json_layer::JsonLayer;
use crate::planning::plan::{FieldPlan, plan_record_field};
use crate::rendering::fields::Fields;
use crate::rendering::recorder::ValueCounts;
use crate::rendering::value::Value;

/// Reads the fields of a context.
type Read<'a> = &'a dyn Fn(&mut dyn FnMut(&str, &str));

impl JsonLayer {
    /// Adds the [fields](line_fields) of the event's trace context, like those of a span around all others. Returns the first
    /// of their entries and the end.
    #[inline]
    pub(crate) fn put_line_fields<S>(
        &self,
        event: &Event<'_>,
        ctx: &Context<'_, S>,
        fields: &mut Fields,
    ) -> (usize, usize)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        match line_fields::get() {
            None => (0, 0),
            Some(read) if event.is_contextual() => self.put_read(&read, fields),
            Some(_) => match of_parent(event, ctx) {
                Some(of_span) => self.put_read(&|field| of_span.read(field), fields),
                None => (0, 0),
            },
        }
    }

    #[inline(never)]
    fn put_read(&self, read: Read<'_>, fields: &mut Fields) -> (usize, usize) {
        let start = fields.entries().len();
        let mut counts = ValueCounts::default();
        read(&mut |name, value| self.put_line_field(name, value, fields, &mut counts));
        self.self_metrics.value_counts(counts);
        (start, fields.entries().len())
    }

    fn put_line_field(&self, name: &str, value: &str, fields: &mut Fields, counts: &mut ValueCounts) {
        // The names may be created at run time, like those of a record's key-values.
        let plan = || plan_record_field(name, &self.schema, &self.keys, &self.redaction);
        match self.record_keys.of(name, &self.keys, plan).as_deref() {
            Some(FieldPlan::Render(field)) if fields.takes_farther(field.key) => {
                let put = fields.put(field, Value::Str(value), self.limits, &self.redaction);
                counts.secret_keys += u64::from(field.hides());
                counts.secrets += put.found;
            }
            Some(FieldPlan::LeftOut) | None => fields.leave_out(),
            Some(_) => {}
        }
    }
}

/// The fields of an explicit parent's context: of the span that the line has the ids of.
#[inline(never)]
fn of_parent<S>(event: &Event<'_>, ctx: &Context<'_, S>) -> Option<SpanLineFields>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let of_span = ctx.event_scope(event)?.find_map(|span| {
        let extensions = span.extensions();
        extensions.get::<SpanContext>().map(|_| extensions.get::<SpanLineFields>().cloned())
    });
    of_span.flatten()
}
