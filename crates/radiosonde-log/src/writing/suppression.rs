use std::sync::Arc;
use std::time::SystemTime;

use radiosonde_appender::ReentrancyGuard;
use radiosonde_core::SharedClock;

use crate::events::target::rank;
use crate::limiting::volume::{Announcement, Volume};
use crate::line_metrics::LineMetrics;
use crate::planning::plan::{FieldPlan, RenderedField};
use crate::rendering::fields::Fields;
use crate::rendering::value::Value;
use crate::schemas::keys::Keys;
use crate::writing::line::Line;
use crate::writing::outputs::Outputs;
use crate::writing::own_lines::OwnLines;
use crate::writing::style::Style;

/// The limits of a layer, and the lines that announce what they suppressed.
#[derive(Debug)]
pub(crate) struct Suppression {
    pub(crate) volume: Volume,
    own_lines: Arc<OwnLines>,
    fields: [FieldPlan; 5],
    sample_ratio: Option<RenderedField>,
    service: String,
    clock: SharedClock,
    lines: LineMetrics,
}

impl Suppression {
    pub(crate) fn new(
        volume: Volume,
        (own_lines, keys): (&Arc<OwnLines>, &Keys),
        service: &str,
        clock: &SharedClock,
        lines: &LineMetrics,
    ) -> Self {
        let sample_ratio = match own_lines.plan("sample_ratio", keys) {
            // An event may have a field with this name.
            FieldPlan::Render(shown) => Some(RenderedField { repeats: true, ..shown }),
            _ => None,
        };
        Self {
            volume,
            own_lines: Arc::clone(own_lines),
            fields: ["message", "suppressed", "since", "file", "line"].map(|name| own_lines.plan(name, keys)),
            sample_ratio,
            service: service.to_owned(),
            clock: Arc::clone(clock),
            lines: lines.clone(),
        }
    }

    /// Adds the sampling ratio to a line.
    pub(crate) fn put_ratio(&self, fields: &mut Fields, ratio: f64) {
        if let Some(shown) = &self.sample_ratio {
            self.own_lines.put(fields, shown, Value::F64(ratio));
        }
    }

    /// Writes the announcements that are due, or all of them if `everything`.
    ///
    /// # Cost
    /// A load if nothing was suppressed; one more clock reading while an announcement is pending.
    pub(crate) fn announce(&self, outputs: &Outputs, everything: bool) {
        if !self.volume.has_news() {
            return;
        }
        let Some(_guard) = ReentrancyGuard::enter() else { return };
        let (now, at) = (self.clock.now(), self.clock.monotonic());
        let write = |news: Announcement| self.write(&news, now, outputs);
        if everything { self.volume.announce_all(at, write) } else { self.volume.announce(at, write) }
    }

    fn write(&self, news: &Announcement, now: SystemTime, outputs: &Outputs) {
        let Announcement { callsite, lines, ago } = *news;
        let message = format!("suppressed {lines} {}", if lines == 1 { "line" } else { "lines" });
        let since = self.own_lines.time(now.checked_sub(ago).unwrap_or(now));
        let values = [
            Some(Value::Str(&message)),
            Some(Value::U64(lines)),
            Some(Value::Str(&since)),
            callsite.file.map(Value::Str),
            callsite.line.map(|line| Value::U64(line.into())),
        ];
        let values = self.fields.iter().zip(values).filter_map(|(field, value)| Some((field, value?)));
        let own = self.own_lines.line((callsite.level, callsite.target), now, values);
        let mut json = own.json();
        let (fields, schema) = own.fields();
        let line = Line::new(&json, now, callsite.level)
            .with_target(callsite.target)
            .with_service(&self.service)
            .with_message(&message)
            .with_fields(fields, schema);
        outputs.sinks.iter().for_each(|sink| sink.accept(&line));
        json.push('\n');
        self.lines.of(callsite.level, callsite.target).line(json.len());
        let rank = rank(callsite.level, callsite.target);
        for output in &outputs.writers {
            match output.style {
                Style::Json => output.write(&json, rank),
                pretty @ Style::Pretty { .. } => output.write(&own.text(pretty), rank),
            }
        }
    }
}
