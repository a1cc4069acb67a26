use std::borrow::Cow;

use crate::escaping::escape::between_quotes;
use crate::escaping::escaped_text::unescape;
use crate::planning::plan::RenderedField;
use crate::redacting::redaction::{Redaction, Treatment};
use crate::rendering::json_kind::JsonKind;
use crate::rendering::piece::Piece;
use crate::rendering::value::Value;
use crate::schemas::keys::Key;
use crate::schemas::reserved_key::{RenderedKey, ReservedKey, Section};

/// Bytes that each value may use even if the fields before it have filled the buffer.
const MIN_VALUE_BYTES: usize = 256;

/// Limits of what is rendered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The largest line, including its line feed.
    pub(crate) line_bytes: usize,
    /// The most fields of a line; further ones are dropped, except those with a reserved key.
    pub(crate) fields: usize,
}

/// Rendered fields with unique keys: buffers of `,"key":value` pieces that are copied into lines unchanged.
#[derive(Debug, Default, Clone)]
pub(crate) struct Fields {
    /// Pieces with a reserved key at the top level.
    top: String,
    /// All other pieces.
    rest: String,
    entries: Vec<Entry>,
    /// The bits of the keys, see [`Key::bit`].
    bits: u64,
    /// The reserved keys that have a piece at the top level, as bits.
    reserved_keys: u32,
    /// The top-level pieces are not in the order of their reserved keys.
    out_of_order: bool,
    left_out: bool,
    /// A nearer value did not fit, so no farther one is added: it might have the same key.
    full: bool,
}

/// One piece of a [`Fields`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) section: Section,
    pub(crate) kind: JsonKind,
    cut: bool,
    start: usize,
    value: usize,
    end: usize,
}

/// The result of rendering a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RenderOutcome {
    /// The value's own formatting failed.
    pub(crate) failed: bool,
    /// The number of replaced parts of the value.
    pub(crate) found: u64,
}

impl Fields {
    pub(crate) fn clear(&mut self) {
        self.top.clear();
        self.rest.clear();
        self.entries.clear();
        self.bits = 0;
        self.reserved_keys = 0;
        self.out_of_order = false;
        self.left_out = false;
        self.full = false;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The top-level pieces, each after a comma.
    pub(crate) fn top(&self) -> &str {
        &self.top
    }

    /// Whether the top-level pieces start with the message and are in the order of their reserved keys.
    pub(crate) fn top_is_in_order(&self) -> bool {
        !self.out_of_order && self.reserved_keys & 1 << ReservedKey::MESSAGE.index() != 0
    }

    /// Sorts the top-level pieces by reserved key, so that lines copy them as one piece.
    #[inline]
    pub(crate) fn order_top(&mut self) {
        if self.out_of_order {
            self.reorder_top();
        }
    }

    #[inline(never)]
    fn reorder_top(&mut self) {
        // The sorted pieces are appended, and the unsorted ones then removed.
        let unordered = self.top.len();
        for reserved_key in
            ReservedKey::all().filter(|reserved_key| self.reserved_keys & 1 << reserved_key.index() != 0)
        {
            let Some(at) = self.entries.iter().position(|entry| entry.key == Key::of_reserved(reserved_key))
            else {
                continue;
            };
            let entry = self.entries[at];
            let start = self.top.len() - unordered;
            self.top.extend_from_within(entry.start..entry.end);
            self.entries[at] = entry.moved_to(start);
        }
        self.top.drain(..unordered);
        self.out_of_order = false;
    }

    /// All other pieces, each after a comma.
    pub(crate) fn rest(&self) -> &str {
        &self.rest
    }

    /// `,"key":value`
    pub(crate) fn piece(&self, entry: &Entry) -> &str {
        &self.text(entry.section)[entry.start..entry.end]
    }

    /// `,"key":`
    pub(crate) fn prefix(&self, entry: &Entry) -> &str {
        &self.text(entry.section)[entry.start..entry.value]
    }

    /// `key`, escaped as in the line.
    pub(crate) fn key(&self, entry: &Entry) -> &str {
        let prefix = self.prefix(entry);
        prefix.strip_prefix(",\"").and_then(|key| key.strip_suffix("\":")).unwrap_or(prefix)
    }

    /// The value as JSON.
    pub(crate) fn value(&self, entry: &Entry) -> &str {
        &self.text(entry.section)[entry.value..entry.end]
    }

    /// The contents of a string, or the JSON of any other value.
    pub(crate) fn contents(&self, entry: &Entry) -> &str {
        let value = self.value(entry);
        if entry.kind.is_text() { between_quotes(value) } else { value }
    }

    /// The contents without escapes.
    pub(crate) fn unescaped(&self, entry: &Entry) -> Cow<'_, str> {
        let contents = self.contents(entry);
        if entry.kind == JsonKind::Escaped { unescape(contents) } else { contents.into() }
    }

