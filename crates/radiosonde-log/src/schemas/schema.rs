use std::borrow::Cow;

use radiosonde_core::{Level, SpanContext};

use crate::escaping::escape::push_escaped;
use crate::schemas::envelope::Envelope;
use crate::schemas::invalid_key::{InvalidKey, InvalidKeyKind};
use crate::schemas::layout::{Group, Layout, Reserved, check, text};
use crate::schemas::precision::TimestampPrecision;
use crate::schemas::profile::Profile;
use crate::schemas::reserved_key::{Destination, Origin, RenderedKey, ReservedKey, Section, ValueRule};
use crate::schemas::settings::SchemaSettings;
use crate::schemas::{ecs, gcp, native, otel};

/// The keys of a line and the text between them, rendered as far as they are constant.
///
/// A line is `start`, the timestamp, the envelope's prefix, the filled reserved keys in order, the envelope's suffix, the
/// ids of its span, and the other fields in an object of their own.
#[derive(Debug)]
pub(crate) struct Schema {
    /// The text up to the timestamp.
    pub(crate) start: Box<str>,
    pub(crate) precision: TimestampPrecision,
    layout: Layout,
    rest: Box<str>,
    rest_of_metrics: Box<str>,
    own_keys: Vec<Box<str>>,
}

impl Schema {
    pub(crate) fn of(settings: &SchemaSettings) -> Result<Self, InvalidKey> {
        let mut layout = match settings.profile {
            Profile::Native => native::layout(settings),
            Profile::Ecs => ecs::layout(settings),
            Profile::Otel => otel::layout(settings),
            Profile::Gcp => gcp::layout(settings),
        };
        if let Some(key) = &settings.metadata {
            check(key)?;
            if layout.rest != *key {
                return Err(InvalidKey::new(key, InvalidKeyKind::Fixed));
            }
            let is_taken = |reserved_key: &Reserved| {
                reserved_key.rendered.section == Section::Top && *reserved_key.key == **key
            };
            if layout.own_keys.contains(&key.as_str()) || layout.reserved_keys.iter().any(is_taken) {
                return Err(InvalidKey::new(key, InvalidKeyKind::Taken));
            }
        }
        let most = ReservedKey::MAX - layout.reserved_keys.len();
        for key in &settings.promoted {
            layout.promote(key).map_err(|refused| match refused.kind() {
                InvalidKeyKind::TooMany { .. } => InvalidKey::new(key, InvalidKeyKind::TooMany { most }),
                _ => refused,
            })?;
        }
        let opened = |key: &str| format!(",{}:{{", text(key)).into();
        let (rest, rest_of_metrics) = (opened(&layout.rest), opened(&layout.rest_of_metrics));
        let own_keys = layout.own_keys.iter().copied().chain(["message", &*layout.rest]);
        Ok(Self {
            start: layout.start.as_str().into(),
            precision: settings.precision.unwrap_or(settings.profile.precision()),
            own_keys: own_keys.map(Box::from).collect(),
            layout,
            rest,
            rest_of_metrics,
        })
    }

    /// The schema of the default profile.
    #[cfg(test)]
    pub(crate) fn new(service: &str, names: radiosonde_core::LevelNames) -> Self {
        let settings = SchemaSettings {
            resource: radiosonde_core::Resource::new(service),
            profile: crate::schemas::profile::Profile::default(),
            names,
            precision: None,
            promoted: Vec::new(),
            metadata: None,
            project: None,
        };
        Self::of(&settings).unwrap()
    }

    /// Appends the envelope. The module must be short enough.
    pub(crate) fn push_envelope(&self, envelope: &mut Envelope, level: Level, origin: Origin, module: &str) {
        let Layout { prefixes, suffixes, module: section, .. } = &self.layout;
        // The discriminants of level and origin are their indices.
        envelope.prefix.push_str(&prefixes[level as usize]);
        envelope.suffix.push_str(&suffixes[origin as usize]);
        let out = if section.in_prefix { &mut envelope.prefix } else { &mut envelope.suffix };
        out.push_str(section.before);
        push_escaped(out, module);
        out.push_str(section.after);
    }

