use std::ops::{AddAssign, SubAssign};

/// A number of items and their bytes: what a queue holds, or the most that it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Items.
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

    /// Whether this is at least as much, in items and in bytes.
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
