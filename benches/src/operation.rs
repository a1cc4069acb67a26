use std::fmt;

/// A frequent operation whose instructions are counted.
#[derive(Clone, Copy)]
pub struct Operation {
    /// The name in the file of figures.
    pub name: &'static str,
    /// Things that one repetition does: series of a scrape, or one.
    pub per: u64,
    /// The number of repetitions.
    pub times: u64,
    /// Prepares it, and repeats it this many times within `counted_by_callgrind`.
    pub(crate) run: fn(u64),
}

impl Operation {
    /// Runs it, prepared and warm, the given number of times.
    pub fn run(&self) {
        (self.run)(self.times);
    }

    /// The number of things that all repetitions do.
    #[must_use]
    pub const fn things(&self) -> u64 {
        self.per * self.times
    }

    /// One thing, a thousand times.
    pub(crate) const fn one(name: &'static str, run: fn(u64)) -> Self {
        Self { name, per: 1, times: 1000, run }
    }

    /// An operation that does `per` things at once, three times.
    pub(crate) const fn of(name: &'static str, per: u64, run: fn(u64)) -> Self {
        Self { name, per, times: 3, run }
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Repeats `operation`. Callgrind counts only code inside this function, which it finds by name.
#[inline(never)]
pub(crate) fn counted_by_callgrind(times: u64, mut operation: impl FnMut()) {
    for _ in 0..times {
        operation();
    }
}