    /// The text that opens the object of the fields without a reserved key, `,"metadata":{`.
    pub(crate) fn rest(&self, origin: Origin) -> &str {
        if origin == Origin::Metric { &self.rest_of_metrics } else { &self.rest }
    }

    /// The size of the longest envelope and of everything else that is independent of the fields, without the module.
    pub(crate) fn longest_envelope(&self) -> usize {
        let layout = &self.layout;
        let longest = |texts: &[String]| texts.iter().map(String::len).max().unwrap_or(0);
        let texts = [&*self.start, &layout.trace_id, &layout.span_id, &layout.truncated, self.longest_rest()];
        let module = layout.module.before.len() + layout.module.after.len();
        longest(&layout.prefixes)
            + longest(&layout.suffixes)
            + longest(&layout.span_ends)
            + module
            + texts.map(str::len).into_iter().sum::<usize>()
    }

    /// The longer of the two texts that open the object of the other fields.
    pub(crate) fn longest_rest(&self) -> &str {
        if self.rest.len() > self.rest_of_metrics.len() { &self.rest } else { &self.rest_of_metrics }
    }

    pub(crate) fn reserved_key(&self, reserved_key: ReservedKey) -> Option<&RenderedKey> {
        self.layout.reserved_keys.get(reserved_key.index()).map(|reserved| &reserved.rendered)
    }

    /// `,"key":` of each reserved key.
    pub(crate) fn reserved_prefixes(&self) -> impl Iterator<Item = &str> {
        self.layout.reserved_keys.iter().map(|reserved| &*reserved.rendered.prefix)
    }

    /// The field name that programs use for a reserved key, if its value appears in the line unchanged.
    pub(crate) fn reserved_name(&self, index: usize) -> Option<&str> {
        let reserved = self.layout.reserved_keys.get(index)?;
        if reserved.rendered.rule == ValueRule::Nanoseconds {
            return None;
        }
        reserved.names.first().map(|(name, _)| &**name)
    }

    /// The reserved keys that are in an object of their own.
    pub(crate) fn group(&self) -> Option<&Group> {
        self.layout.group.as_ref()
    }

    pub(crate) fn own_keys(&self) -> &[Box<str>] {
        &self.own_keys
    }

    /// The name of a field in the object of the other fields.
    pub(crate) fn rest_key<'a>(&self, name: &'a str) -> Cow<'a, str> {
        self.layout.rest_key(name)
    }

    /// Whether all values of the other fields are strings.
    pub(crate) const fn rest_is_text(&self) -> bool {
        self.layout.rest_are_labels
    }

    pub(crate) fn trace_id(&self) -> &str {
        &self.layout.trace_id
    }

    pub(crate) fn span_id(&self) -> &str {
        &self.layout.span_id
    }

    /// The text after the span id.
    pub(crate) fn span_end(&self, context: &SpanContext) -> &str {
        // There are two flags.
        &self.layout.span_ends[usize::from(context.flags().to_byte() & 3)]
    }

    pub(crate) fn truncated(&self) -> &str {
        &self.layout.truncated
    }

    /// The destination of a field, by name alone, once per callsite.
    pub(crate) fn destination_of(&self, name: &str, origin: Origin) -> Destination {
        match name {
            // A span's `message` is one of its arguments, and not the message of its events.
            "message" if origin == Origin::Inherited => Destination::Rest,
            "radiosonde.level" => Destination::Level,
            "log.target" if origin == Origin::LogRecord => Destination::Target,
            "log.module_path" | "log.file" | "log.line" if origin == Origin::LogRecord => Destination::Hidden,
            _ if name.starts_with("otel.") || name.starts_with("radiosonde.") => Destination::Hidden,
            _ => ReservedKey::all()
                .zip(&self.layout.reserved_keys)
                .find(|(_, reserved)| reserved.takes(name, origin, &self.layout))
                .map_or(Destination::Rest, |(reserved_key, reserved)| match reserved.rendered.section {
                    Section::Top if origin == Origin::Metric && !reserved.is_of_metrics() => {
                        Destination::Label(reserved_key)
                    }
                    _ => Destination::Reserved(reserved_key),
                }),
        }
    }
}
