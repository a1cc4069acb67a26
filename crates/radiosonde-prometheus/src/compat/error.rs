use std::fmt;

/// What a call of this module may refuse.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A metric of this name and with these constant labels is registered.
    AlreadyReg,
    /// Another number of label values than there are labels.
    InconsistentCardinality {
        /// How many labels there are.
        expect: usize,
        /// How many values were given.
        got: usize,
    },
    /// Anything else, in words.
    Msg(String),
    /// The text could not be written.
    Io(std::io::Error),
}

/// As the functions of this module return.
pub type Result<T> = std::result::Result<T, Error>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyReg => {
                f.write_str("a metric of this name and with these constant labels is registered")
            }
            Self::InconsistentCardinality { expect, got } => {
                write!(f, "{got} label values for {expect} labels; allowed is one for each")
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
