use crate::planning::slot::{Destination, Kind, Origin, Slot, destination_of};
use crate::rendering::escape::push_escaped;
use crate::rendering::value::{Value, Written};

/// Longer field names are left out of the line. Names come from source code, so this only meets generated ones.
const MAX_NAME_BYTES: usize = 256;

/// What a value may take of the buffer even when the fields before it have used it up.
const MIN_VALUE_BYTES: usize = 256;

/// Bounds on what is rendered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Of a whole line, its line feed included.
    pub(crate) line_bytes: usize,
    /// Of fields in a line; more are left out, except those with a place at the top.
    pub(crate) fields: usize,
}

/// Rendered fields with unique keys: a buffer of `"key":value` pieces that are spliced into lines as they are.
#[derive(Debug, Default, Clone)]
pub(crate) struct Fields {
    text: String,
    entries: Vec<Entry>,
    left_out: bool,
}

/// One piece of a [`Fields`] buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) slot: Option<Slot>,
    start: usize,
    value: usize,
    end: usize,
    cut: bool,
}

/// What a field turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    Written(Written),
    Target,
    Level,
    Nothing,
}

impl Fields {
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.entries.clear();
        self.left_out = false;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// `"key":value`, ready to be spliced into an object.
    pub(crate) fn piece(&self, entry: &Entry) -> &str {
        &self.text[entry.start..entry.end]
    }

    /// `"key":`
    pub(crate) fn key(&self, entry: &Entry) -> &str {
        &self.text[entry.start..entry.value]
    }

    /// The value as JSON.
    pub(crate) fn value(&self, entry: &Entry) -> &str {
        &self.text[entry.value..entry.end]
    }

