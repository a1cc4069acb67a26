use crate::spans::attribute::AttributeValue;

/// Limits of what a span holds. What is beyond them is dropped and counted on the span.
///
/// # Shape
/// The defaults are those of OpenTelemetry. Whatever the limits, a text is cut at 64 KiB, and a span with more than 1 MiB of
/// attributes takes no more of them, nor one with more than 1 MiB of events and links of those.
///
/// # Source
/// <https://opentelemetry.io/docs/specs/otel/common/#attribute-limits>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct SpanLimits {
    /// The most attributes of a span; default: 128.
    pub attributes: u32,
    /// The most events of a span; default: 128.
    pub events: u32,
    /// The most links of a span; default: 128.
    pub links: u32,
    /// The most attributes of an event; default: 128.
    pub event_attributes: u32,
    /// The most attributes of a link; default: 128.
    pub link_attributes: u32,
    /// The most characters of a text; default: no limit but 64 KiB.
    pub value_length: Option<u32>,
}

/// The most bytes of a text, whatever the limits: the value's `Debug` may be endless.
pub(crate) const MAX_VALUE_BYTES: usize = 64 * 1024;

/// The most bytes of a span.
pub(crate) const MAX_SPAN_BYTES: usize = 1024 * 1024;

impl Default for SpanLimits {
    fn default() -> Self {
        Self {
            attributes: 128,
            events: 128,
            links: 128,
            event_attributes: 128,
            link_attributes: 128,
            value_length: None,
        }
    }
}

impl SpanLimits {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The part of a text that the limit leaves.
    #[inline]
    #[must_use]
    pub fn cut<'a>(&self, text: &'a str) -> &'a str {
        if self.value_length.is_none() && text.len() <= MAX_VALUE_BYTES {
            return text;
        }
        self.cut_long(text)
    }

    /// The value with its texts cut. Of an array, the values beyond 64 KiB are dropped.
    pub(crate) fn cut_value(&self, value: AttributeValue) -> AttributeValue {
        match value {
            AttributeValue::String(text) if self.cut(&text).len() < text.len() => {
                AttributeValue::from(self.cut(&text).to_owned())
            }
            AttributeValue::Array(values) => {
                let mut room = MAX_VALUE_BYTES;
                let has_room = |value: &AttributeValue| {
                    let size = match value {
                        AttributeValue::String(text) => text.len(),
                        _ => 9,
                    };
                    room = room.saturating_sub(size.max(1));
                    room > 0
                };
                let values = values.into_iter().map(|value| self.cut_value(value));
                AttributeValue::Array(values.take_while(has_room).collect())
            }
            other => other,
        }
    }

    #[cold]
    fn cut_long<'a>(&self, text: &'a str) -> &'a str {
        let mut end = text.len().min(MAX_VALUE_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let text = &text[..end];
        let Some(chars) = self.value_length else { return text };
        text.char_indices().nth(chars as usize).map_or(text, |(end, _)| &text[..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        let limits = SpanLimits { value_length: Some(2), ..SpanLimits::default() };
        assert_eq!(
            (limits.cut("\u{e4}\u{e4}\u{e4}"), limits.cut("ab"), limits.cut("")),
            ("\u{e4}\u{e4}", "ab", "")
        );
        let long = "\u{e4}".repeat(MAX_VALUE_BYTES);
        assert_eq!(SpanLimits::default().cut(&long).len(), MAX_VALUE_BYTES);
        assert_eq!(SpanLimits::default().cut(&format!("a{long}")).len(), MAX_VALUE_BYTES - 1);
    }
}
