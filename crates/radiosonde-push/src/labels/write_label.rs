use std::fmt;

/// Whether Prometheus accepts the name of a label and has not reserved it.
pub(crate) fn is_label(name: &str) -> bool {
    let starts = name.bytes().next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_');
    starts && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !name.starts_with("__")
}

/// A label for every series that is malformed or set twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidWriteLabel {
    pub(crate) name: Box<str>,
}

impl InvalidWriteLabel {
    /// The label.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for InvalidWriteLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "invalid label {:?}: expected [a-zA-Z_][a-zA-Z0-9_]* without a leading `__`, once",
            self.name
        )
    }
}

impl std::error::Error for InvalidWriteLabel {}
