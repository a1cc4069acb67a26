use std::error::Error;
use std::fmt;

use radiosonde_core::Level;
use tracing_core::field::{Field, Visit};

use crate::planning::plan::{FieldPlan, Plan};
use crate::redacting::redaction::{Redaction, Treatment};
use crate::rendering::fields::{Fields, Limits};
use crate::rendering::value::Value;

/// Counts of failed and redacted values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ValueCounts {
    /// Values whose formatting failed.
    pub(crate) failed: u64,
    /// Values redacted by their keys.
    pub(crate) secret_keys: u64,
    /// Parts of values that were redacted.
    pub(crate) secrets: u64,
}

/// Renders the values of an event or a span as `tracing` visits them, according to the callsite's plan.
#[derive(Debug)]
pub(crate) struct Recorder<'a> {
    plan: &'a Plan,
    fields: &'a mut Fields,
    target: &'a mut String,
    limits: Limits,
    redaction: &'a Redaction,
    is_fatal: bool,
    has_annotations: bool,
    counts: ValueCounts,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(
        plan: &'a Plan,
        fields: &'a mut Fields,
        target: &'a mut String,
        limits: Limits,
        redaction: &'a Redaction,
    ) -> Self {
        let (is_fatal, has_annotations, counts) = (false, false, ValueCounts::default());
        Self { plan, fields, target, limits, redaction, is_fatal, has_annotations, counts }
    }

    /// The level of the line.
    pub(crate) fn level(&self) -> Level {
        if self.is_fatal { Level::Fatal } else { self.plan.level }
    }

    /// The counts.
    pub(crate) fn value_counts(&self) -> ValueCounts {
        self.counts
    }

    /// Whether the event is the line of a unit of work with annotations.
    pub(crate) const fn has_annotations(&self) -> bool {
        self.has_annotations
    }

    /// Renders a value as planned, unless there is a field with its key.
    pub(crate) fn take_missing(&mut self, field_plan: &FieldPlan, value: Value<'_>) {
        if field_plan.key().is_none_or(|key| self.fields.of_key(key).is_none()) {
            self.take(field_plan, value);
        }
    }

    /// Records that a field was dropped.
    pub(crate) fn leave_out(&mut self) {
        self.fields.leave_out();
    }

    // From here to the bytes everything is inlined, so that each type of value has its own branch-free path: a seventh of
    // the cost of a line.
    #[inline(always)]
    fn put(&mut self, field: &Field, value: Value<'_>) {
        self.take(self.plan.field(field.index()), value);
    }

    /// Renders a value as planned.
    #[inline(always)]
    pub(crate) fn take(&mut self, field_plan: &FieldPlan, value: Value<'_>) {
        match (field_plan, value) {
            (FieldPlan::Render(field), _) => {
                let put = self.fields.put(field, value, self.limits, self.redaction);
                self.counts.failed += u64::from(put.failed);
                self.counts.secret_keys += u64::from(field.treatment == Treatment::Replace);
                self.counts.secrets += put.found;
            }
            (FieldPlan::Level, Value::Str(name)) => self.is_fatal = name.parse() == Ok(Level::Fatal),
            (FieldPlan::Target, Value::Str(target)) => target.clone_into(self.target),
            (FieldPlan::LeftOut, _) => self.fields.leave_out(),
            (FieldPlan::Annotations, _) => self.has_annotations = true,
            (FieldPlan::Level | FieldPlan::Target | FieldPlan::Hidden, _) => {}
        }
    }
}

impl Visit for Recorder<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, Value::F64(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Value::I64(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, Value::U64(value));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.put(field, Value::I128(value));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.put(field, Value::U128(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Value::Bool(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Value::Str(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.put(field, Value::Error(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::Debug(value));
    }
}
