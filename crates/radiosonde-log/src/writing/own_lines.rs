use std::sync::Arc;
use std::time::SystemTime;

use radiosonde_core::{Level, LevelNames};

use crate::planning::plan::{FieldPlan, RenderedField, plan_field, push_envelope};
use crate::redacting::redaction::Redaction;
use crate::rendering::fields::{Fields, Limits};
use crate::rendering::json;
use crate::rendering::line_parts::LineParts;
use crate::rendering::pretty::{Heading, Pretty};
use crate::rendering::timestamp::Stamp;
use crate::rendering::value::Value;
use crate::schemas::envelope::Envelope;
use crate::schemas::keys::Keys;
use crate::schemas::reserved_key::Origin;
use crate::schemas::schema::Schema;
use crate::writing::style::Style;

/// Composes the lines that a layer itself writes, without an event.
#[derive(Debug)]
pub(crate) struct OwnLines {
    schema: Arc<Schema>,
    pub(crate) names: LevelNames,
    statics: Fields,
    limits: Limits,
    /// Redacts nothing: these lines contain no foreign values.
    redaction: Redaction,
}

impl OwnLines {
    pub(crate) fn new(schema: &Arc<Schema>, names: LevelNames, statics: &Fields, limits: Limits) -> Self {
        let redaction = Redaction::none();
        Self { schema: Arc::clone(schema), names, statics: statics.clone(), limits, redaction }
    }

    /// The plan for the field with this name.
    pub(crate) fn plan(&self, name: &str, keys: &Keys) -> FieldPlan {
        plan_field(name, Origin::Event, &self.schema, keys, &self.redaction)
    }

    pub(crate) fn put(&self, fields: &mut Fields, field: &RenderedField, value: Value<'_>) {
        fields.put(field, value, self.limits, &self.redaction);
    }

    /// Formats a time as in lines.
    pub(crate) fn time(&self, time: SystemTime) -> String {
        Stamp::new().of(time, self.schema.precision).to_owned()
    }

    /// A line with these fields and the static ones.
    pub(crate) fn line<'a, 'v>(
        &'a self,
        (level, module): (Level, &'a str),
        now: SystemTime,
        values: impl IntoIterator<Item = (&'a FieldPlan, Value<'v>)>,
    ) -> OwnLine<'a> {
        let mut fields = Fields::default();
        for (field, value) in values {
            if let FieldPlan::Render(field) = field {
                self.put(&mut fields, field, value);
            }
        }
        let own = fields.entries().len();
        fields.fill_from(&self.statics, self.limits);
        OwnLine { lines: self, level, module, timestamp: self.time(now), fields, own }
    }
}

/// One of the [`OwnLines`].
#[derive(Debug)]
pub(crate) struct OwnLine<'a> {
    lines: &'a OwnLines,
    level: Level,
    module: &'a str,
    timestamp: String,
    fields: Fields,
    /// The number of fields that are the line's own.
    own: usize,
}

impl OwnLine<'_> {
    pub(crate) fn fields(&self) -> (&Fields, &Schema) {
        (&self.fields, &*self.lines.schema)
    }

    /// The line as JSON, without a line feed.
    pub(crate) fn json(&self) -> String {
        let Self { lines, fields, timestamp, .. } = self;
        let (mut envelope, mut line) = (Envelope::default(), String::new());
        push_envelope(&mut envelope, &lines.schema, self.level, Origin::Event, self.module);
        let rest = lines.schema.rest(Origin::Event);
        let parts =
            LineParts { schema: &lines.schema, timestamp, envelope: &envelope, rest, fields, context: None };
        json::push_line(&mut line, &parts, lines.limits.line_bytes - 1);
        line
    }

    /// The line in this style, with its line feed.
    pub(crate) fn text(&self, style: Style) -> String {
        let Style::Pretty { colors } = style else { return self.json() + "\n" };
        let Self { lines, level, module, timestamp, fields, own } = self;
        let mut text = String::new();
        let mut pretty = Pretty::new(&mut text, colors);
        let heading = Heading { timestamp, level: *level, names: lines.names, module };
        pretty.heading(&heading, fields);
        pretty.fields(fields, *own);
        pretty.end(None, fields, *own);
        text
    }
}
