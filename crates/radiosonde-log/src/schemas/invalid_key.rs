use std::fmt;

/// A key that a line cannot have, or cannot have at this place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidKey {
    key: Box<str>,
    kind: InvalidKeyKind,
}

/// Why a key is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidKeyKind {
    /// It is empty or only white space.
    Empty,
    /// It has more than 256 bytes.
    TooLong,
    /// It starts with `otel.` or `radiosonde.`: such fields never appear.
    Directive,
    /// The profile's lines already have this key, or an object of that name.
    Taken,
    /// More keys were promoted than the profile has room for.
    TooMany {
        /// The largest number.
        most: usize,
    },
    /// The profile has a fixed name for the object of the other fields.
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

    /// Why it is invalid.
    #[must_use]
    pub const fn kind(&self) -> InvalidKeyKind {
        self.kind
    }
}

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid key {:?}: ", self.key)?;
        match self.kind {
            InvalidKeyKind::Empty => f.write_str("it is empty"),
            InvalidKeyKind::TooLong => f.write_str("it has more than 256 bytes"),
            InvalidKeyKind::Directive => {
                f.write_str("fields that start with `otel.` or `radiosonde.` never appear")
            }
            InvalidKeyKind::Taken => f.write_str("lines of this profile already have it"),
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
