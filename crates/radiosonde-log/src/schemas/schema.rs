use std::borrow::Cow;
use std::ops::Range;

use radiosonde_core::{Level, SpanContext};

use crate::escaping::escape::push_escaped;
use crate::schemas::bounds::MAX_NAME_BYTES;
use crate::schemas::invalid_key::{InvalidKey, InvalidKeyKind};
use crate::schemas::precision::TimestampPrecision;
use crate::schemas::profile::Profile;
use crate::schemas::settings::SchemaSettings;
use crate::schemas::slot::{Destination, Kind, Origin, Place, Seat, Slot};
use crate::schemas::{ecs, gcp, native, otel};

/// The keys of a line and what stands between them, rendered as far as they are the same for every line.
///
/// A line is `start`, the timestamp, the frame's head, the slots that are filled in their order, the frame's foot, the ids of
/// its span, and the rest of the fields in an object of their own.
#[derive(Debug)]
pub(crate) struct Schema {
    /// Up to the timestamp.
    pub(crate) start: Box<str>,
    pub(crate) precision: TimestampPrecision,
    layout: Layout,
    rest: Box<str>,
    rest_of_metrics: Box<str>,
    own_keys: Vec<Box<str>>,
}

/// What a profile says of its lines.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Up to the timestamp.
    pub(super) start: String,
    /// By level: from the quote that ends the timestamp to the slots, but for the module.
    pub(super) heads: [String; 6],
    /// By origin: from the slots to the ids, but for the module.
    pub(super) feet: [String; Origin::COUNT],
    pub(super) module: Module,
    pub(super) slots: Vec<Reserved>,
    pub(super) group: Option<Group>,
    /// Before the trace id's digits.
    pub(super) trace_id: String,
    /// Between the trace id's digits and the span id's.
    pub(super) span_id: String,
    /// After the span id's digits, by the flags of the trace.
    pub(super) span_ends: [String; 4],
    /// Said of a line of which something was cut.
    pub(super) truncated: String,
    /// How the object of the other fields is called.
    pub(super) rest: String,
    pub(super) rest_of_metrics: String,
    /// They are strings, and their names have neither dots nor stars nor backslashes.
    pub(super) rest_are_labels: bool,
    /// Keys at the top that no field fills.
    pub(super) own_keys: &'static [&'static str],
}

/// Where the target of an event stands.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Module {
    pub(super) in_head: bool,
    pub(super) before: &'static str,
    pub(super) after: &'static str,
}

/// Slots that stand in an object of their own, which also says their last number in seconds.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// `,"key":`
    pub(crate) open: &'static str,
    pub(crate) slots: Range<usize>,
    pub(crate) latency: usize,
}

impl Group {
    /// The most that protobuf's `Duration` holds.
    pub(crate) const MAX_MILLIS: f64 = 315_576_000_000_000.0;

    /// What it takes beside its slots.
    pub(crate) const fn bytes(&self) -> usize {
        self.open.len() + ",\"latency\":\"315576000000.000000000s\"}".len()
    }
}

/// A slot's key, and the names of fields that fill it.
#[derive(Debug, Clone)]
pub(super) struct Reserved {
    key: Box<str>,
    seat: Seat,
    names: Vec<(Box<str>, Option<Origin>)>,
}

pub(super) fn reserved(key: &str, kind: Kind, names: &[&str]) -> Reserved {
    Reserved {
        key: key.into(),
        seat: Seat { prefix: format!(",{}:", text(key)).into(), kind, place: Place::Top },
        names: names.iter().map(|name| ((*name).into(), None)).collect(),
    }
}

impl Reserved {
    /// The same in the object of the other fields.
    pub(super) fn among_the_rest(mut self) -> Self {
        self.seat.place = Place::Rest;
        self
    }

    /// The same for fields of this origin alone.
    pub(super) fn only(mut self, origin: Origin) -> Self {
        self.names.iter_mut().for_each(|name| name.1 = Some(origin));
        self
    }

    /// The same for one more name, which only counts in fields of this origin.
    pub(super) fn also(mut self, name: &str, origin: Origin) -> Self {
        self.names.push((name.into(), Some(origin)));
        self
    }

