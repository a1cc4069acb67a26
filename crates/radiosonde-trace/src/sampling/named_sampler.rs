use crate::sampling::sampler::{InvalidSampler, Sampler};

/// A sampler by the name of its constructor, as a configuration file has it.
#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NamedSampler {
    AlwaysOn,
    AlwaysOff,
    Ratio(f64),
    ParentBasedAlwaysOn,
    ParentBasedAlwaysOff,
    ParentBasedRatio(f64),
}

impl TryFrom<NamedSampler> for Sampler {
    type Error = InvalidSampler;

    fn try_from(named: NamedSampler) -> Result<Self, InvalidSampler> {
        Ok(match named {
            NamedSampler::AlwaysOn => Self::always_on(),
            NamedSampler::AlwaysOff => Self::always_off(),
            NamedSampler::Ratio(ratio) => Self::ratio(ratio)?,
            NamedSampler::ParentBasedAlwaysOn => Self::parent_based_always_on(),
            NamedSampler::ParentBasedAlwaysOff => Self::parent_based_always_off(),
            NamedSampler::ParentBasedRatio(ratio) => Self::parent_based_ratio(ratio)?,
        })
    }
}
