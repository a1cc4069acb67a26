use std::borrow::Cow;
use std::ops::Range;

use crate::escaping::escape::push_escaped;
use crate::schemas::bounds::MAX_NAME_BYTES;
use crate::schemas::invalid_key::{InvalidKey, InvalidKeyKind};
use crate::schemas::reserved_key::{Origin, RenderedKey, ReservedKey, Section, ValueRule};

/// The line format of a profile.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// The text up to the timestamp.
    pub(super) start: String,
    /// By level: from the quote that ends the timestamp to the reserved keys, without the module.
    pub(super) prefixes: [String; 6],
    /// By origin: from the reserved keys to the ids, without the module.
    pub(super) suffixes: [String; Origin::COUNT],
    pub(super) module: Module,
    pub(super) reserved_keys: Vec<Reserved>,
    pub(super) group: Option<Group>,
    /// The text before the trace id's digits.
    pub(super) trace_id: String,
    /// The text between the trace id's digits and the span id's.
    pub(super) span_id: String,
    /// The text after the span id's digits, by the flags of the trace.
    pub(super) span_ends: [String; 4],
    /// The mark of a truncated line.
    pub(super) truncated: String,
    /// The name of the object for the other fields.
    pub(super) rest: String,
    pub(super) rest_of_metrics: String,
    /// They are strings, and their names contain no dots, stars or backslashes.
    pub(super) rest_are_labels: bool,
    /// Top-level keys that no field fills.
    pub(super) own_keys: &'static [&'static str],
}

/// The position of an event's target.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Module {
    pub(super) in_prefix: bool,
    pub(super) before: &'static str,
    pub(super) after: &'static str,
}

/// Reserved keys in an object of their own, which also contains the last one's number in seconds.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// `,"key":`
    pub(crate) open: &'static str,
    pub(crate) reserved_keys: Range<usize>,
    pub(crate) latency: usize,
}

impl Group {
    /// The largest `Duration` of protobuf.
    pub(crate) const MAX_MILLIS: f64 = 315_576_000_000_000.0;

    /// Its size besides its reserved keys.
    pub(crate) const fn bytes(&self) -> usize {
        self.open.len() + ",\"latency\":\"315576000000.000000000s\"}".len()
    }
}

/// A reserved key, and the names of fields that fill it.
#[derive(Debug, Clone)]
pub(super) struct Reserved {
    pub(super) key: Box<str>,
    pub(super) rendered: RenderedKey,
    pub(super) names: Vec<(Box<str>, Option<Origin>)>,
}

pub(super) fn reserved(key: &str, rule: ValueRule, names: &[&str]) -> Reserved {
    Reserved {
        key: key.into(),
        rendered: RenderedKey { prefix: format!(",{}:", text(key)).into(), rule, section: Section::Top },
        names: names.iter().map(|name| ((*name).into(), None)).collect(),
    }
}

impl Reserved {
    /// The same reserved key, in the object of the other fields.
    pub(super) fn among_the_rest(mut self) -> Self {
        self.rendered.section = Section::Rest;
        self
    }

    /// The same reserved key, only for fields of this origin.
    pub(super) fn only(mut self, origin: Origin) -> Self {
        self.names.iter_mut().for_each(|name| name.1 = Some(origin));
        self
    }

    /// The same reserved key with one more field name, valid only for this origin.
    pub(super) fn also(mut self, name: &str, origin: Origin) -> Self {
        self.names.push((name.into(), Some(origin)));
        self
    }

    /// Whether it is the name or the value of a metric, not a label.
    pub(super) fn is_of_metrics(&self) -> bool {
        self.names.iter().any(|(name, origin)| &**name == "message" || *origin == Some(Origin::Metric))
    }

    pub(super) fn takes(&self, name: &str, origin: Origin, schema: &Layout) -> bool {
        self.names.iter().any(|(known, of)| {
            of.is_none_or(|of| of == origin) && (**known == *name || schema.rest_key(known) == name)
        })
    }
}

/// Renders a JSON string.
pub(super) fn text(text: &str) -> String {
    let mut out = String::from("\"");
    push_escaped(&mut out, text);
    out.push('"');
    out
}

impl Layout {
    /// The name of a field in the object of the other fields.
    pub(super) fn rest_key<'a>(&self, name: &'a str) -> Cow<'a, str> {
        const ODD: [char; 3] = ['.', '*', '\\'];
        if !self.rest_are_labels {
            name.into()
        } else if name.chars().all(char::is_whitespace) {
            // Elasticsearch rejects documents with such a name.
            "_".into()
        } else if name.contains(ODD) {
            name.replace(ODD, "_").into()
        } else {
            name.into()
        }
    }

    fn is_taken(&self, key: &str) -> bool {
        let mut top = self.own_keys.iter().copied().chain([&*self.rest, &*self.rest_of_metrics]).chain(
            self.reserved_keys
                .iter()
                .filter(|reserved_key| reserved_key.rendered.section == Section::Top)
                .map(|reserved_key| &*reserved_key.key),
        );
        let clashes = |own: &str| {
            // To Elasticsearch `a.b` is a field of the object `a`.
            let holds = |outer: &str, inner: &str| {
                inner.strip_prefix(outer).is_some_and(|inner| inner.starts_with('.'))
            };
            own == key || self.rest_are_labels && (holds(own, key) || holds(key, own))
        };
        top.any(clashes)
            || self
                .reserved_keys
                .iter()
                .flat_map(|reserved_key| &reserved_key.names)
                .any(|(name, _)| **name == *key)
    }

    /// Makes a field's name a reserved key.
    pub(super) fn promote(&mut self, key: &str) -> Result<(), InvalidKey> {
        let most = ReservedKey::MAX - self.reserved_keys.len();
        let refuse = |kind| Err(InvalidKey::new(key, kind));
        if key.starts_with("otel.") || key.starts_with("radiosonde.") {
            return refuse(InvalidKeyKind::Directive);
        }
        check(key)?;
        if self.is_taken(key) {
            return refuse(InvalidKeyKind::Taken);
        }
        if most == 0 {
            return refuse(InvalidKeyKind::TooMany { most });
        }
        self.reserved_keys.push(reserved(key, ValueRule::Any, &[key]));
        Ok(())
    }
}

pub(super) fn check(key: &str) -> Result<(), InvalidKey> {
    if key.chars().all(char::is_whitespace) {
        return Err(InvalidKey::new(key, InvalidKeyKind::Empty));
    }
    if key.len() > MAX_NAME_BYTES {
        return Err(InvalidKey::new(key, InvalidKeyKind::TooLong));
    }
    Ok(())
}
