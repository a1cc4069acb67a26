//! Series of values with known changes, from a generator that starts with a fixed number.
#![allow(dead_code, reason = "each test has its own selection")]

/// SplitMix64. Its arithmetic, like that of the series, has only operations that are exact on every platform.
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// With a mean of 0 and a standard deviation of 1: the sum of 48 uniform values, which is normal up to 5 deviations.
    pub(crate) fn normal(&mut self) -> f64 {
        ((0..48).map(|_| self.uniform()).sum::<f64>() - 24.0) / 2.0
    }

    /// Student's t with 3 degrees of freedom: one value in 100 is beyond 5.8.
    pub(crate) fn heavy_tailed(&mut self) -> f64 {
        let normal = self.normal();
        let squares = (0..3).map(|_| self.normal()).map(|value| value * value);
        normal / (squares.sum::<f64>() / 3.0).sqrt()
    }
}

/// A smooth wave from -1 to 1 with a period of 1, much like a sine.
pub(crate) fn wave(phase: f64) -> f64 {
    let half = phase.fract() * 2.0;
    if half < 1.0 { 4.0 * half * (1.0 - half) } else { -4.0 * (half - 1.0) * (2.0 - half) }
}