    /// Whether it is the name or the value of a metric, not a label.
    fn is_of_metrics(&self) -> bool {
        self.names.iter().any(|(name, origin)| &**name == "message" || *origin == Some(Origin::Metric))
    }

    fn takes(&self, name: &str, origin: Origin, schema: &Layout) -> bool {
        self.names.iter().any(|(known, of)| {
            of.is_none_or(|of| of == origin) && (**known == *name || schema.rest_key(known) == name)
        })
    }
}

/// A JSON string.
pub(super) fn text(text: &str) -> String {
    let mut out = String::from("\"");
    push_escaped(&mut out, text);
    out.push('"');
    out
}

/// What stands around the slots of a line.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    /// From the quote that ends the timestamp to the slots.
    pub(crate) head: String,
    /// From the slots to the ids.
    pub(crate) foot: String,
}

impl Frame {
    pub(crate) fn clear(&mut self) {
        self.head.clear();
        self.foot.clear();
    }

    pub(crate) fn capacity(&self) -> usize {
        self.head.capacity() + self.foot.capacity()
    }
}

impl Layout {
    /// The name of a field as it stands among the rest.
    fn rest_key<'a>(&self, name: &'a str) -> Cow<'a, str> {
        const ODD: [char; 3] = ['.', '*', '\\'];
        if !self.rest_are_labels {
            name.into()
        } else if name.chars().all(char::is_whitespace) {
            // Elasticsearch refuses documents with such a name.
            "_".into()
        } else if name.contains(ODD) {
            name.replace(ODD, "_").into()
        } else {
            name.into()
        }
    }

    fn is_taken(&self, key: &str) -> bool {
        let mut top = self
            .own_keys
            .iter()
            .copied()
            .chain([&*self.rest, &*self.rest_of_metrics])
            .chain(self.slots.iter().filter(|slot| slot.seat.place == Place::Top).map(|slot| &*slot.key));
        let clashes = |own: &str| {
            // To Elasticsearch `a.b` is a field of the object `a`.
            let holds = |outer: &str, inner: &str| {
                inner.strip_prefix(outer).is_some_and(|inner| inner.starts_with('.'))
            };
            own == key || self.rest_are_labels && (holds(own, key) || holds(key, own))
        };
        top.any(clashes) || self.slots.iter().flat_map(|slot| &slot.names).any(|(name, _)| **name == *key)
    }

    /// Gives a field a place at the top.
    fn promote(&mut self, key: &str) -> Result<(), InvalidKey> {
        let most = Slot::MAX - self.slots.len();
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
        self.slots.push(reserved(key, Kind::Any, &[key]));
        Ok(())
    }
}

