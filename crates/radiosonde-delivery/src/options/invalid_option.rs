use std::fmt;

/// A setting outside its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidOption {
    option: &'static str,
    value: Box<str>,
    allowed: &'static str,
}

impl InvalidOption {
    pub(crate) fn new(option: &'static str, value: &dyn fmt::Debug, allowed: &'static str) -> Self {
        Self { option, value: format!("{value:?}").into(), allowed }
    }

    /// The setting's name.
    #[must_use]
    pub const fn option(&self) -> &'static str {
        self.option
    }
}

impl fmt::Display for InvalidOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}; allowed is {}", self.option, self.value, self.allowed)
    }
}

impl std::error::Error for InvalidOption {}
