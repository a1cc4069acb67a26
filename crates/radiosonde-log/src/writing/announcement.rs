use std::fmt::Write as _;
use std::sync::Arc;
use std::time::SystemTime;

use radiosonde_core::{Level, LevelNames};

use crate::meter::Reason;
use crate::planning::plan::{Planned, planned, push_frame};
use crate::redacting::redaction::Redaction;
use crate::rendering::fields::{Fields, Limits};
use crate::rendering::json;
use crate::rendering::line_parts::Parts;
use crate::rendering::pretty::{Heading, Pretty};
use crate::rendering::timestamp::Stamp;
use crate::rendering::value::Value;
use crate::schemas::keys::Keys;
use crate::schemas::schema::{Frame, Schema};
use crate::schemas::slot::Origin;
use crate::writing::output::Style;
use crate::writing::queue::tally::Tally;

/// The target of lines that the layer writes about itself.
const MODULE: &str = "radiosonde::log";

/// Makes the lines that say in a writer's own output what of it is missing.
#[derive(Debug)]
pub(crate) struct Announcer {
    schema: Arc<Schema>,
    frame: Frame,
    fields: [Planned; 6],
    names: LevelNames,
    statics: Fields,
    limits: Limits,
    /// Of none: what these lines say is ours.
    redaction: Redaction,
}

impl Announcer {
    pub(crate) fn new(
        schema: &Arc<Schema>,
        keys: &Keys,
        statics: &Fields,
        (names, limits): (LevelNames, Limits),
    ) -> Self {
        let mut frame = Frame::default();
        push_frame(&mut frame, schema, Level::Warn, Origin::Event, MODULE);
        let redaction = Redaction::none();
        let fields = ["message", "dropped", "sink", "reason", "levels", "since"]
            .map(|name| planned(name, Origin::Event, schema, keys, &redaction));
        Self { schema: Arc::clone(schema), frame, fields, names, statics: statics.clone(), limits, redaction }
    }

    /// One line, with its line feed, for each reason.
    pub(crate) fn lines(&self, tally: &Tally, sink: &str, style: Style, now: SystemTime) -> String {
        let mut out = String::new();
        let since = tally.since().unwrap_or(now);
        for (reason, by_level) in tally.by_reason() {
            self.push(&mut out, (reason, by_level), sink, since, style, now);
        }
        out
    }

    fn push(
        &self,
        out: &mut String,
        (reason, by_level): (Reason, &[u64; 6]),
        sink: &str,
        since: SystemTime,
        style: Style,
        now: SystemTime,
    ) {
        let dropped: u64 = by_level.iter().sum();
        let message = format!("{dropped} log {} dropped", if dropped == 1 { "line" } else { "lines" });
        let (mut stamp, mut first) = (Stamp::new(), Stamp::new());
        let levels = levels(by_level, self.names);
        let values = [
            Value::Str(&message),
            Value::U64(dropped),
            Value::Str(sink),
            Value::Str(reason.name()),
            Value::Str(&levels),
            Value::Str(first.of(since, self.schema.precision)),
        ];
        let mut fields = Fields::default();
        for (field, value) in self.fields.iter().zip(values) {
            if let Planned::Shown(field) = field {
                fields.put(field, value, self.limits, &self.redaction);
            }
        }
        let own = fields.entries().len();
        fields.fill_from(&self.statics, self.limits);
        let timestamp = stamp.of(now, self.schema.precision);
        match style {
            Style::Json => {
                let (schema, frame) = (&*self.schema, &self.frame);
                let rest = schema.rest(Origin::Event);
                let parts = Parts { schema, timestamp, frame, rest, fields: &fields, context: None };
                json::push_line(out, &parts, self.limits.line_bytes - 1);
                out.push('\n');
            }
            Style::Pretty { colors } => {
                let mut pretty = Pretty::new(out, colors);
                let heading = Heading { timestamp, level: Level::Warn, names: self.names, module: MODULE };
                pretty.heading(&heading, &fields);
                pretty.fields(&fields, own);
                pretty.end(None, &fields, own);
            }
        }
    }
}

/// `INFO=40 ERROR=2`
fn levels(by_level: &[u64; 6], names: LevelNames) -> String {
    let mut text = String::new();
    for (level, lines) in Level::ALL.into_iter().zip(by_level).filter(|(_, lines)| **lines > 0) {
        let separator = if text.is_empty() { "" } else { " " };
        // A string takes everything.
        let _ = write!(text, "{separator}{}={lines}", level.name(names));
    }
    text
}
