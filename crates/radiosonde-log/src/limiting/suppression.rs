use std::sync::Arc;
use std::time::SystemTime;

use radiosonde_core::{LevelNames, SharedClock};

use crate::events::target::rank;
use crate::limiting::volume::{Announcement, Volume};
use crate::line_meter::LineMeter;
use crate::planning::plan::{Planned, Shown, planned, push_frame};
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
use crate::writing::delivering::Delivering;
use crate::writing::handle::Ways;
use crate::writing::line::Line;
use crate::writing::output::Style;

/// The limits of a layer, and the lines that say how many others they suppressed.
#[derive(Debug)]
pub(crate) struct Suppression {
    volume: Volume,
    schema: Arc<Schema>,
    fields: [Planned; 5],
    sample_ratio: Option<Shown>,
    service: String,
    names: LevelNames,
    statics: Fields,
    limits: Limits,
    clock: SharedClock,
    lines: LineMeter,
    /// Of none: what these lines say is ours.
    redaction: Redaction,
}

/// What a layer has in common with its lines about what was suppressed.
#[derive(Debug)]
pub(crate) struct Common<'a> {
    pub(crate) schema: &'a Arc<Schema>,
    pub(crate) keys: &'a Keys,
    pub(crate) service: &'a str,
    pub(crate) names: LevelNames,
    pub(crate) statics: &'a Fields,
    pub(crate) limits: Limits,
    pub(crate) clock: &'a SharedClock,
    pub(crate) lines: &'a LineMeter,
}

impl Suppression {
    pub(crate) fn new(volume: Volume, common: &Common<'_>) -> Self {
        let Common { schema, keys, service, names, statics, limits, clock, lines } = *common;
        let redaction = Redaction::none();
        let plan = |name| planned(name, Origin::Event, schema, keys, &redaction);
        let sample_ratio = match plan("sample_ratio") {
            // An event may have one of its own.
            Planned::Shown(shown) => Some(Shown { repeats: true, ..shown }),
            _ => None,
        };
        Self {
            volume,
            schema: Arc::clone(schema),
            fields: ["message", "suppressed", "since", "file", "line"].map(plan),
            sample_ratio,
            service: service.to_owned(),
            names,
            statics: statics.clone(),
            limits,
            clock: Arc::clone(clock),
            lines: lines.clone(),
            redaction,
        }
    }

    pub(crate) fn volume(&self) -> &Volume {
        &self.volume
    }

    /// Says of a line which share of its like it stands for.
    pub(crate) fn put_ratio(&self, fields: &mut Fields, ratio: f64) {
        if let Some(shown) = &self.sample_ratio {
            fields.put(shown, Value::F64(ratio), self.limits, &self.redaction);
        }
    }

    /// Writes what is to be said by now of what was suppressed; all of it if `everything`.
    ///
    /// # Cost
    /// A load if nothing was suppressed; a reading of the clock more until it has been said.
    pub(crate) fn announce(&self, ways: &Ways, everything: bool) {
        if !self.volume.has_news() {
            return;
        }
        let Some(_delivering) = Delivering::begin() else { return };
        let (now, at) = (self.clock.now(), self.clock.monotonic());
        let write = |news: Announcement| self.write(&news, now, ways);
        if everything { self.volume.announce_all(at, write) } else { self.volume.announce(at, write) }
    }

    fn write(&self, news: &Announcement, now: SystemTime, ways: &Ways) {
        let Announcement { callsite, lines, ago } = *news;
        let message = format!("suppressed {lines} {}", if lines == 1 { "line" } else { "lines" });
        let (mut stamp, mut first) = (Stamp::new(), Stamp::new());
        let values = [
            Some(Value::Str(&message)),
            Some(Value::U64(lines)),
            Some(Value::Str(first.of(now.checked_sub(ago).unwrap_or(now), self.schema.precision))),
            callsite.file.map(Value::Str),
            callsite.line.map(|line| Value::U64(line.into())),
        ];
        let mut fields = Fields::default();
        for (field, value) in self.fields.iter().zip(values) {
            if let (Planned::Shown(field), Some(value)) = (field, value) {
                fields.put(field, value, self.limits, &self.redaction);
            }
        }
        let own = fields.entries().len();
        fields.fill_from(&self.statics, self.limits);
        let (mut frame, mut line) = (Frame::default(), String::new());
        // It is not of the kind of those that it speaks of.
        push_frame(&mut frame, &self.schema, callsite.level, Origin::Event, callsite.target);
        let (schema, timestamp) = (&*self.schema, stamp.of(now, self.schema.precision));
        let rest = schema.rest(Origin::Event);
        let parts = Parts { schema, timestamp, frame: &frame, rest, fields: &fields, context: None };
        json::push_line(&mut line, &parts, self.limits.line_bytes - 1);
        let lent = Line::new(&line, now, callsite.level)
            .with_target(callsite.target)
            .with_service(&self.service)
            .with_message(&message)
            .with_fields(&fields, &self.schema);
        ways.sinks.iter().for_each(|sink| sink.accept(&lent));
        line.push('\n');
        self.lines.of(callsite.level, callsite.target).line(line.len());
        let rank = rank(callsite.level, callsite.target);
        for output in &ways.outputs {
            match output.style() {
                Style::Json => output.write(&line, rank),
                Style::Pretty { colors } => {
                    let mut text = String::new();
                    let mut pretty = Pretty::new(&mut text, colors);
                    let (level, names, module) = (callsite.level, self.names, callsite.target);
                    let heading = Heading { timestamp, level, names, module };
                    pretty.heading(&heading, &fields);
                    pretty.fields(&fields, own);
                    pretty.end(None, &fields, own);
                    output.write(&text, rank);
                }
            }
        }
    }
}
