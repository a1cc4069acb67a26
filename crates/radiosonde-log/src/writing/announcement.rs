use std::fmt::Write as _;
use std::sync::Arc;

use radiosonde_appender::{DropNotice, Drops};
use radiosonde_core::{Level, LevelNames, SharedClock};

use crate::planning::plan::FieldPlan;
use crate::rendering::value::Value;
use crate::schemas::keys::Keys;
use crate::writing::own_lines::OwnLines;
use crate::writing::style::Style;

/// The target of lines that the layer itself writes.
const MODULE: &str = "radiosonde::log";

/// Composes the lines in which an output reports what it dropped.
#[derive(Debug, Clone)]
pub(crate) struct Announcer {
    lines: Arc<OwnLines>,
    fields: Arc<[FieldPlan; 6]>,
    clock: SharedClock,
    style: Style,
}

impl Announcer {
    pub(crate) fn new(lines: &Arc<OwnLines>, keys: &Keys, clock: &SharedClock) -> Self {
        let fields = ["message", "dropped", "sink", "reason", "levels", "since"];
        Self {
            lines: Arc::clone(lines),
            fields: Arc::new(fields.map(|name| lines.plan(name, keys))),
            clock: Arc::clone(clock),
            style: Style::Json,
        }
    }

    /// A notice for an output of this style.
    pub(crate) fn with_style(&self, style: Style) -> Self {
        Self { style, ..self.clone() }
    }
}

impl DropNotice for Announcer {
    fn lines(&self, drops: &Drops, output: &str) -> String {
        let now = self.clock.now();
        let since = self.lines.time(drops.since().unwrap_or(now));
        let line = |by_level: &[u64; 6], reason: &str| {
            let dropped: u64 = by_level.iter().sum();
            let message = format!("{dropped} log {} dropped", if dropped == 1 { "line" } else { "lines" });
            let levels = levels(by_level, self.lines.names);
            let values = [
                Value::Str(&message),
                Value::U64(dropped),
                Value::Str(output),
                Value::Str(reason),
                Value::Str(&levels),
                Value::Str(&since),
            ];
            let line = self.lines.line((Level::Warn, MODULE), now, self.fields.iter().zip(values));
            line.text(self.style)
        };
        drops.by_reason().map(|(reason, by_level)| line(by_level, reason.name())).collect()
    }
}

/// `INFO=40 ERROR=2`
fn levels(by_level: &[u64; 6], names: LevelNames) -> String {
    let mut text = String::new();
    for (level, lines) in Level::ALL.into_iter().zip(by_level).filter(|(_, lines)| **lines > 0) {
        let separator = if text.is_empty() { "" } else { " " };
        // Writing to a String does not fail.
        let _ = write!(text, "{separator}{}={lines}", level.name(names));
    }
    text
}
