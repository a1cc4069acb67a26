use std::error::Error;
use std::fmt;

use radiosonde_core::Level;
use tracing_core::field::{Field, Visit};

use crate::planning::plan::{Plan, Planned};
use crate::rendering::fields::{Fields, Limits};
use crate::rendering::value::Value;

/// Renders the values of an event or a span as `tracing` visits them, after the plan of their callsite.
#[derive(Debug)]
pub(crate) struct Recorder<'a> {
    plan: &'a Plan,
    fields: &'a mut Fields,
    target: &'a mut String,
    limits: Limits,
    is_fatal: bool,
    failed: u64,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(
        plan: &'a Plan,
        fields: &'a mut Fields,
        target: &'a mut String,
        limits: Limits,
    ) -> Self {
        Self { plan, fields, target, limits, is_fatal: false, failed: 0 }
    }

    /// The level of the line.
    pub(crate) fn level(&self) -> Level {
        if self.is_fatal { Level::Fatal } else { self.plan.level() }
    }

    /// How many values failed to format themselves.
    pub(crate) fn failed(&self) -> u64 {
        self.failed
    }

    fn put(&mut self, field: &Field, value: Value<'_>) {
        match (self.plan.field(field.index()), value) {
            (Planned::Shown(shown), _) => {
                self.failed += u64::from(self.fields.put(shown, value, self.limits).failed);
            }
            (Planned::Level, Value::Str(name)) => self.is_fatal = name.parse() == Ok(Level::Fatal),
            (Planned::Target, Value::Str(target)) => target.clone_into(self.target),
            (Planned::LeftOut, _) => self.fields.leave_out(),
            (Planned::Level | Planned::Target | Planned::Hidden, _) => {}
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