    /// The entry that fills a reserved key, or that would if its value were suitable.
    pub(crate) fn reserved_key(&self, reserved_key: ReservedKey) -> Option<&Entry> {
        let key = Key::of_reserved(reserved_key);
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The entry with this key, at any place.
    pub(crate) fn of_key(&self, key: Key) -> Option<&Entry> {
        self.find(key).and_then(|at| self.entries.get(at))
    }

    /// Whether a value was truncated or a field dropped.
    pub(crate) fn is_truncated(&self) -> bool {
        self.left_out || self.entries.iter().any(|entry| entry.cut)
    }

    /// The memory kept for the next use.
    pub(crate) fn capacity(&self) -> usize {
        self.top.capacity() + self.rest.capacity() + self.entries.capacity() * size_of::<Entry>()
    }

    /// Records that a field was dropped.
    pub(crate) fn leave_out(&mut self) {
        self.left_out = true;
    }

    /// Renders a field. A later field with the same key replaces the earlier one.
    #[inline(always)]
    pub(crate) fn put(
        &mut self,
        field: &RenderedField,
        value: Value<'_>,
        limits: Limits,
        redaction: &Redaction,
    ) -> RenderOutcome {
        let value = match field.treatment {
            Treatment::Keep => value,
            Treatment::Replace => Value::Str(redaction.replacement_text()),
        };
        let limit = self.value_limit(limits);
        let rendered = field.reserved_key.as_ref().filter(|rendered| value.suits(rendered.rule));
        // A separate branch for each place, so that the compiler knows the buffer in each.
        if let Some(rendered) = rendered
            && rendered.section == Section::Top
        {
            let push = |out: &mut String, end| value.push_as(out, rendered.rule, end);
            let piece = Piece::push(&mut self.top, &rendered.prefix, limit, push);
            let found = piece.scrub(&mut self.top, field, redaction);
            return self.keep(field, Section::Top, piece, self.top.len(), found);
        }
        if rendered.is_none()
            && self.entries.len() >= limits.fields
            && !(field.repeats && self.find(field.key).is_some())
        {
            self.left_out = true;
            return RenderOutcome::default();
        }
        if rendered.is_some() || field.rest_is_text {
            return self.put_otherwise(field, rendered, value, limit, redaction);
        }
        let piece = Piece::push(&mut self.rest, &field.rest, limit, |out, end| value.push_json(out, end));
        let found = piece.scrub(&mut self.rest, field, redaction);
        self.keep(field, Section::Rest, piece, self.rest.len(), found)
    }

    /// Renders a field outside the reserved keys, for a profile that has reserved keys there, or only strings.
    #[inline(never)]
    fn put_otherwise(
        &mut self,
        field: &RenderedField,
        rendered: Option<&RenderedKey>,
        value: Value<'_>,
        limit: usize,
        redaction: &Redaction,
    ) -> RenderOutcome {
        let prefix = rendered.map_or(&field.rest, |rendered| &rendered.prefix);
        let piece = Piece::push(&mut self.rest, prefix, limit, |out, end| match rendered {
            Some(rendered) => value.push_as(out, rendered.rule, end),
            None => value.push_text(out, end),
        });
        let found = piece.scrub(&mut self.rest, field, redaction);
        self.keep(field, Section::Rest, piece, self.rest.len(), found)
    }

    #[inline(always)]
    fn keep(
        &mut self,
        field: &RenderedField,
        section: Section,
        piece: Piece,
        end: usize,
        found: u64,
    ) -> RenderOutcome {
        let Piece { start, value, written, .. } = piece;
        let kind = if found == 0 { written.kind } else { written.kind.redacted() };
        let entry = Entry { key: field.key, section, kind, cut: written.cut, start, value, end };
        if field.repeats {
            self.settle(entry);
        } else {
            self.add(entry);
        }
        RenderOutcome { failed: written.failed, found }
    }

    /// Whether a farther field with this key may be added: those present have precedence, and so has one that did not fit.
    pub(crate) fn takes_farther(&mut self, key: Key) -> bool {
        let did_not_fit = self.full && !key.is_reserved();
        self.left_out |= did_not_fit;
        !did_not_fit && self.find(key).is_none()
    }

    /// Whether empty fields that are [filled](Self::fill_from) from these have all of them.
    pub(crate) fn fits_alone(&self, limits: Limits) -> bool {
        self.entries.len() <= limits.fields && self.len() <= bound(limits)
    }

    /// Adds missing fields from `other`: `self` has precedence.
    pub(crate) fn fill_from(&mut self, other: &Self, limits: Limits) {
        let fits = !self.full
            && self.entries.len() + other.entries.len() <= limits.fields
            && self.len() + other.len() <= bound(limits);
        if self.bits & other.bits == 0 && fits {
            let (top, rest) = (self.top.len(), self.rest.len());
            self.top.push_str(&other.top);
            self.rest.push_str(&other.rest);
            self.entries.extend(other.entries.iter().map(|entry| match entry.section {
                Section::Top => entry.moved_to(entry.start + top),
                Section::Rest => entry.moved_to(entry.start + rest),
            }));
            self.bits |= other.bits;
            self.out_of_order |= other.out_of_order || !self.precedes(other.reserved_keys);
            self.reserved_keys |= other.reserved_keys;
        } else {
            for entry in &other.entries {
                if self.find(entry.key).is_none() {
                    self.copy(other, entry, limits);
                }
            }
        }
        self.left_out |= other.left_out;
        self.full |= other.full;
    }

    /// Replaces existing fields and adds the others: `newer` has precedence.
    pub(crate) fn update_from(&mut self, newer: &Self, limits: Limits) {
        for entry in &newer.entries {
            match self.find(entry.key) {
                // Each value is bounded; this bounds a span that records one long value after another.
                Some(_) if self.len() + newer.piece(entry).len() > bound(limits) => self.left_out = true,
                Some(at) => self.replace(at, newer, entry),
                None => self.copy(newer, entry, limits),
            }
        }
        self.left_out |= newer.left_out;
        self.full |= newer.full;
    }

    fn text(&self, section: Section) -> &String {
        match section {
            Section::Top => &self.top,
            Section::Rest => &self.rest,
        }
    }

    fn text_mut(&mut self, section: Section) -> &mut String {
        match section {
            Section::Top => &mut self.top,
            Section::Rest => &mut self.rest,
        }
    }

    fn len(&self) -> usize {
        self.top.len() + self.rest.len()
    }

    fn find(&self, key: Key) -> Option<usize> {
        if self.bits & key.bit() == 0 {
            return None;
        }
        self.entries.iter().position(|entry| entry.key == key)
    }

    #[inline(always)]
    fn add(&mut self, entry: Entry) {
        self.bits |= entry.key.bit();
        if entry.section == Section::Top {
            self.note_reserved(entry.key);
        }
        self.entries.push(entry);
    }

    /// Updates the flags for a reserved key's piece that was appended to the top-level ones.
    #[inline(always)]
    fn note_reserved(&mut self, key: Key) {
        let bit = 1 << (key.index() % ReservedKey::MAX);
        self.out_of_order |= self.reserved_keys > bit;
        self.reserved_keys |= bit;
    }

    /// Whether every present reserved key precedes these, none of which is present.
    fn precedes(&self, reserved_keys: u32) -> bool {
        reserved_keys == 0 || self.reserved_keys < reserved_keys & reserved_keys.wrapping_neg()
    }

    /// The largest value: one may be as long as a line, all together as two lines, and each gets a minimum.
    fn value_limit(&self, limits: Limits) -> usize {
        let left = limits.line_bytes.saturating_mul(2).saturating_sub(self.len());
        left.min(limits.line_bytes).max(MIN_VALUE_BYTES)
    }

    /// Adds a piece of another buffer, if it fits.
    fn copy(&mut self, other: &Self, entry: &Entry, limits: Limits) {
        let piece = other.piece(entry);
        let is_full =
            self.full || self.entries.len() >= limits.fields || self.len() + piece.len() > bound(limits);
        // Reserved keys are few, and each of them is bounded.
        if is_full && !entry.key.is_reserved() {
            (self.left_out, self.full) = (true, true);
            return;
        }
        let text = self.text_mut(entry.section);
        let start = text.len();
        text.push_str(piece);
        self.add(entry.moved_to(start));
    }

    /// Completes the piece at the end: keeps it there, or moves it over an earlier one with the same key.
    fn settle(&mut self, entry: Entry) {
        let Some(at) = self.find(entry.key) else { return self.add(entry) };
        let text = self.text_mut(entry.section).split_off(entry.start);
        let mut newest = Self::default();
        *newest.text_mut(entry.section) = text;
        self.replace(at, &newest, &entry.moved_to(0));
    }

    /// Replaces a piece by one of another buffer, so that a span that records repeatedly does not grow.
    fn replace(&mut self, at: usize, other: &Self, entry: &Entry) {
        let old = self.entries[at];
        let piece = other.piece(entry);
        let stays = old.section == entry.section;
        let put = if stays { piece } else { "" };
        let text = self.text_mut(old.section);
        if old.end == text.len() {
            text.truncate(old.start);
            text.push_str(put);
        } else {
            text.replace_range(old.start..old.end, put);
            for later in &mut self.entries {
                if later.section == old.section && later.start >= old.end {
                    *later = later.moved_to(later.start - old.end + old.start + put.len());
                }
            }
        }
        let start = if stays { old.start } else { self.text(entry.section).len() };
        if !stays {
            self.text_mut(entry.section).push_str(piece);
            match entry.section {
                Section::Top => self.note_reserved(entry.key),
                Section::Rest => self.reserved_keys &= !(1 << (old.key.index() % ReservedKey::MAX)),
            }
        }
        self.entries[at] = entry.moved_to(start);
    }
}

impl Entry {
    /// The entry of the same piece at another position.
    fn moved_to(&self, start: usize) -> Self {
        let by = start.wrapping_sub(self.start);
        Self { start, value: self.value.wrapping_add(by), end: self.end.wrapping_add(by), ..*self }
    }
}

/// The total size of the pieces, before the line that contains them is truncated.
const fn bound(limits: Limits) -> usize {
    limits.line_bytes.saturating_mul(3)
}

#[cfg(test)]
mod tests {
    use radiosonde_core::LevelNames;

