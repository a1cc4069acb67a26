use std::fmt;

use radiosonde_appender::{FileError, InvalidQueue};
use radiosonde_metrics::RegisterError;

use crate::schemas::invalid_key::InvalidKey;

/// A [`JsonLayer`](crate::JsonLayer) could not be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum JsonLayerBuildError {
    /// The layer sets this key itself, or the field would never appear.
    StaticField {
        /// The key.
        key: Box<str>,
        /// The keys that the layer sets.
        own: Vec<Box<str>>,
    },
    /// The maximum is too small for any line.
    MaxLineBytes {
        /// The value given.
        bytes: usize,
        /// The least value, for this layer.
        least: usize,
    },
    /// The options of a writer's queue are invalid.
    Queue {
        /// The writer's name.
        writer: &'static str,
        /// The option of [`QueueOptions`](radiosonde_appender::QueueOptions) that is out of range.
        invalid: InvalidQueue,
    },
    /// The profile rejects a promoted field, or the key for the other fields.
    Key(InvalidKey),
    /// The log file cannot be opened or rotated.
    File(FileError),
    /// One of the layer's own metrics conflicts with another of that name.
    Metrics(RegisterError),
}

impl fmt::Display for JsonLayerBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StaticField { key, own } => {
                write!(
                    f,
                    "invalid static field {key:?}: expected a key that is not empty, does not start with `otel.` or "
                )?;
                write!(f, "`radiosonde.`, and is not one that the layer sets itself: {}", own.join(", "))
            }
            Self::MaxLineBytes { bytes, least } => {
                write!(f, "invalid max_line_bytes {bytes}: expected {least} or more")
            }
            Self::Queue { writer, .. } => write!(f, "invalid queue of writer {writer:?}"),
            Self::Key(refused) => fmt::Display::fmt(refused, f),
            Self::File(_) => f.write_str("cannot write the log file"),
            Self::Metrics(_) => f.write_str("cannot register the metrics of the log layer"),
        }
    }
}

impl std::error::Error for JsonLayerBuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Metrics(error) => Some(error),
            Self::File(error) => Some(error),
            Self::Queue { invalid, .. } => Some(invalid),
            _ => None,
        }
    }
}