    /// The entry that fills a slot.
    pub(crate) fn slot(&self, slot: Slot) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.slot == Some(slot))
    }

    /// Whether a value was cut or a field left out.
    pub(crate) fn is_truncated(&self) -> bool {
        self.left_out || self.entries.iter().any(|entry| entry.cut)
    }

    /// How much memory is held back for the next use.
    pub(crate) fn capacity(&self) -> usize {
        self.text.capacity()
    }

    /// Renders a field. A later field of the same key takes the earlier one's place.
    pub(crate) fn put(&mut self, name: &str, value: Value<'_>, origin: Origin, limits: Limits) -> Put {
        // `r#type = ..` is how a field is called like a keyword.
        let name = name.strip_prefix("r#").unwrap_or(name);
        let slot = match destination_of(name, origin) {
            Destination::Slot(slot) if value.suits(slot.kind()) => Some(slot),
            Destination::Slot(_) | Destination::Metadata => None,
            Destination::Target => return Put::Target,
            Destination::Level => return Put::Level,
            Destination::Hidden => return Put::Nothing,
        };
        if slot.is_none() && name.len() > MAX_NAME_BYTES {
            self.left_out = true;
            return Put::Nothing;
        }
        let start = self.text.len();
        match slot {
            Some(slot) => self.text.push_str(slot.key()),
            None => {
                self.text.push('"');
                push_escaped(&mut self.text, name);
                self.text.push_str("\":");
            }
        }
        let before = self.text.len();
        let limit = before.saturating_add(self.value_limit(limits));
        let written = match slot.map(Slot::kind) {
            Some(kind @ (Kind::Text | Kind::Integer | Kind::Number)) => {
                value.push_as(&mut self.text, kind, limit)
            }
            None => value.push_json(&mut self.text, limit),
        };
        let entry = Entry { slot, start, value: before, end: self.text.len(), cut: written.cut };
        self.insert(entry, limits);
        Put::Written(written)
    }

    /// Adds what is missing here: `self` has precedence.
    pub(crate) fn fill_from(&mut self, other: &Self, limits: Limits) {
        for entry in &other.entries {
            if self.find(entry.slot, other.key(entry)).is_none() {
                let copied = self.copy(other, entry);
                self.insert(copied, limits);
            }
        }
        self.left_out |= other.left_out;
    }

    /// Replaces what is here already and adds the rest: `newer` has precedence.
    pub(crate) fn update_from(&mut self, newer: &Self, limits: Limits) {
        for entry in &newer.entries {
            // Each value is bounded; this bounds a span into which one long value after the other is recorded.
            if self.text.len() + newer.piece(entry).len() > limits.line_bytes.saturating_mul(3) {
                self.left_out = true;
                continue;
            }
            match self.find(entry.slot, newer.key(entry)) {
                Some(at) => self.replace(at, newer, entry),
                None => {
                    let copied = self.copy(newer, entry);
                    self.insert(copied, limits);
                }
            }
        }
        self.left_out |= newer.left_out;
    }

    /// The same fields in buffers that hold nothing else.
    pub(crate) fn compacted(&self) -> Self {
        let mut fresh = Self {
            text: String::with_capacity(self.entries.iter().map(|entry| entry.end - entry.start).sum()),
            entries: Vec::with_capacity(self.entries.len()),
            left_out: self.left_out,
        };
        for entry in &self.entries {
            let copied = fresh.copy(self, entry);
            fresh.entries.push(copied);
        }
        fresh
    }

    /// One value may be as long as a line, all of them together as two, and each gets a little.
    fn value_limit(&self, limits: Limits) -> usize {
        let left = limits.line_bytes.saturating_mul(2).saturating_sub(self.text.len());
        left.min(limits.line_bytes).max(MIN_VALUE_BYTES)
    }

    fn copy(&mut self, other: &Self, entry: &Entry) -> Entry {
        let start = self.text.len();
        self.text.push_str(other.piece(entry));
        Entry {
            start,
            value: start + (entry.value - entry.start),
            end: start + (entry.end - entry.start),
            ..*entry
        }
    }

    /// Puts a piece of another buffer in the place of one here, so that a span which records again and again does not grow.
    fn replace(&mut self, at: usize, other: &Self, entry: &Entry) {
        let old = self.entries[at];
        let piece = other.piece(entry);
        self.text.replace_range(old.start..old.end, piece);
        let moved = |position: usize| position - old.end + old.start + piece.len();
        for later in self.entries.iter_mut().filter(|later| later.start >= old.end) {
            (later.start, later.value, later.end) =
                (moved(later.start), moved(later.value), moved(later.end));
        }
        let value = old.start + (entry.value - entry.start);
        self.entries[at] = Entry { start: old.start, value, end: old.start + piece.len(), ..*entry };
    }

    fn insert(&mut self, entry: Entry, limits: Limits) {
        match self.find(entry.slot, &self.text[entry.start..entry.value]) {
            Some(at) => self.entries[at] = entry,
            None if entry.slot.is_none() && self.entries.len() >= limits.fields => {
                self.text.truncate(entry.start);
                self.left_out = true;
            }
            None => self.entries.push(entry),
        }
    }

    fn find(&self, slot: Option<Slot>, key: &str) -> Option<usize> {
        // An inherited `message` is not the event's: they are the one pair of fields that share a name and not a key.
        let is_message = slot == Some(Slot::Message);
        self.entries
            .iter()
            .position(|entry| (entry.slot == Some(Slot::Message)) == is_message && self.key(entry) == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { line_bytes: 1000, fields: 4 };

    fn fields(list: &[(&str, Value<'_>)], origin: Origin) -> Fields {
        let mut fields = Fields::default();
        for (name, value) in list {
            fields.put(name, *value, origin, LIMITS);
        }
        fields
    }

    fn pieces(fields: &Fields) -> Vec<&str> {
        fields.entries().iter().map(|entry| fields.piece(entry)).collect()
    }

    #[test]
    fn the_last_of_two_equal_names_wins_wherever_it_goes() {
        let put = |list| fields(list, Origin::Event);
        assert_eq!(
            pieces(&put(&[("a", Value::I64(1)), ("b", Value::I64(2)), ("a", Value::I64(3))])),
            ["\"a\":3", "\"b\":2"]
        );
        assert_eq!(
            pieces(&put(&[("path", Value::Str("/a")), ("url.path", Value::Str("/b"))])),
            ["\"path\":\"/b\""]
        );
        let moved = put(&[("duration_ms", Value::U64(1)), ("duration_ms", Value::Str("1ms"))]);
        assert_eq!(pieces(&moved), ["\"duration_ms\":\"1ms\""]);
        assert_eq!(moved.entries()[0].slot, None);
    }

    #[test]
    fn what_is_there_has_precedence_over_what_fills() {
        let mut event = fields(&[("a", Value::I64(1)), ("message", Value::Str("hi"))], Origin::Event);
        let span = [("a", Value::I64(2)), ("b", Value::I64(3)), ("message", Value::Str("argument"))];
        event.fill_from(&fields(&span, Origin::Inherited), LIMITS);
        assert_eq!(pieces(&event), ["\"a\":1", "\"message\":\"hi\"", "\"b\":3", "\"message\":\"argument\""]);
        assert_eq!(event.entries()[3].slot, None, "a span's message is metadata");
    }

    #[test]
    fn records_replace_and_the_buffer_stays_bounded() {
        let mut span = fields(&[("a", Value::I64(0))], Origin::Inherited);
        let long = "x".repeat(100);
        for round in 0..1000 {
            let newer = fields(&[("a", Value::I64(round)), ("b", Value::Str(&long))], Origin::Inherited);
            span.update_from(&newer, LIMITS);
            let kept: usize = pieces(&span).iter().map(|piece| piece.len()).sum();
            assert_eq!(span.text.len(), kept, "nothing else is in the buffer");
            assert_eq!(pieces(&span), [format!("\"a\":{round}"), format!("\"b\":\"{long}\"")]);
        }
    }

    #[test]
    fn long_values_recorded_one_after_the_other_stay_bounded() {
        let (mut span, long) = (Fields::default(), "x".repeat(900));
        for name in ["a", "b", "c", "d"] {
            span.update_from(&fields(&[(name, Value::Str(&long))], Origin::Inherited), LIMITS);
        }
        assert_eq!(span.entries().len(), 3);
        assert!(span.text.len() <= 3 * LIMITS.line_bytes && span.is_truncated());
    }

    #[test]
    fn fields_and_names_beyond_the_bounds_are_left_out_and_said() {
        let many: Vec<String> = (0..20).map(|at| format!("field{at}")).collect();
        let list: Vec<_> = many.iter().map(|name| (name.as_str(), Value::Bool(true))).collect();
        let mut event = fields(&list, Origin::Event);
        assert_eq!(event.entries().len(), LIMITS.fields);
        event.put("request_id", Value::Str("r"), Origin::Event, LIMITS);
        assert!(event.slot(Slot::RequestId).is_some());
        assert!(event.is_truncated());

        let event = fields(&[(&"n".repeat(257), Value::Bool(true))], Origin::Event);
        assert!(event.is_empty() && event.is_truncated());
    }

    #[test]
    fn one_huge_value_leaves_room_for_the_next() {
        let huge = "x".repeat(5000);
        let list = [("a", Value::Str(&huge)), ("b", Value::Str(&huge)), ("c", Value::Str("small"))];
        let event = fields(&list, Origin::Event);
        assert_eq!(event.value(&event.entries()[2]), "\"small\"");
        assert!(event.text.len() < 3 * LIMITS.line_bytes);
        assert!(event.is_truncated());
    }
}
