use std::error::Error;
use std::fmt;

use radiosonde_metrics::RegisterError;

use crate::anomalies::invalid_anomaly_options::InvalidAnomalyOptions;

/// A detector that was refused: its name and why.
#[derive(Debug, Clone)]
pub struct AnomalyError {
    detector: String,
    kind: AnomalyErrorKind,
}

/// The reason for which a detector was refused.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AnomalyErrorKind {
    /// The name is empty or too long for a label.
    Name,
    /// Another detector of the registry has the name, with another measure or other options.
    Differs,
    /// The registry has this number of detectors already.
    TooMany(usize),
    /// The quantile is not between 0 and 1.
    Quantile(f64),
    /// No detector works with the options.
    Options(InvalidAnomalyOptions),
    /// The metrics of the detectors are refused.
    Register(RegisterError),
}

impl AnomalyError {
    pub(crate) fn new(detector: &str, kind: AnomalyErrorKind) -> Self {
        Self { detector: detector.to_owned(), kind }
    }

    /// The name of the detector.
    #[must_use]
    pub fn detector(&self) -> &str {
        &self.detector
    }

    /// The reason.
    #[must_use]
    pub const fn kind(&self) -> &AnomalyErrorKind {
        &self.kind
    }
}

impl fmt::Display for AnomalyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid anomaly detector {:?}: {}", self.detector, self.kind)
    }
}

impl fmt::Display for AnomalyErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str("expected a name of 1 to 1,024 bytes"),
            Self::Differs => {
                f.write_str("it is watched with another measure or other options: expected a name of its own")
            }
            Self::TooMany(limit) => write!(f, "expected at most {limit} detectors in a registry"),
            Self::Quantile(quantile) => write!(f, "quantile {quantile}: expected a number from 0 to 1"),
            Self::Options(_) => f.write_str("its options are refused"),
            Self::Register(_) => f.write_str("its metrics are refused"),
        }
    }
}

impl Error for AnomalyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            AnomalyErrorKind::Options(error) => Some(error),
            AnomalyErrorKind::Register(error) => Some(error),
            _ => None,
        }
    }
}
