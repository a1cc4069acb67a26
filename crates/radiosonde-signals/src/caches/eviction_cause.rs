/// Why a cache removed an entry by itself: the label `cause`.
///
/// An entry that the program removed or replaced was not evicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvictionCause {
    /// The cache was full: `size`.
    Size,
    /// The entry was too old: `expired`.
    Expired,
    /// Any other cause: `other`.
    Other,
}

impl EvictionCause {
    /// All causes.
    pub const ALL: [Self; 3] = [Self::Size, Self::Expired, Self::Other];

    /// The label value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Expired => "expired",
            Self::Other => "other",
        }
    }
}
