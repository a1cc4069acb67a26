use std::fmt;

/// A key that a line cannot have, or cannot have where it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidKey {
    key: Box<str>,
    kind: InvalidKeyKind,
}

/// Why a key is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidKeyKind {
    /// It has no character but white space.
    Empty,
    /// It has more bytes than a key may have, which is 256.
    TooLong,
    /// It starts with `otel.` or `radiosonde.`: such fields never appear.
    Directive,
    /// The profile's lines have this key already, or one that is an object of that name.
    Taken,
    /// More keys were promoted than there are places, which is this many.
    TooMany {
        /// The most.
        most: usize,
    },
    /// The profile says how the object for the rest is called.
    Fixed,
}

impl InvalidKey {
    pub(crate) fn new(key: &str, kind: InvalidKeyKind) -> Self {
        Self { key: key.into(), kind }
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Why it is refused.
    #[must_use]
    pub const fn kind(&self) -> InvalidKeyKind {
        self.kind
    }
}

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {:?} is not allowed: ", self.key)?;
        match self.kind {
            InvalidKeyKind::Empty => f.write_str("it is empty"),
            InvalidKeyKind::TooLong => f.write_str("it has more than 256 bytes"),
            InvalidKeyKind::Directive => {
                f.write_str("fields that start with `otel.` or `radiosonde.` never appear")
            }
            InvalidKeyKind::Taken => f.write_str("lines of this profile have it already"),
            InvalidKeyKind::TooMany { most } => {
                write!(f, "at most {most} keys can be promoted in this profile")
            }
            InvalidKeyKind::Fixed => {
                f.write_str("this profile has its own name for the object of the other fields")
            }
        }
    }
}

impl std::error::Error for InvalidKey {}
