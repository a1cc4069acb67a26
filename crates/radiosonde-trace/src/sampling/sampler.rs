use std::fmt;

use opentelemetry_sdk::trace::{ParentBasedSampler, Sampler as SdkSampler, ShouldSample};

/// Decides which traces are recorded.
///
/// The decision is made once per trace, where it starts. A parent-based sampler, such as the default, follows the decision
/// received with a request. Spans that are not recorded still have ids: log lines carry them, and requests propagate them
/// with the sampled flag cleared.
///
/// # Source
/// <https://opentelemetry.io/docs/specs/otel/trace/sdk/#built-in-samplers>
///
/// ```
/// use radiosonde_trace::Sampler;
///
/// let sampler = Sampler::from_env_values(Some("parentbased_traceidratio"), Some("0.25"))?;
/// assert_eq!(sampler, Sampler::parent_based_ratio(0.25)?);
///
/// let error = Sampler::from_env_values(Some("traceidratio"), Some("25%")).unwrap_err();
/// assert_eq!(error.to_string(), r#"invalid OTEL_TRACES_SAMPLER_ARG "25%": expected a ratio from 0 to 1"#);
/// # Ok::<(), radiosonde_trace::InvalidSampler>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize),
    serde(try_from = "crate::sampling::named_sampler::NamedSampler")
)]
#[must_use]
pub struct Sampler {
    root: Root,
    parent_based: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Root {
    AlwaysOn,
    AlwaysOff,
    /// From 0 to 1.
    Ratio(f64),
}

/// The supported values of `OTEL_TRACES_SAMPLER`.
const ALLOWED: &str = "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio";

impl Sampler {
    /// Records every trace that starts here, and follows received decisions. The default.
    pub const fn parent_based_always_on() -> Self {
        Self { root: Root::AlwaysOn, parent_based: true }
    }

    /// Records no trace that starts here, and follows received decisions.
    pub const fn parent_based_always_off() -> Self {
        Self { root: Root::AlwaysOff, parent_based: true }
    }

    /// Records this share of the traces that start here, from 0 to 1, and follows received decisions.
    ///
    /// # Errors
    /// [`InvalidSampler`] for a ratio outside 0 to 1.
    pub fn parent_based_ratio(ratio: f64) -> Result<Self, InvalidSampler> {
        Ok(Self { root: Root::ratio(ratio)?, parent_based: true })
    }

    /// Records everything, whatever the received decision.
    pub const fn always_on() -> Self {
        Self { root: Root::AlwaysOn, parent_based: false }
    }

    /// Records nothing.
    pub const fn always_off() -> Self {
        Self { root: Root::AlwaysOff, parent_based: false }
    }

    /// Records this share of all traces, from 0 to 1, whatever the received decision. Services with the same ratio pick the
    /// same traces.
    ///
    /// # Errors
    /// [`InvalidSampler`] for a ratio outside 0 to 1.
    pub fn ratio(ratio: f64) -> Result<Self, InvalidSampler> {
        Ok(Self { root: Root::ratio(ratio)?, parent_based: false })
    }

