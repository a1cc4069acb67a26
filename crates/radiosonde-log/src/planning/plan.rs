use std::sync::{Arc, OnceLock};

use radiosonde_core::Level;
use radiosonde_core::canonical::LINE_FIELD;
use tracing_core::Metadata;

use crate::escaping::escape::{boundary, push_escaped};
use crate::limiting::callsite_policy::CallsitePolicy;
use crate::line_metrics::LineCounters;
use crate::redacting::redaction::{Redaction, Treatment};
use crate::schemas::bounds::{MAX_MODULE_BYTES, MAX_NAME_BYTES};
use crate::schemas::envelope::Envelope;
use crate::schemas::keys::{Key, Keys};
use crate::schemas::reserved_key::{Destination, Origin, RenderedKey};
use crate::schemas::schema::Schema;

/// The plan of an event's or a span's callsite: the place and the key of each field.
#[derive(Debug)]
pub(crate) struct Plan {
    fields: Box<[FieldPlan]>,
    /// The level of its events, unless one of them is marked as fatal.
    pub(crate) level: Level,
    pub(crate) origin: Origin,
    /// The constant text around the reserved keys of its lines.
    pub(crate) envelope: Envelope,
    /// Whether the whole module fits into the envelope.
    pub(crate) module_fits: bool,
    /// Decides which of its events are written; `None` if all are.
    policy: Option<Arc<CallsitePolicy>>,
    /// The counters of its lines, from the first one on.
    counters: OnceLock<LineCounters>,
}

/// The plan for one field.
#[derive(Debug)]
pub(crate) enum FieldPlan {
    /// It appears in the line.
    Render(RenderedField),
    /// The target of a bridged `log` record.
    Target,
    /// The level above `ERROR`.
    Level,
    /// The annotations of the unit of work whose line the event is.
    Annotations,
    /// A directive to another part, which does not appear in the line.
    Hidden,
    /// Its name is too long; the line is marked as truncated.
    LeftOut,
}

/// A field that appears in the line.
#[derive(Debug)]
pub(crate) struct RenderedField {
    pub(crate) key: Key,
    pub(crate) treatment: Treatment,
    /// Another field of the callsite has the same key.
    pub(crate) repeats: bool,
    /// The reserved key that it fills.
    pub(crate) reserved_key: Option<RenderedKey>,
    /// `,"key":` outside the reserved keys; also for a value that the reserved key rejects.
    pub(crate) rest: Box<str>,
    /// Whether it is always a string there.
    pub(crate) rest_is_text: bool,
}

impl RenderedField {
    /// Whether all values of the field are redacted.
    pub(crate) fn hides(&self) -> bool {
        self.treatment == Treatment::Replace
    }
}

impl Plan {
    pub(crate) fn new(
        metadata: &Metadata<'_>,
        origin: Origin,
        schema: &Schema,
        keys: &Keys,
        redaction: &Redaction,
    ) -> Self {
        let mut fields: Box<[_]> = metadata
            .fields()
            .iter()
            .map(|field| plan_field(field.name(), origin, schema, keys, redaction))
            .collect();
        mark_repeats(&mut fields);
        let level = level(*metadata.level());
        let mut envelope = Envelope::default();
        let module_fits =
            metadata.is_span() || push_envelope(&mut envelope, schema, level, origin, metadata.target());
        let (policy, counters) = (None, OnceLock::new());
        Self { fields, level, origin, envelope, module_fits, policy, counters }
    }

    pub(crate) fn with_policy(mut self, policy: Option<Arc<CallsitePolicy>>) -> Self {
        self.policy = policy;
        self
    }

    pub(crate) fn policy(&self) -> Option<&CallsitePolicy> {
        self.policy.as_deref()
    }

    /// The counters for its own level and target.
    pub(crate) fn counters(&self, make: impl FnOnce() -> LineCounters) -> &LineCounters {
        self.counters.get_or_init(make)
    }

    /// Whether it has the field that makes an event FATAL.
    pub(crate) fn may_be_fatal(&self) -> bool {
        self.fields.iter().any(|field| matches!(field, FieldPlan::Level))
    }

