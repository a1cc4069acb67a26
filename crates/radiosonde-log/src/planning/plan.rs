use std::sync::{Arc, OnceLock};

use radiosonde_core::Level;
use tracing_core::Metadata;

use crate::escaping::escape::{boundary, push_escaped};
use crate::limiting::callsite_policy::CallsitePolicy;
use crate::line_meter::Tally;
use crate::redacting::redaction::{Redaction, Treatment};
use crate::schemas::bounds::{MAX_MODULE_BYTES, MAX_NAME_BYTES};
use crate::schemas::envelope::Envelope;
use crate::schemas::keys::{Key, Keys};
use crate::schemas::reserved_key::{Destination, Origin, RenderedKey};
use crate::schemas::schema::Schema;

/// What is known of an event's or a span's callsite before it is hit: where each field goes, under which key.
#[derive(Debug)]
pub(crate) struct Plan {
    fields: Box<[Planned]>,
    level: Level,
    origin: Origin,
    envelope: Envelope,
    /// Whether the whole module stands in the envelope.
    module_fits: bool,
    /// Which of its events are written, if not all are.
    policy: Option<Arc<CallsitePolicy>>,
    /// Counts its lines, from the first one on.
    tally: OnceLock<Tally>,
}

/// What becomes of one field.
#[derive(Debug)]
pub(crate) enum Planned {
    /// It stands in the line.
    Shown(Shown),
    /// The target of a bridged `log` record.
    Target,
    /// The level above `ERROR`.
    Level,
    /// A directive to another part, not for the reader of the line.
    Hidden,
    /// Its name is too long, which the line says.
    LeftOut,
}

/// A field that stands in the line.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) key: Key,
    pub(crate) treatment: Treatment,
    /// Another field of the callsite has the same key.
    pub(crate) repeats: bool,
    /// What it fills.
    pub(crate) reserved_key: Option<RenderedKey>,
    /// `,"key":` among the rest; also for a value that the reserved key does not take.
    pub(crate) rest: Box<str>,
    /// Whether it is a string there, whatever it is.
    pub(crate) rest_is_text: bool,
}

impl Shown {
    /// Whether no value of the field is shown.
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
            .map(|field| planned(field.name(), origin, schema, keys, redaction))
            .collect();
        mark_repeats(&mut fields);
        let level = level(*metadata.level());
        let mut envelope = Envelope::default();
        let module_fits =
            metadata.is_span() || push_envelope(&mut envelope, schema, level, origin, metadata.target());
        let (policy, tally) = (None, OnceLock::new());
        Self { fields, level, origin, envelope, module_fits, policy, tally }
    }

    pub(crate) fn with_policy(mut self, policy: Option<Arc<CallsitePolicy>>) -> Self {
        self.policy = policy;
        self
    }

    pub(crate) fn policy(&self) -> Option<&CallsitePolicy> {
        self.policy.as_deref()
    }

    /// The counters of its own level and target.
    pub(crate) fn tally(&self, make: impl FnOnce() -> Tally) -> &Tally {
        self.tally.get_or_init(make)
    }

    /// Whether it has the field that can make its events FATAL.
    pub(crate) fn may_be_fatal(&self) -> bool {
        self.fields.iter().any(|field| matches!(field, Planned::Level))
    }

    /// What becomes of the callsite's field with this index.
    pub(crate) fn field(&self, index: usize) -> &Planned {
        self.fields.get(index).unwrap_or(&Planned::Hidden)
    }

    /// The level of its events, unless one of them says that it is fatal.
    pub(crate) const fn level(&self) -> Level {
        self.level
    }

    pub(crate) const fn origin(&self) -> Origin {
        self.origin
    }

    /// What stands around the reserved keys of its lines.
    pub(crate) const fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    pub(crate) const fn module_fits(&self) -> bool {
        self.module_fits
    }

    /// Whether its events are made of records of the `log` crate.
    pub(crate) const fn is_record(&self) -> bool {
        matches!(self.origin, Origin::LogRecord)
    }
}

impl Planned {
    /// The key under which it stands in the line, if it does.
    pub(crate) const fn key(&self) -> Option<Key> {
        match self {
            Self::Shown(shown) => Some(shown.key),
            _ => None,
        }
    }
}

/// Appends what stands around the reserved keys, and returns whether the whole module did.
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

/// The plan for a field of this name.
pub(crate) fn planned(
    name: &str,
    origin: Origin,
    schema: &Schema,
    keys: &Keys,
    redaction: &Redaction,
) -> Planned {
    planned_by(name, origin, schema, |key| keys.of(key), redaction)
}

/// The plan for a key-value of a `log` record, which is like a field of a span: no `message` of them is what the record says.
///
/// Its name may have been made at run time, and is not kept.
pub(crate) fn planned_of_record(name: &str, schema: &Schema, keys: &Keys, redaction: &Redaction) -> Planned {
    planned_by(name, Origin::Inherited, schema, |key| keys.passing(key), redaction)
}

fn planned_by(
    name: &str,
    origin: Origin,
    schema: &Schema,
    number: impl Fn(&str) -> Key,
    redaction: &Redaction,
) -> Planned {
    // `r#type = ..` is how a field is called like a keyword.
    let name = name.strip_prefix("r#").unwrap_or(name);
    let destination = schema.destination_of(name, origin);
    let reserved_key = match destination {
        Destination::Reserved(reserved_key) | Destination::Label(reserved_key) => Some(reserved_key),
        Destination::Rest if name.len() > MAX_NAME_BYTES => return Planned::LeftOut,
        Destination::Rest => None,
        Destination::Target => return Planned::Target,
        Destination::Level => return Planned::Level,
        Destination::Hidden => return Planned::Hidden,
    };
    let key = schema.rest_key(name);
    let mut rest = String::from(",\"");
    push_escaped(&mut rest, &key);
    rest.push_str("\":");
    let is_reserved = reserved_key.is_some() || schema.own_keys().iter().any(|own| **own == *name);
    Planned::Shown(Shown {
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

fn mark_repeats(fields: &mut [Planned]) {
    for at in 0..fields.len() {
        let (before, from) = fields.split_at_mut(at);
        let Some(Planned::Shown(here)) = from.first_mut() else { continue };
        for other in before {
            if let Planned::Shown(other) = other
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