    /// Creates the sampler named by the values of `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`, in any case. An empty
    /// value counts as unset. The argument applies to the two ratio samplers only; without it they record everything.
    ///
    /// # Errors
    /// [`InvalidSampler`] with the variable, its value, and the expected values.
    ///
    /// # Source
    /// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration>
    pub fn from_env_values(sampler: Option<&str>, arg: Option<&str>) -> Result<Self, InvalidSampler> {
        let given = |value: Option<&str>| {
            value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let Some(name) = given(sampler) else { return Ok(Self::default()) };
        let ratio = || match given(arg) {
            None => Ok(1.0),
            Some(arg) => match arg.parse() {
                Ok(ratio) if is_ratio(ratio) => Ok(ratio),
                _ => Err(InvalidSampler { value: arg.into(), kind: InvalidSamplerKind::Argument }),
            },
        };
        match name.to_ascii_lowercase().as_str() {
            "always_on" => Ok(Self::always_on()),
            "always_off" => Ok(Self::always_off()),
            "traceidratio" => Self::ratio(ratio()?),
            "parentbased_always_on" => Ok(Self::parent_based_always_on()),
            "parentbased_always_off" => Ok(Self::parent_based_always_off()),
            "parentbased_traceidratio" => Self::parent_based_ratio(ratio()?),
            "jaeger_remote" | "parentbased_jaeger_remote" | "xray" => {
                Err(InvalidSampler { value: name.into(), kind: InvalidSamplerKind::Unsupported })
            }
            _ => Err(InvalidSampler { value: name.into(), kind: InvalidSamplerKind::Unknown }),
        }
    }

    pub(crate) fn to_sdk(self) -> Box<dyn ShouldSample> {
        let root = match self.root {
            Root::AlwaysOn => SdkSampler::AlwaysOn,
            Root::AlwaysOff => SdkSampler::AlwaysOff,
            Root::Ratio(ratio) => SdkSampler::TraceIdRatioBased(ratio),
        };
        if self.parent_based { Box::new(ParentBasedSampler::new(root)) } else { Box::new(root) }
    }
}

impl Default for Sampler {
    fn default() -> Self {
        Self::parent_based_always_on()
    }
}

impl Root {
    fn ratio(ratio: f64) -> Result<Self, InvalidSampler> {
        if is_ratio(ratio) {
            Ok(Self::Ratio(ratio))
        } else {
            Err(InvalidSampler { value: ratio.to_string().into(), kind: InvalidSamplerKind::Ratio })
        }
    }
}

fn is_ratio(ratio: f64) -> bool {
    (0.0..=1.0).contains(&ratio)
}

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
}

impl InvalidSampler {
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
        }
    }
}

impl std::error::Error for InvalidSampler {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_the_specification_are_understood() -> Result<(), InvalidSampler> {
        let cases = [
            (None, Some("0.5"), Sampler::parent_based_always_on()),
            (Some(""), None, Sampler::parent_based_always_on()),
            (Some("always_on"), None, Sampler::always_on()),
            (Some("always_off"), None, Sampler::always_off()),
            (Some("traceidratio"), Some("0.5"), Sampler::ratio(0.5)?),
            (Some("traceidratio"), None, Sampler::ratio(1.0)?),
            (Some("parentbased_always_on"), None, Sampler::parent_based_always_on()),
            (Some("parentbased_always_off"), Some("nonsense"), Sampler::parent_based_always_off()),
            (Some(" ParentBased_TraceIdRatio "), Some(" 1e-3 "), Sampler::parent_based_ratio(0.001)?),
        ];
        for (sampler, arg, expected) in cases {
            assert_eq!(Sampler::from_env_values(sampler, arg)?, expected, "{sampler:?} {arg:?}");
        }
        Ok(())
    }

    #[test]
    fn what_is_refused_says_so() {
        let kind = |sampler, arg| Sampler::from_env_values(Some(sampler), arg).unwrap_err().kind();
        assert_eq!(kind("sometimes", None), InvalidSamplerKind::Unknown);
        for unsupported in ["jaeger_remote", "parentbased_jaeger_remote", "xray"] {
            assert_eq!(kind(unsupported, None), InvalidSamplerKind::Unsupported);
        }
        for arg in ["1.01", "-0.1", "NaN", "inf", "half", "0,5"] {
            assert_eq!(kind("traceidratio", Some(arg)), InvalidSamplerKind::Argument, "{arg}");
        }
        assert_eq!(
            Sampler::from_env_values(Some("xray"), None).unwrap_err().to_string(),
            "unsupported OTEL_TRACES_SAMPLER \"xray\": expected always_on, always_off, traceidratio, \
             parentbased_always_on, parentbased_always_off, parentbased_traceidratio"
        );
        assert_eq!(
            Sampler::ratio(f64::NAN).unwrap_err().to_string(),
            "invalid sampling ratio NaN: expected a number from 0 to 1"
        );
    }
}
