use std::fmt;

/// The supported values of `OTEL_TRACES_SAMPLER`.
const ALLOWED: &str = "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio";

/// A sampler that could not be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSampler {
    value: Box<str>,
    kind: InvalidSamplerKind,
}

/// Why a sampler could not be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidSamplerKind {
    /// `OTEL_TRACES_SAMPLER` is not the name of a sampler.
    Unknown,
    /// `OTEL_TRACES_SAMPLER` names a sampler of the specification that is not supported.
    Unsupported,
    /// `OTEL_TRACES_SAMPLER_ARG` is not a number from 0 to 1.
    Argument,
    /// A ratio given in code is outside 0 to 1.
    Ratio,
    /// A reloadable sampler would contain itself.
    Circle,
}

impl InvalidSampler {
    pub(crate) fn new(value: impl Into<Box<str>>, kind: InvalidSamplerKind) -> Self {
        Self { value: value.into(), kind }
    }

    /// Why the sampler was rejected.
    #[must_use]
    pub const fn kind(&self) -> InvalidSamplerKind {
        self.kind
    }

    /// The rejected value.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for InvalidSampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = &self.value;
        match self.kind {
            InvalidSamplerKind::Unknown => {
                write!(f, "invalid OTEL_TRACES_SAMPLER {value:?}: expected {ALLOWED}")
            }
            InvalidSamplerKind::Unsupported => {
                write!(f, "unsupported OTEL_TRACES_SAMPLER {value:?}: expected {ALLOWED}")
            }
            InvalidSamplerKind::Argument => {
                write!(f, "invalid OTEL_TRACES_SAMPLER_ARG {value:?}: expected a ratio from 0 to 1")
            }
            InvalidSamplerKind::Ratio => {
                write!(f, "invalid sampling ratio {value}: expected a number from 0 to 1")
            }
            InvalidSamplerKind::Circle => f.write_str(
                "invalid sampler: expected one that does not contain the reloadable sampler it is for",
            ),
        }
    }
}

impl std::error::Error for InvalidSampler {}
