//! Annotations of units of work: redacted when they are added, and written with the unit's line.

use std::sync::Arc;

use radiosonde_core::canonical::{AnnotationValue, Redact, read_line};

use crate::escaping::escape::between_quotes;
use crate::escaping::escaped_text::unescape;
use crate::layer::json_layer::JsonLayer;
use crate::planning::plan::{FieldPlan, plan_record_field};
use crate::planning::record_keys::RecordKeys;
use crate::redacting::redaction::Redaction;
use crate::rendering::recorder::Recorder;
use crate::rendering::tail::drop_tail;
use crate::rendering::value::Value;
use crate::schemas::keys::Keys;
use crate::schemas::schema::Schema;

impl JsonLayer {
    /// Adds the annotations of the unit of work whose line the event is. The event's own fields win.
    #[inline(never)]
    pub(crate) fn put_annotations(&self, recorder: &mut Recorder<'_>) {
        read_line(|annotations| {
            for (key, value) in annotations.iter() {
                // Its names are not those of a callsite, like those of a record's key-values.
                let plan = || plan_record_field(key, &self.schema, &self.keys, &self.redaction);
                match (self.record_keys.of(key, &self.keys, plan), value_of(value)) {
                    (Some(planned), Some(value)) => recorder.take_missing(&planned, value),
                    _ => recorder.leave_out(),
                }
            }
        });
    }
}

fn value_of(value: AnnotationValue<'_>) -> Option<Value<'_>> {
    Some(match value {
        AnnotationValue::Bool(value) => Value::Bool(value),
        AnnotationValue::I64(value) => Value::I64(value),
        AnnotationValue::U64(value) => Value::U64(value),
        AnnotationValue::F64(value) => Value::F64(value),
        AnnotationValue::Text(value) => Value::Str(value),
        _ => return None,
    })
}

/// Redacts annotations as a layer redacts fields.
pub(crate) struct AnnotationRedaction {
    redaction: Redaction,
    schema: Arc<Schema>,
    keys: Keys,
    /// Whether the values of a key are redacted, as part of its plan.
    plans: RecordKeys,
}

impl AnnotationRedaction {
    pub(crate) fn new(redaction: &Redaction, schema: &Arc<Schema>) -> Self {
        let (redaction, schema) = (redaction.clone(), Arc::clone(schema));
        Self { redaction, schema, keys: Keys::default(), plans: RecordKeys::default() }
    }

    /// Appends the value to `out` with the replacements of the detectors. False if they change nothing.
    fn scrub(&self, value: Value<'_>, is_cut: bool, out: &mut String) -> bool {
        value.push_json(out, usize::MAX);
        if is_cut {
            drop_tail(out, 0, out.len().saturating_sub(1));
        }
        let found = self.redaction.scrub(out, 0);
        if found == 0 && !is_cut {
            out.clear();
            return false;
        }
        *out = unescape(between_quotes(out)).into_owned();
        true
    }
}

impl Redact for AnnotationRedaction {
    fn redact(&self, key: &str, value: AnnotationValue<'_>, is_cut: bool, out: &mut String) -> bool {
        let plan = || plan_record_field(key, &self.schema, &self.keys, &self.redaction);
        match (self.plans.of(key, &self.keys, plan).as_deref(), value_of(value)) {
            (Some(FieldPlan::Render(field)), _) if field.hides() => {
                out.push_str(self.redaction.replacement_text());
                true
            }
            (_, Some(value)) if self.redaction.scrubs() => self.scrub(value, is_cut, out),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use radiosonde_core::LevelNames;

    use super::*;
    use crate::redacting::detector::Detector;

    fn redacted(
        redaction: &Redaction,
        key: &str,
        value: AnnotationValue<'_>,
        is_cut: bool,
    ) -> Option<String> {
        let schema = Arc::new(Schema::new("orders", LevelNames::default()));
        let mut out = String::new();
        AnnotationRedaction::new(redaction, &schema).redact(key, value, is_cut, &mut out).then_some(out)
    }

    #[test]
    fn annotations_are_redacted_by_key_and_by_format() {
        let redaction = Redaction::default().detect(Detector::CardNumber);
        let text = AnnotationValue::Text;
        let hidden = Some("[redacted]".to_owned());
        assert_eq!(redacted(&redaction, "db.password", AnnotationValue::I64(1), false), hidden);
        assert_eq!(redacted(&redaction, "note", AnnotationValue::U64(4_111_111_111_111_111), false), hidden);
        assert_eq!(redacted(&redaction, "note", AnnotationValue::Bool(true), false), None);
        assert_eq!(redacted(&redaction, "note", text("\"a\""), false), None);
        let found = redacted(&redaction, "note", text("\"4111 1111 1111 1111\"\n"), false);
        assert_eq!(found.as_deref(), Some("\"[redacted]\"\n"));
        let cut = redacted(&redaction, "note", text("paid by 4111 1111 1111"), true);
        assert_eq!(cut.as_deref(), Some("paid by"), "half a number is dropped");
        assert_eq!(redacted(&Redaction::none(), "db.password", text("secret"), false), None);
    }
}
