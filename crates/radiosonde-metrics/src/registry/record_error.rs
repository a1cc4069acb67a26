use std::fmt;

use crate::families::register_error::RegisterError;
use crate::instruments::refusal::Refusal;
use crate::model::kind::Kind;

/// A value that [`Registry::record`](crate::Registry::record) did not record.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordError {
    name: Box<str>,
    kind: RecordErrorKind,
}

/// Why a value was not recorded.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RecordErrorKind {
    /// The kind is not `counter`, `gauge` or `histogram`.
    UnknownKind {
        /// The kind.
        kind: Box<str>,
    },
    /// The metric has another kind.
    OtherKind {
        /// The kind that it has.
        registered: Kind,
    },
    /// The metric is of an instrument that cannot be given a number.
    Instrument {
        /// The instrument.
        instrument: &'static str,
    },
    /// The metric has other labels.
    Labels {
        /// The labels that it has.
        registered: Box<[Box<str>]>,
        /// The labels that came with the value.
        given: Box<[Box<str>]>,
    },
    /// The metric cannot have the value.
    Value {
        /// The value.
        value: f64,
        /// The values that it can have.
        expected: &'static str,
    },
    /// The metric is new, and as many as may be were made by recording.
    Limit {
        /// How many may be.
        limit: usize,
    },
    /// The metric is new, and cannot be declared.
    Register(RegisterError),
}

impl RecordErrorKind {
    /// What it is counted as in the registry.
    pub(crate) const fn reason(&self) -> Refusal {
        match self {
            Self::UnknownKind { .. } | Self::OtherKind { .. } | Self::Instrument { .. } => Refusal::Kind,
            Self::Labels { .. } => Refusal::LabelNames,
            Self::Value { .. } => Refusal::Value,
            Self::Limit { .. } => Refusal::Limit,
            Self::Register(_) => Refusal::Declaration,
        }
    }
}

impl RecordError {
    pub(crate) fn new(name: &str, kind: RecordErrorKind) -> Self {
        Self { name: name.into(), kind }
    }

    /// The metric's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Why nothing was recorded.
    #[must_use]
    pub const fn kind(&self) -> &RecordErrorKind {
        &self.kind
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "metric {:?} is not recorded: ", self.name)?;
        match &self.kind {
            RecordErrorKind::UnknownKind { kind } => {
                write!(f, "unknown kind {kind:?}; expected \"counter\", \"gauge\" or \"histogram\"")
            }
            RecordErrorKind::OtherKind { registered } => write!(f, "it is a {}", registered.as_str()),
            RecordErrorKind::Instrument { instrument } => {
                write!(f, "it is of the instrument {instrument}, which is given no numbers")
            }
            RecordErrorKind::Labels { registered, given } => {
                write!(f, "it has the labels {registered:?}, not {given:?}")
            }
            RecordErrorKind::Value { value, expected } => {
                write!(f, "it cannot have the value {value}; expected {expected}")
            }
            RecordErrorKind::Limit { limit } => {
                write!(f, "it is new, and {limit} metrics were made by recording, the limit")
            }
            RecordErrorKind::Register(_) => f.write_str("it cannot be declared"),
        }
    }
}

impl std::error::Error for RecordError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            RecordErrorKind::Register(error) => Some(error),
            _ => None,
        }
    }
}