fn check(key: &str) -> Result<(), InvalidKey> {
    if key.chars().all(char::is_whitespace) {
        return Err(InvalidKey::new(key, InvalidKeyKind::Empty));
    }
    if key.len() > MAX_NAME_BYTES {
        return Err(InvalidKey::new(key, InvalidKeyKind::TooLong));
    }
    Ok(())
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
            let is_taken = |slot: &Reserved| slot.seat.place == Place::Top && *slot.key == **key;
            if layout.own_keys.contains(&key.as_str()) || layout.slots.iter().any(is_taken) {
                return Err(InvalidKey::new(key, InvalidKeyKind::Taken));
            }
        }
        let most = Slot::MAX - layout.slots.len();
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

    /// That of the default profile.
    #[cfg(test)]
    pub(crate) fn new(service: &str, names: radiosonde_core::LevelNames) -> Self {
        let mut settings = SchemaSettings::new(&radiosonde_core::Resource::new(service));
        settings.names = names;
        Self::of(&settings).unwrap()
    }

    /// Appends what stands around the slots. The module has to be short enough.
    pub(crate) fn push_frame(&self, frame: &mut Frame, level: Level, origin: Origin, module: &str) {
        let Layout { heads, feet, module: place, .. } = &self.layout;
        // The level's place among the six, and the origin's, are their indices.
        frame.head.push_str(&heads[level as usize]);
        frame.foot.push_str(&feet[origin as usize]);
        let out = if place.in_head { &mut frame.head } else { &mut frame.foot };
        out.push_str(place.before);
        push_escaped(out, module);
        out.push_str(place.after);
    }

    /// Opens the object of the fields that have no slot, `,"metadata":{`.
    pub(crate) fn rest(&self, origin: Origin) -> &str {
        if origin == Origin::Metric { &self.rest_of_metrics } else { &self.rest }
    }

    /// The longest frame and everything else that a line has whatever its fields are, but for the module.
    pub(crate) fn longest_frame(&self) -> usize {
        let layout = &self.layout;
        let longest = |texts: &[String]| texts.iter().map(String::len).max().unwrap_or(0);
        let texts = [&*self.start, &layout.trace_id, &layout.span_id, &layout.truncated, self.longest_rest()];
        let module = layout.module.before.len() + layout.module.after.len();
        longest(&layout.heads)
            + longest(&layout.feet)
            + longest(&layout.span_ends)
            + module
            + texts.map(str::len).into_iter().sum::<usize>()
    }

    /// The longer of the two that open the object of the other fields.
    pub(crate) fn longest_rest(&self) -> &str {
        if self.rest.len() > self.rest_of_metrics.len() { &self.rest } else { &self.rest_of_metrics }
    }

    pub(crate) fn slot(&self, slot: Slot) -> Option<&Seat> {
        self.layout.slots.get(slot.index()).map(|reserved| &reserved.seat)
    }

    /// `,"key":` of each slot.
    pub(crate) fn slot_keys(&self) -> impl Iterator<Item = &str> {
        self.layout.slots.iter().map(|reserved| &*reserved.seat.prefix)
    }

    /// What programs call the field in a slot, for a value that stands in the line as it is.
    pub(crate) fn slot_name(&self, index: usize) -> Option<&str> {
        let reserved = self.layout.slots.get(index)?;
        if reserved.seat.kind == Kind::Nanoseconds {
            return None;
        }
        reserved.names.first().map(|(name, _)| &**name)
    }

    /// The slots that stand in an object of their own.
    pub(crate) fn group(&self) -> Option<&Group> {
        self.layout.group.as_ref()
    }

    pub(crate) fn own_keys(&self) -> &[Box<str>] {
        &self.own_keys
    }

    /// The name of a field as it stands among the rest.
    pub(crate) fn rest_key<'a>(&self, name: &'a str) -> Cow<'a, str> {
        self.layout.rest_key(name)
    }

    /// Whether the values of the rest are strings, whatever they are.
    pub(crate) const fn rest_is_text(&self) -> bool {
        self.layout.rest_are_labels
    }

    pub(crate) fn trace_id(&self) -> &str {
        &self.layout.trace_id
    }

    pub(crate) fn span_id(&self) -> &str {
        &self.layout.span_id
    }

    /// What follows the span id.
    pub(crate) fn span_end(&self, context: &SpanContext) -> &str {
        // There are two flags.
        &self.layout.span_ends[usize::from(context.flags().to_byte() & 3)]
    }

    pub(crate) fn truncated(&self) -> &str {
        &self.layout.truncated
    }

    /// Decides by name alone, once per callsite.
    pub(crate) fn destination_of(&self, name: &str, origin: Origin) -> Destination {
        match name {
            // A span's `message` is one of its arguments, and not what its events say.
            "message" if origin == Origin::Inherited => Destination::Rest,
            "radiosonde.level" => Destination::Level,
            "log.target" if origin == Origin::LogRecord => Destination::Target,
            "log.module_path" | "log.file" | "log.line" if origin == Origin::LogRecord => Destination::Hidden,
            _ if name.starts_with("otel.") || name.starts_with("radiosonde.") => Destination::Hidden,
            _ => Slot::all()
                .zip(&self.layout.slots)
                .find(|(_, reserved)| reserved.takes(name, origin, &self.layout))
                .map_or(Destination::Rest, |(slot, reserved)| match reserved.seat.place {
                    Place::Top if origin == Origin::Metric && !reserved.is_of_metrics() => {
                        Destination::Label(slot)
                    }
                    _ => Destination::Slot(slot),
                }),
        }
    }
}
