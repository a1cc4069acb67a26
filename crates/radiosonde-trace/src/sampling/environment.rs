use crate::sampling::invalid_sampler::{InvalidSampler, InvalidSamplerKind};
use crate::sampling::ratio::is_ratio;
use crate::sampling::sampler::Sampler;

impl Sampler {
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
                _ => Err(InvalidSampler::new(arg, InvalidSamplerKind::Argument)),
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
                Err(InvalidSampler::new(name, InvalidSamplerKind::Unsupported))
            }
            _ => Err(InvalidSampler::new(name, InvalidSamplerKind::Unknown)),
        }
    }
}

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
