/// How a unit of work ended. Each unit ends exactly once, and all its signals are derived from this one value.
///
/// # Shape
/// [`as_str`](Self::as_str) is the value of the `outcome` label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// It succeeded.
    Completed,
    /// It ended with an error.
    Failed,
    /// Its caller went away, and it was dropped before it finished.
    Aborted,
    /// It panicked.
    Panicked,
    /// Middleware ended it because it took too long.
    TimedOut,
    /// Middleware refused it because the service was overloaded.
    Shed,
}

impl Outcome {
    /// Every outcome, in the order of [`index`](Self::index).
    pub const ALL: [Self; 6] =
        [Self::Completed, Self::Failed, Self::Aborted, Self::Panicked, Self::TimedOut, Self::Shed];

    /// The outcome as a label value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Aborted => "aborted",
            Self::Panicked => "panicked",
            Self::TimedOut => "timed_out",
            Self::Shed => "shed",
        }
    }

    /// The outcome's index in [`ALL`](Self::ALL), for tables.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The outcome of work that is dropped before it finished: a panic if this thread is unwinding, an abort otherwise.
    #[must_use]
    pub fn of_drop() -> Self {
        if std::thread::panicking() { Self::Panicked } else { Self::Aborted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_is_the_place_in_all() {
        for (at, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome.index(), at);
        }
    }
}