    /// The plan for the callsite's field with this index.
    pub(crate) fn field(&self, index: usize) -> &FieldPlan {
        self.fields.get(index).unwrap_or(&FieldPlan::Hidden)
    }

    /// Whether its events are records of the `log` crate.
    pub(crate) const fn is_record(&self) -> bool {
        matches!(self.origin, Origin::LogRecord)
    }
}

impl FieldPlan {
    /// The key under which it appears in the line, if it does.
    pub(crate) const fn key(&self) -> Option<Key> {
        match self {
            Self::Render(field) => Some(field.key),
            _ => None,
        }
    }
}

/// Appends the envelope; returns whether the whole module fits.
pub(crate) fn push_envelope(
    envelope: &mut Envelope,
    schema: &Schema,
    level: Level,
    origin: Origin,
    module: &str,
) -> bool {
    let end = boundary(module, MAX_MODULE_BYTES);
    schema.push_envelope(envelope, level, origin, &module[..end]);
    end == module.len()
}

/// The plan for a field with this name.
pub(crate) fn plan_field(
    name: &str,
    origin: Origin,
    schema: &Schema,
    keys: &Keys,
    redaction: &Redaction,
) -> FieldPlan {
    planned_by(name, origin, schema, |key| keys.of(key), redaction)
}

/// The plan for a key-value of a `log` record. It is treated like a field of a span: a key-value `message` is not the
/// record's message.
///
/// Its name may be created at run time, and is not kept.
pub(crate) fn plan_record_field(
    name: &str,
    schema: &Schema,
    keys: &Keys,
    redaction: &Redaction,
) -> FieldPlan {
    planned_by(name, Origin::Inherited, schema, |key| keys.passing(key), redaction)
}

fn planned_by(
    name: &str,
    origin: Origin,
    schema: &Schema,
    number: impl Fn(&str) -> Key,
    redaction: &Redaction,
) -> FieldPlan {
    // A field named like a keyword is written `r#type = ..`.
    let name = name.strip_prefix("r#").unwrap_or(name);
    if name == LINE_FIELD && origin != Origin::Inherited {
        return FieldPlan::Annotations;
    }
    let destination = schema.destination_of(name, origin);
    let reserved_key = match destination {
        Destination::Reserved(reserved_key) | Destination::Label(reserved_key) => Some(reserved_key),
        Destination::Rest if name.len() > MAX_NAME_BYTES => return FieldPlan::LeftOut,
        Destination::Rest => None,
        Destination::Target => return FieldPlan::Target,
        Destination::Level => return FieldPlan::Level,
        Destination::Hidden => return FieldPlan::Hidden,
    };
    let key = schema.rest_key(name);
    let mut rest = String::from(",\"");
    push_escaped(&mut rest, &key);
    rest.push_str("\":");
    let is_reserved = reserved_key.is_some() || schema.own_keys().iter().any(|own| **own == *name);
    FieldPlan::Render(RenderedField {
        treatment: redaction.treatment(name, is_reserved),
        key: reserved_key.map_or_else(|| number(&key), Key::of_reserved),
        repeats: false,
        reserved_key: reserved_key
            .filter(|reserved_key| destination == Destination::Reserved(*reserved_key))
            .and_then(|reserved_key| schema.reserved_key(reserved_key))
            .cloned(),
        rest: rest.into(),
        rest_is_text: schema.rest_is_text(),
    })
}

fn mark_repeats(fields: &mut [FieldPlan]) {
    for at in 0..fields.len() {
        let (before, from) = fields.split_at_mut(at);
        let Some(FieldPlan::Render(here)) = from.first_mut() else { continue };
        for other in before {
            if let FieldPlan::Render(other) = other
                && other.key == here.key
            {
                (other.repeats, here.repeats) = (true, true);
            }
        }
    }
}

pub(crate) const fn level(level: tracing_core::Level) -> Level {
    match level {
        tracing_core::Level::ERROR => Level::Error,
        tracing_core::Level::WARN => Level::Warn,
        tracing_core::Level::INFO => Level::Info,
        tracing_core::Level::DEBUG => Level::Debug,
        tracing_core::Level::TRACE => Level::Trace,
    }
}