    use super::*;
    use crate::planning::plan::{FieldPlan, plan_field};
    use crate::schemas::keys::Keys;
    use crate::schemas::reserved_key::Origin;
    use crate::schemas::schema::Schema;

    const LIMITS: Limits = Limits { line_bytes: 1000, fields: 4 };

    /// Renders as if any two fields could have the same name.
    fn put(fields: &mut Fields, keys: &Keys, name: &str, value: Value<'_>, origin: Origin) {
        match plan_field(
            name,
            origin,
            &Schema::new("orders", LevelNames::default()),
            keys,
            &Redaction::none(),
        ) {
            FieldPlan::Render(mut shown) => {
                shown.repeats = true;
                fields.put(&shown, value, LIMITS, &Redaction::none());
            }
            _ => fields.leave_out(),
        }
    }

    fn fields(keys: &Keys, list: &[(&str, Value<'_>)], origin: Origin) -> Fields {
        let mut fields = Fields::default();
        for (name, value) in list {
            put(&mut fields, keys, name, *value, origin);
        }
        fields
    }

    fn pieces(fields: &Fields) -> Vec<&str> {
        fields.entries().iter().map(|entry| &fields.piece(entry)[1..]).collect()
    }

    #[test]
    fn the_last_of_two_equal_names_wins_wherever_it_goes() {
        let keys = Keys::default();
        let put = |list| fields(&keys, list, Origin::Event);
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
        assert_eq!(moved.entries()[0].section, Section::Rest);
        assert_eq!((moved.top(), moved.rest()), ("", ",\"duration_ms\":\"1ms\""));
    }

    #[test]
    fn what_is_there_has_precedence_over_what_fills() {
        let keys = Keys::default();
        let mut event = fields(&keys, &[("a", Value::I64(1)), ("message", Value::Str("hi"))], Origin::Event);
        let span = [("a", Value::I64(2)), ("b", Value::I64(3)), ("message", Value::Str("argument"))];
        event.fill_from(&fields(&keys, &span, Origin::Inherited), LIMITS);
        assert_eq!(pieces(&event), ["\"a\":1", "\"message\":\"hi\"", "\"b\":3", "\"message\":\"argument\""]);
        assert_eq!(event.entries()[3].section, Section::Rest, "a span's message is metadata");
    }

    #[test]
    fn records_replace_and_the_buffer_stays_bounded() {
        let keys = Keys::default();
        let mut span = fields(&keys, &[("a", Value::I64(0))], Origin::Inherited);
        let long = "x".repeat(100);
        for round in 0..1000 {
            let newer =
                fields(&keys, &[("a", Value::I64(round)), ("b", Value::Str(&long))], Origin::Inherited);
            span.update_from(&newer, LIMITS);
            let kept: usize = pieces(&span).iter().map(|piece| piece.len() + 1).sum();
            assert_eq!(span.len(), kept, "nothing else is in the buffer");
            assert_eq!(pieces(&span), [format!("\"a\":{round}"), format!("\"b\":\"{long}\"")]);
        }
    }

    #[test]
    fn long_values_recorded_one_after_the_other_stay_bounded() {
        let keys = Keys::default();
        let (mut span, long) = (Fields::default(), "x".repeat(900));
        for name in ["a", "b", "c", "d"] {
            span.update_from(&fields(&keys, &[(name, Value::Str(&long))], Origin::Inherited), LIMITS);
        }
        assert_eq!(span.entries().len(), 3);
        assert!(span.len() <= 3 * LIMITS.line_bytes && span.is_truncated());
    }

    #[test]
    fn fields_and_names_beyond_the_bounds_are_left_out_and_said() {
        let many: Vec<String> = (0..20).map(|at| format!("field{at}")).collect();
        let list: Vec<_> = many.iter().map(|name| (name.as_str(), Value::Bool(true))).collect();
        let keys = Keys::default();
        let mut event = fields(&keys, &list, Origin::Event);
        assert_eq!(event.entries().len(), LIMITS.fields);
        put(&mut event, &keys, "request_id", Value::Str("r"), Origin::Event);
        assert!(event.reserved_key(ReservedKey::REQUEST_ID).is_some());
        assert!(event.is_truncated());

        let event = fields(&keys, &[(&"n".repeat(257), Value::Bool(true))], Origin::Event);
        assert!(event.is_empty() && event.is_truncated());
    }

    #[test]
    fn one_huge_value_leaves_room_for_the_next() {
        let huge = "x".repeat(5000);
        let list = [("a", Value::Str(&huge)), ("b", Value::Str(&huge)), ("c", Value::Str("small"))];
        let event = fields(&Keys::default(), &list, Origin::Event);
        assert_eq!(event.value(&event.entries()[2]), "\"small\"");
        assert!(event.len() < 3 * LIMITS.line_bytes);
        assert!(event.is_truncated());
    }

    #[test]
    fn reserved_keys_are_put_in_order_once_and_known_to_be() {
        let keys = Keys::default();
        let put = |list: &[_], origin| fields(&keys, list, origin);
        let mut span = put(
            &[("user_id", Value::Str("u")), ("a", Value::I64(1)), ("request_id", Value::Str("r"))],
            Origin::Inherited,
        );
        span.order_top();
        assert_eq!(span.top(), ",\"request_id\":\"r\",\"user_id\":\"u\"");
        assert_eq!(pieces(&span), ["\"user_id\":\"u\"", "\"a\":1", "\"request_id\":\"r\""]);
        assert!(!span.top_is_in_order(), "there is no message");
        for (list, in_order) in [
            (&[("message", Value::Str("hi"))][..], true),
            (&[("message", Value::Str("hi")), ("status", Value::U64(200))], false),
            (&[("correlation_id", Value::Str("c")), ("message", Value::Str("hi"))], false),
        ] {
            let mut event = put(list, Origin::Event);
            event.fill_from(&span, LIMITS);
            assert_eq!(event.top_is_in_order(), in_order, "{list:?}");
            event.order_top();
            assert!(event.top_is_in_order());
        }
        span.update_from(&put(&[("correlation_id", Value::Str("c"))], Origin::Inherited), LIMITS);
        span.order_top();
        assert!(span.top().starts_with(",\"correlation_id\""), "{}", span.top());
    }

    #[test]
    fn a_value_keeps_its_kind() {
        let list = [
            ("plain", Value::Str("a")),
            ("path", Value::Str("\"")),
            ("status", Value::U64(200)),
            ("float", Value::F64(1.0)),
            ("request_id", Value::U64(7)),
        ];
        let event = fields(&Keys::default(), &list, Origin::Event);
        let kinds: Vec<_> = event.entries().iter().map(|entry| entry.kind).collect();
        let (plain, escaped) = (JsonKind::Plain, JsonKind::Escaped);
        assert_eq!(kinds, [plain, escaped, JsonKind::Integer, JsonKind::Float, plain]);
        let texts: Vec<_> = event.entries().iter().map(|entry| event.unescaped(entry)).collect();
        assert_eq!(texts, ["a", "\"", "200", "1.0", "7"]);
    }

    #[test]
    fn sets_that_share_no_key_are_joined_as_one_piece_and_others_field_by_field() {
        let keys = Keys::default();
        let mut event = fields(&keys, &[("message", Value::Str("hi")), ("a", Value::I64(1))], Origin::Event);
        let outer = [("b", Value::I64(2)), ("user_id", Value::Str("u")), ("c", Value::I64(3))];
        event.fill_from(&fields(&keys, &outer, Origin::Inherited), LIMITS);
        assert_eq!((event.rest(), event.is_truncated()), (",\"a\":1,\"b\":2", true), "four fields fit");
        let mut event = fields(&keys, &[("a", Value::I64(1))], Origin::Event);
        event.fill_from(&fields(&keys, &outer, Origin::Inherited), LIMITS);
        assert_eq!((event.top(), event.rest()), (",\"user_id\":\"u\"", ",\"a\":1,\"b\":2,\"c\":3"));
        assert_eq!(pieces(&event), ["\"a\":1", "\"b\":2", "\"user_id\":\"u\"", "\"c\":3"]);
        assert!(!event.is_truncated());
    }
}
