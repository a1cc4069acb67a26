use radiosonde_core::canonical::LINE_FIELD;
use tracing::Metadata;

use crate::records::attributes::{Attributes, Key, hash};
use crate::spans::encoding::{EVENT_ATTRIBUTES, SPAN_ATTRIBUTES, Written, key_field};

/// Access lines repeat their request's span, so they are not added to it as events.
const ACCESS_TARGET: &str = "radiosonde::access";

/// The target of records that are bridged from `log`: their own one is a field.
const LOG_TARGET: &str = "log";

/// How the fields of a callsite are written.
#[derive(Debug)]
pub(crate) struct Plan {
    fields: Box<[FieldPlan]>,
    /// Attributes that are the same each time, as they are written.
    pub(crate) constant: Box<[u8]>,
    pub(crate) constants: Attributes,
    /// The number of the field that attributes are written as.
    pub(crate) field: u8,
    /// Whether two fields, or a field and a constant, have the same key.
    pub(crate) repeats: bool,
    /// Whether an event has an error and no message, as of `#[instrument(err)]`.
    pub(crate) is_exception: bool,
    /// Whether an event is a line that spans do not take.
    pub(crate) is_access: bool,
}

#[derive(Debug)]
pub(crate) struct FieldPlan {
    pub(crate) role: Role,
    hash: u32,
    key: Box<[u8]>,
}

/// What becomes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Attribute,
    /// An attribute that also describes the failure, of an event at level ERROR.
    Error,
    /// The name of an event.
    Message,
    /// `otel.name`
    Name,
    /// `otel.kind`
    Kind,
    /// `otel.status_code`
    StatusCode,
    /// `otel.status_description`
    Description,
    /// `radiosonde.keep`
    Keep,
    /// No attribute: a part of a bridged record, or the annotations of a line.
    Ignored,
}

/// Source: <https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/>
fn is_exception(metadata: &Metadata<'_>) -> bool {
    let has = |name| metadata.fields().field(name).is_some();
    metadata.is_event() && has("error") && !has("message")
}

impl FieldPlan {
    fn new(metadata: &Metadata<'_>, name: &str) -> Self {
        let name = name.strip_prefix("r#").unwrap_or(name);
        let is_event = metadata.is_event();
        let (role, key) = match name {
            "message" if is_event => (Role::Message, name),
            "error" if is_exception(metadata) => (Role::Error, "exception.message"),
            "error" if is_event => (Role::Error, name),
            "log.target" if is_event && metadata.target() == LOG_TARGET => (Role::Attribute, "target"),
            _ if is_event && metadata.target() == LOG_TARGET && name.starts_with("log.") => {
                (Role::Ignored, name)
            }
            "otel.name" if !is_event => (Role::Name, name),
            "otel.kind" if !is_event => (Role::Kind, name),
            "otel.status_code" if !is_event => (Role::StatusCode, name),
            "otel.status_description" if !is_event => (Role::Description, name),
            // The span has them as attributes.
            LINE_FIELD if is_event => (Role::Ignored, name),
            "radiosonde.keep" => (Role::Keep, name),
            _ => (Role::Attribute, name),
        };
        Self { role, hash: hash(key), key: key_field(key) }
    }

    pub(crate) fn key(&self) -> Key<'_> {
        Key { hash: self.hash, field: &self.key }
    }
}

impl Plan {
    pub(crate) fn new(metadata: &'static Metadata<'static>, has_location: bool) -> Self {
        let fields: Box<[FieldPlan]> =
            metadata.fields().iter().map(|field| FieldPlan::new(metadata, field.name())).collect();
        let mut plan = Self {
            fields,
            constant: Box::default(),
            constants: Attributes::default(),
            field: if metadata.is_event() { EVENT_ATTRIBUTES } else { SPAN_ATTRIBUTES },
            repeats: false,
            is_exception: is_exception(metadata),
            is_access: metadata.target() == ACCESS_TARGET,
        };
        plan.add_constants(metadata, has_location);
        plan.repeats = plan.fields.iter().enumerate().any(|(at, field)| {
            let is_before = plan.fields[..at].iter().any(|other| other.key == field.key);
            is_before || plan.constants.has(&plan.constant, field.key())
        });
        plan
    }

    fn add_constants(&mut self, metadata: &Metadata<'_>, has_location: bool) {
        let mut bytes = Vec::new();
        let mut add = |key: &str, value: Written<'_>| {
            let (field, key) = (self.field, (hash(key), key_field(key)));
            let key = Key { hash: key.0, field: &key.1 };
            self.constants.push(&mut bytes, (field, u32::MAX), key, &value);
        };
        if metadata.is_event() {
            add("level", Written::Text(metadata.level().as_str()));
            if metadata.target() != LOG_TARGET {
                add("target", Written::Text(metadata.target()));
            }
        } else if has_location {
            if let Some(file) = metadata.file() {
                add("code.file.path", Written::Text(file));
            }
            if let Some(line) = metadata.line() {
                add("code.line.number", Written::I64(line.into()));
            }
        }
        self.constant = bytes.into();
    }

    #[inline]
    pub(crate) fn of(&self, field: &tracing::field::Field) -> Option<&FieldPlan> {
        self.fields.get(field.index())
    }
}
