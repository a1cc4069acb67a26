use tracing_core::Metadata;

use crate::events::target::{ACCESS_TARGET, METRIC_TARGET, is_audit};

/// A key that fields of events and spans may fill, at any place. Those at the top level are in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ReservedKey(u8);

/// Which values a reserved key accepts, and how it renders them. A field with another value goes among the other fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueRule {
    /// Always a string, so that a store sees one type.
    Text,
    /// An integer, or else a string.
    Integer,
    /// A number.
    Number,
    /// A signed 64-bit integer.
    Long,
    /// A number of milliseconds, rendered as whole nanoseconds.
    Nanoseconds,
    /// A number, or else `null`.
    Measure,
    /// An error as an object with its message and, under this key, its causes; any other value as the message.
    Error(&'static str),
    /// Any value.
    Any,
}

/// The place of a piece in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Top,
    Rest,
}

/// A rendered reserved key.
#[derive(Debug, Clone)]
pub(crate) struct RenderedKey {
    /// `,"key":`
    pub(crate) prefix: Box<str>,
    pub(crate) rule: ValueRule,
    pub(crate) section: Section,
}

impl ReservedKey {
    /// More than any schema has; also how many key numbers are set aside for reserved keys.
    pub(crate) const MAX: usize = 32;

    // The first eight are the same in every profile.
    pub(crate) const MESSAGE: Self = Self(0);
    pub(crate) const CORRELATION_ID: Self = Self(1);
    pub(crate) const REQUEST_ID: Self = Self(2);
    pub(crate) const USER_ID: Self = Self(3);
    pub(crate) const METHOD: Self = Self(4);
    pub(crate) const DURATION: Self = Self(7);

    /// All reserved keys in order.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..Self::MAX as u8).map(Self)
    }

    /// The position of the reserved key in a line.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The source of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An event of `tracing`.
    Event,
    /// An event that `tracing-log` made from a record of the `log` crate.
    LogRecord,
    /// The line of an HTTP exchange.
    Access,
    /// An audit event.
    Audit,
    /// The value of a metric.
    Metric,
    /// A span, or the static fields of the layer.
    Inherited,
}

impl Origin {
    /// The number of origins.
    pub(crate) const COUNT: usize = 6;

    /// The origin of a callsite's fields.
    pub(crate) fn of(metadata: &Metadata<'_>, is_record: impl FnOnce() -> bool) -> Self {
        match metadata.target() {
            _ if metadata.is_span() => Self::Inherited,
            ACCESS_TARGET => Self::Access,
            target if is_audit(target) => Self::Audit,
            METRIC_TARGET => Self::Metric,
            _ if is_record() => Self::LogRecord,
            _ => Self::Event,
        }
    }
}

/// Where a field goes, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    Reserved(ReservedKey),
    /// A metric's label with the name of a reserved key: it stays among the labels, and hides fields that would fill the reserved key.
    Label(ReservedKey),
    Rest,
    /// The target of a bridged `log` record.
    Target,
    /// The level above `ERROR`.
    Level,
    /// A directive to another part, which does not appear in the line.
    Hidden,
}
