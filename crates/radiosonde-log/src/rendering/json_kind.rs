/// The type of a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ValueKind {
    /// A JSON string. Values without a type in `tracing`, recorded with `?` or `%`, are strings.
    Text,
    /// A number without a fraction, of at most 64 bits.
    Integer,
    /// A finite number with a fraction or an exponent.
    Float,
    /// `true` or `false`.
    Bool,
    /// `null`.
    Null,
    /// An error: an object with its message and its causes.
    Error,
}

/// The type of a rendered value, stored so that its bytes need not be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonKind {
    /// A string without escapes.
    Plain,
    /// A string that may have escapes.
    Escaped,
    /// A number without a fraction.
    Integer,
    /// Any other number.
    Float,
    Bool,
    Null,
    /// `{"message":"…","chain":["…"]}`
    ErrorChain,
    /// `{"message":"…"}` or `{"message":"…","key":"Caused by: …"}`
    ErrorText,
}

impl JsonKind {
    /// The kind of a string.
    #[inline(always)]
    pub(crate) const fn of_text(is_plain: bool) -> Self {
        if is_plain { Self::Plain } else { Self::Escaped }
    }

    pub(crate) const fn is_text(self) -> bool {
        matches!(self, Self::Plain | Self::Escaped)
    }

    pub(crate) const fn is_error(self) -> bool {
        matches!(self, Self::ErrorChain | Self::ErrorText)
    }

    /// The kind after a part was redacted: a redacted number is a string.
    pub(crate) const fn redacted(self) -> Self {
        if self.is_error() { self } else { Self::Escaped }
    }

    pub(crate) const fn public(self) -> ValueKind {
        match self {
            Self::Plain | Self::Escaped => ValueKind::Text,
            Self::Integer => ValueKind::Integer,
            Self::Float => ValueKind::Float,
            Self::Bool => ValueKind::Bool,
            Self::Null => ValueKind::Null,
            Self::ErrorChain | Self::ErrorText => ValueKind::Error,
        }
    }
}
