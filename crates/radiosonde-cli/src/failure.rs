use std::fmt;

/// Why a command could not do its work: usage, input, or output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// Of a file or an address.
    pub(crate) fn of(place: impl fmt::Display, cause: impl fmt::Display) -> Self {
        Self(format!("{place}: {cause}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
