use crate::spans::attribute::AttributeValue;

/// Limits of what a span holds. What is beyond them is dropped and counted on the span.
///
/// # Shape
/// Each is set on its own; those that are not set can be taken from other limits with [`or`](Self::or), and are OpenTelemetry's
/// defaults else. Whatever the limits, a text is cut at 64 KiB, and a span with more than 1 MiB of attributes takes no more of
/// them, nor one with more than 1 MiB of events and links of those.
///
/// # Source
/// <https://opentelemetry.io/docs/specs/otel/common/#attribute-limits>
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct SpanLimits {
    attributes: Option<u32>,
    events: Option<u32>,
    links: Option<u32>,
    event_attributes: Option<u32>,
    link_attributes: Option<u32>,
    value_length: Option<u32>,
}

impl SpanLimits {
    /// Limits with nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The most attributes of a span; default: 128.
    pub const fn attributes(mut self, most: u32) -> Self {
        self.attributes = Some(most);
        self
    }

    /// The most events of a span; default: 128.
    pub const fn events(mut self, most: u32) -> Self {
        self.events = Some(most);
        self
    }

    /// The most links of a span; default: 128.
    pub const fn links(mut self, most: u32) -> Self {
        self.links = Some(most);
        self
    }

    /// The most attributes of an event; default: 128.
    pub const fn event_attributes(mut self, most: u32) -> Self {
        self.event_attributes = Some(most);
        self
    }

    /// The most attributes of a link; default: 128.
    pub const fn link_attributes(mut self, most: u32) -> Self {
        self.link_attributes = Some(most);
        self
    }

    /// The most characters of a text; default: no limit but 64 KiB.
    pub const fn value_length(mut self, most: u32) -> Self {
        self.value_length = Some(most);
        self
    }

    /// Takes limits that are not set from `other`.
    pub fn or(self, other: Self) -> Self {
        Self {
            attributes: self.attributes.or(other.attributes),
            events: self.events.or(other.events),
            links: self.links.or(other.links),
            event_attributes: self.event_attributes.or(other.event_attributes),
            link_attributes: self.link_attributes.or(other.link_attributes),
            value_length: self.value_length.or(other.value_length),
        }
    }

    /// The limits, with the defaults of those that are not set.
    #[must_use]
    pub fn resolve(self) -> ResolvedLimits {
        ResolvedLimits {
            attributes: self.attributes.unwrap_or(DEFAULT),
            events: self.events.unwrap_or(DEFAULT),
            links: self.links.unwrap_or(DEFAULT),
            event_attributes: self.event_attributes.unwrap_or(DEFAULT),
            link_attributes: self.link_attributes.unwrap_or(DEFAULT),
            value_length: self.value_length,
        }
    }
}

/// The default of every number.
const DEFAULT: u32 = 128;

/// [`SpanLimits`] with their defaults, as a pipeline applies them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResolvedLimits {
    /// The most attributes of a span.
    pub attributes: u32,
    /// The most events of a span.
    pub events: u32,
    /// The most links of a span.
    pub links: u32,
    /// The most attributes of an event.
    pub event_attributes: u32,
    /// The most attributes of a link.
    pub link_attributes: u32,
    /// The most characters of a text.
    pub value_length: Option<u32>,
}

/// The most bytes of a text, whatever the limits: the value's `Debug` may be endless.
pub(crate) const MAX_VALUE_BYTES: usize = 64 * 1024;

/// The most bytes of a span's attributes, and of its events and links.
pub(crate) const MAX_SPAN_BYTES: usize = 1024 * 1024;

impl ResolvedLimits {
    /// The most bytes of a span's attributes, and of its events and links: with more it takes no more of them.
    pub const MAX_SPAN_BYTES: usize = MAX_SPAN_BYTES;

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
    #[must_use]
    pub fn cut_value(&self, value: AttributeValue) -> AttributeValue {
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
        let limits = SpanLimits::new().value_length(2).resolve();
        assert_eq!(
            (limits.cut("\u{e4}\u{e4}\u{e4}"), limits.cut("ab"), limits.cut("")),
            ("\u{e4}\u{e4}", "ab", "")
        );
        let long = "\u{e4}".repeat(MAX_VALUE_BYTES);
        let limits = SpanLimits::new().resolve();
        assert_eq!(limits.cut(&long).len(), MAX_VALUE_BYTES);
        assert_eq!(limits.cut(&format!("a{long}")).len(), MAX_VALUE_BYTES - 1);
    }

    #[test]
    fn limits_are_merged_one_by_one_and_a_default_that_is_set_counts() {
        let file = SpanLimits::new().attributes(7).events(8);
        let merged = SpanLimits::new().attributes(128).links(9).or(file).resolve();
        assert_eq!((merged.attributes, merged.events, merged.links), (128, 8, 9));
        assert_eq!((merged.event_attributes, merged.link_attributes, merged.value_length), (128, 128, None));
    }
}
