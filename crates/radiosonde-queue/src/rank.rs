use radiosonde_core::Level;

/// The eviction priority of an item: its level, and whether it is reserved.
///
/// ```
/// use radiosonde_core::Level;
/// use radiosonde_queue::Rank;
///
/// let [info, error] = [Level::Info, Level::Error].map(Rank::of);
/// assert!(info.yields_to(error) && info.yields_to(info) && !error.yields_to(info));
/// assert!(!Rank::reserved(Level::Info).yields_to(error));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rank {
    level: Level,
    is_reserved: bool,
}

impl Rank {
    /// The rank of items without a level: any other item may evict them.
    pub const LOWEST: Self = Self::of(Level::Trace);

    /// The rank of an item with this level.
    #[inline]
    #[must_use]
    pub const fn of(level: Level) -> Self {
        Self { level, is_reserved: false }
    }

    /// The rank of an item, such as an audit line, that may use the reserve and is never evicted.
    #[inline]
    #[must_use]
    pub const fn reserved(level: Level) -> Self {
        Self { level, is_reserved: true }
    }

    /// The item's level.
    #[inline]
    #[must_use]
    pub const fn level(self) -> Level {
        self.level
    }

    /// Whether the item may use the reserve.
    #[inline]
    #[must_use]
    pub const fn is_reserved(self) -> bool {
        self.is_reserved
    }

    /// Whether a queued item of this rank may be evicted for one of rank `newer`.
    #[inline]
    #[must_use]
    pub fn yields_to(self, newer: Self) -> bool {
        !self.is_reserved && self.level <= newer.level
    }
}

impl From<Level> for Rank {
    fn from(level: Level) -> Self {
        Self::of(level)
    }
}
