use std::ops::{AddAssign, SubAssign};

/// A number of items and their bytes: the contents of a queue, or a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Number of items.
    pub items: usize,
    /// Bytes of all items together.
    pub bytes: usize,
}

impl Load {
    /// One item of this size.
    #[inline]
    #[must_use]
    pub const fn one(bytes: usize) -> Self {
        Self { items: 1, bytes }
    }

    /// Whether this is at least `other`, in items and in bytes.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        self.items >= other.items && self.bytes >= other.bytes
    }
}

impl AddAssign for Load {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        self.items += other.items;
        self.bytes += other.bytes;
    }
}

impl SubAssign for Load {
    #[inline]
    fn sub_assign(&mut self, other: Self) {
        self.items -= other.items;
        self.bytes -= other.bytes;
    }
}
