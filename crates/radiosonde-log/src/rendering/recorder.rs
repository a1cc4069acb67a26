use std::error::Error;
use std::fmt;

use radiosonde_core::Level;
use tracing_core::field::{Field, Visit};

use crate::planning::slot::Origin;
use crate::rendering::fields::{Fields, Limits, Put};
use crate::rendering::value::Value;

/// Renders the values of an event or a span as `tracing` visits them.
#[derive(Debug)]
pub(crate) struct Recorder<'a> {
    fields: &'a mut Fields,
    target: &'a mut String,
    origin: Origin,
    limits: Limits,
    is_fatal: bool,
    failed: u64,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(
        fields: &'a mut Fields,
        target: &'a mut String,
        origin: Origin,
        limits: Limits,
    ) -> Self {
        Self { fields, target, origin, limits, is_fatal: false, failed: 0 }
    }

    /// The level of the line, given the event's.
    pub(crate) fn level(&self, level: tracing_core::Level) -> Level {
        match level {
            _ if self.is_fatal => Level::Fatal,
            tracing_core::Level::ERROR => Level::Error,
            tracing_core::Level::WARN => Level::Warn,
            tracing_core::Level::INFO => Level::Info,
            tracing_core::Level::DEBUG => Level::Debug,
            tracing_core::Level::TRACE => Level::Trace,
        }
    }

    /// How many values failed to format themselves.
    pub(crate) fn failed(&self) -> u64 {
        self.failed
    }

    fn put(&mut self, field: &Field, value: Value<'_>) {
        match (self.fields.put(field.name(), value, self.origin, self.limits), value) {
            (Put::Written(written), _) => self.failed += u64::from(written.failed),
            (Put::Level, Value::Str(name)) => self.is_fatal = name.parse() == Ok(Level::Fatal),
            (Put::Target, Value::Str(target)) => target.clone_into(self.target),
            (Put::Level | Put::Target | Put::Nothing, _) => {}
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
