use std::fmt;

/// An item was refused, and counted for this reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped {
    pub(crate) sink: &'static str,
    pub(crate) reason: &'static str,
}

impl Dropped {
    /// The `reason` label under which it was counted.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.reason
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sink {:?} dropped an item: {}", self.sink, self.reason)
    }
}

impl std::error::Error for Dropped {}
