use std::fmt;

/// A setting outside its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidOption {
    option: &'static str,
    value: Box<str>,
    expected: &'static str,
}

impl InvalidOption {
    pub(crate) fn new(option: &'static str, value: &dyn fmt::Debug, expected: &'static str) -> Self {
        Self { option, value: format!("{value:?}").into(), expected }
    }

    /// The setting's name.
    #[must_use]
    pub const fn option(&self) -> &'static str {
        self.option
    }
}

impl fmt::Display for InvalidOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid {} {}: expected {}", self.option, self.value, self.expected)
    }
}

impl std::error::Error for InvalidOption {}
