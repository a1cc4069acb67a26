use std::fmt;

/// An error of this module.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A metric with this name and these constant labels is registered.
    AlreadyReg,
    /// The number of label values differs from the number of labels.
    InconsistentCardinality {
        /// The number of labels.
        expect: usize,
        /// The number of values given.
        got: usize,
    },
    /// Any other error, as text.
    Msg(String),
    /// The text could not be written.
    Io(std::io::Error),
}

/// The result of this module's functions.
pub type Result<T> = std::result::Result<T, Error>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyReg => {
                f.write_str("a metric with this name and these constant labels is already registered")
            }
            Self::InconsistentCardinality { expect, got } => {
                write!(f, "invalid number of label values {got}: expected {expect}")
            }
            Self::Msg(message) => f.write_str(message),
            Self::Io(_) => f.write_str("the metrics could not be written"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}
