use std::fmt;

/// Why a text is not a valid exposition, and in which line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    line: usize,
    why: String,
}

impl Refusal {
    pub(crate) fn new(line: usize, why: impl Into<String>) -> Self {
        Self { line, why: why.into() }
    }

    /// The line, counted from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for Refusal {}
