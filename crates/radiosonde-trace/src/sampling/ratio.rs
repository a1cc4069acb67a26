use radiosonde_core::TraceId;

use crate::sampling::invalid_sampler::{InvalidSampler, InvalidSamplerKind};

/// A share of all traces, chosen by their ids.
///
/// # Source
/// The bytes that the OpenTelemetry SDKs for Rust and Go compare, so that services of one trace decide alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ratio {
    /// From 0 to 1.
    ratio: f64,
    /// Of the 63 bits that are compared.
    bound: u64,
}

/// One more than the largest number of 63 bits.
const ALL: u64 = 1 << 63;

impl Ratio {
    /// # Errors
    /// [`InvalidSampler`] for a ratio outside 0 to 1.
    pub(crate) fn new(ratio: f64) -> Result<Self, InvalidSampler> {
        if !is_ratio(ratio) {
            return Err(InvalidSampler::new(ratio.to_string(), InvalidSamplerKind::Ratio));
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "from 0 to 2^63, as the SDKs compute it"
        )]
        let bound = (ratio * ALL as f64) as u64;
        Ok(Self { ratio, bound })
    }

    #[inline]
    pub(crate) fn samples(self, trace_id: TraceId) -> bool {
        let [.., a, b, c, d, e, f, g, h] = trace_id.to_bytes();
        u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 1 < self.bound
    }
}

pub(crate) fn is_ratio(ratio: f64) -> bool {
    (0.0..=1.0).contains(&ratio)
}
