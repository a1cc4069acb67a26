/// A reserved key at the top of a line that fields of events and spans may fill. Slots stand in a line in the order of their
/// numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Slot(u8);

/// Which values a slot takes, and how it shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Always a string, so that a store sees one type.
    Text,
    /// An integer, or else a string.
    Integer,
    /// A number; anything else goes under `metadata`.
    Number,
}

impl Slot {
    /// More than any schema has; also how many key numbers slots have for themselves.
    pub(crate) const MAX: usize = 32;

    pub(crate) const MESSAGE: Self = Self(0);
    pub(crate) const CORRELATION_ID: Self = Self(1);
    pub(crate) const REQUEST_ID: Self = Self(2);
    pub(crate) const USER_ID: Self = Self(3);

    /// In their order.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..Self::MAX as u8).map(Self)
    }

    /// The slot's place in a line.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where the fields come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An event of `tracing`.
    Event,
    /// An event that `tracing-log` made from a record of the `log` crate.
    LogRecord,
    /// A span, or the static fields of the layer.
    Inherited,
}

/// What becomes of a field, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    Slot(Slot),
    Rest,
    /// The target of a bridged `log` record.
    Target,
    /// The level above `ERROR`.
    Level,
    /// A directive to another part, not for the reader of the line.
    Hidden,
}
