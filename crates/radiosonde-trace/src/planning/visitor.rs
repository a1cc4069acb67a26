use std::error::Error;
use std::fmt;

use radiosonde_core::{format_within, survive};
use tracing::field::{Field, Visit};

use crate::planning::plan::{FieldPlan, Plan, Role};
use crate::records::attributes::{Key, hash};
use crate::records::fields::Fields;
use crate::records::limits::{MAX_VALUE_BYTES, ResolvedLimits};
use crate::spans::encoding::{Written, finite, key_field};

/// What stands for a value whose formatting fails or panics.
const FMT_ERROR: &str = "<fmt error>";

/// The most errors of a chain of causes, which may be a circle.
const MAX_CAUSES: usize = 32;

/// Writes the values of a span or an event by its callsite's plan.
///
/// Values are formatted by the user's code, so no lock may be held.
#[derive(Debug)]
pub(crate) struct Visitor<'a> {
    plan: &'a Plan,
    fields: &'a mut Fields,
    limits: &'a ResolvedLimits,
    limit: u32,
    /// Number of values that could not be formatted.
    pub(crate) failed: u32,
    /// Whether the event is a failure, whose error describes it.
    describes: bool,
    /// Whether an error has added attributes that are no fields.
    has_exception: bool,
}

impl<'a> Visitor<'a> {
    /// A visitor for the values of a new span.
    pub(crate) fn of_span(plan: &'a Plan, fields: &'a mut Fields, limits: &'a ResolvedLimits) -> Self {
        fields.bytes.extend_from_slice(&plan.constant);
        fields.attributes.start_with(&plan.constants);
        Self {
            plan,
            fields,
            limits,
            limit: limits.attributes,
            failed: 0,
            describes: false,
            has_exception: false,
        }
    }

    /// A visitor for values recorded later.
    pub(crate) fn of_record(plan: &'a Plan, fields: &'a mut Fields, limits: &'a ResolvedLimits) -> Self {
        // The limit of the span is applied when the values are added to it.
        Self { plan, fields, limits, limit: u32::MAX, failed: 0, describes: false, has_exception: false }
    }

    /// A visitor for the values of an event.
    pub(crate) fn of_event(
        plan: &'a Plan,
        fields: &'a mut Fields,
        limits: &'a ResolvedLimits,
        is_error: bool,
    ) -> Self {
        Self { limit: limits.event_attributes, describes: is_error, ..Self::of_span(plan, fields, limits) }
    }

    fn put(&mut self, plan: &FieldPlan, value: &Written<'_>) {
        let (to, key) = ((self.plan.field, self.limit), plan.key());
        let Fields { bytes, attributes, .. } = &mut *self.fields;
        if self.plan.repeats || self.has_exception {
            attributes.put(bytes, to, key, value);
        } else {
            attributes.push(bytes, to, key, value);
        }
    }

    /// A value that is no text: for a directive, its text.
    #[inline]
    fn value(&mut self, field: &Field, value: &Written<'_>) {
        match self.plan.of(field) {
            Some(plan) if matches!(plan.role, Role::Attribute | Role::Error) => self.put(plan, value),
            Some(plan) if plan.role == Role::Keep => {
                self.fields.directives.keep |= matches!(value, Written::Bool(true));
            }
            _ => match value {
                Written::Bool(truth) => self.text(field, if *truth { "true" } else { "false" }),
                Written::I64(number) => self.format(field, format_args!("{number}")),
                Written::F64(number) => self.format(field, format_args!("{number}")),
                Written::Text(text) => self.text(field, text),
                Written::Array(_) => {}
            },
        }
    }

    #[inline]
    fn text(&mut self, field: &Field, text: &str) {
        let Some(plan) = self.plan.of(field) else { return };
        let text = self.limits.cut(text);
        match plan.role {
            Role::Attribute => self.put(plan, &Written::Text(text)),
            Role::Error => {
                if self.describes {
                    self.fields.directives.set_description(text);
                }
                self.put(plan, &Written::Text(text));
            }
            Role::Message | Role::Name => self.fields.directives.set_name(text),
            Role::Kind => self.fields.directives.set_kind(text),
            Role::StatusCode => self.fields.directives.set_status_code(text),
            Role::Description => self.fields.directives.fail(text),
            Role::Keep => self.fields.directives.keep |= text == "true",
            Role::Ignored => {}
        }
    }

    fn format(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        // Taken, so that it can be lent to `text`; a value that makes spans while it is formatted has other fields.
        let mut text = std::mem::take(&mut self.fields.text);
        text.clear();
        match format_within(&mut text, value, MAX_VALUE_BYTES) {
            Some(_) => self.text(field, &text),
            None => {
                self.failed += 1;
                self.text(field, FMT_ERROR);
            }
        }
        self.fields.text = text;
    }

    /// An attribute whose key is no field.
    fn put_other(&mut self, key: &str, text: &str) {
        let field = key_field(key);
        let key = Key { hash: hash(key), field: &field };
        let Fields { bytes, attributes, .. } = &mut *self.fields;
        let text = self.limits.cut(text);
        attributes.put(bytes, (self.plan.field, self.limit), key, &Written::Text(text));
    }

    /// The cause of an error; the user's code, which may panic.
    fn source<'e>(&mut self, error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
        survive(|| error.source()).unwrap_or_else(|| {
            self.failed += 1;
            None
        })
    }

    /// Source: <https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/>
    fn exception(&mut self, error: &(dyn Error + 'static)) {
        // Its attributes may be fields as well.
        self.has_exception = true;
        let mut text = String::new();
        if format_within(&mut text, format_args!("{error}"), MAX_VALUE_BYTES).is_some() {
            self.put_other("exception.message", &text);
        }
        let mut cause = self.source(error);
        if cause.is_none() {
            return;
        }
        let mut causes = 0;
        while let Some(error) = cause.take().filter(|_| causes < MAX_CAUSES) {
            causes += 1;
            let line = if text.is_empty() { "" } else { "\n" };
            if format_within(&mut text, format_args!("{line}Caused by: {error}"), MAX_VALUE_BYTES).is_none() {
                self.failed += 1;
            }
            cause = self.source(error);
        }
        self.put_other("exception.stacktrace", &text);
    }
}

impl Visit for Visitor<'_> {
    #[inline]
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    #[inline]
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.value(field, &Written::I64(value));
    }

    /// As a number while it fits: a trace store's numbers are signed.
    #[inline]
    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.value(field, &Written::I64(value)),
            Err(_) => self.format(field, format_args!("{value}")),
        }
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        match i64::try_from(value) {
            Ok(value) => self.value(field, &Written::I64(value)),
            Err(_) => self.format(field, format_args!("{value}")),
        }
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        match i64::try_from(value) {
            Ok(value) => self.value(field, &Written::I64(value)),
            Err(_) => self.format(field, format_args!("{value}")),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.value(field, &finite(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.value(field, &Written::Bool(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.format(field, format_args!("{value}"));
        self.exception(value);
    }

    #[inline]
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.format(field, format_args!("{value:?}"));
    }
}
