use promql_parser::parser::token::{
    T_ADD, T_DIV, T_EQLC, T_GTE, T_GTR, T_LSS, T_LTE, T_MUL, T_NEQ, T_SUB, TokenId,
};

/// The values that an expression can have, both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Interval {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Interval {
    pub(crate) const ANY: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };
    pub(crate) const POSITIVE: Self = Self { low: 0.0, high: f64::INFINITY };
    pub(crate) const SHARE: Self = Self { low: 0.0, high: 1.0 };

    /// Ends that are not numbers make no statement.
    pub(crate) fn new(low: f64, high: f64) -> Self {
        if low.is_nan() || high.is_nan() { Self::ANY } else { Self { low, high } }
    }

    pub(crate) fn exactly(value: f64) -> Self {
        Self::new(value, value)
    }

    /// The only value, if there is just one.
    pub(crate) fn single(self) -> Option<f64> {
        (self.low >= self.high && self.low.is_finite()).then_some(self.low)
    }

    pub(crate) const fn hull(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// The results of an arithmetic operator.
    pub(crate) fn arithmetic(self, op: TokenId, other: Self) -> Self {
        match op {
            T_ADD => Self::new(self.low + other.low, self.high + other.high),
            T_SUB => Self::new(self.low - other.high, self.high - other.low),
            T_MUL => self.corners(other, |a, b| a * b),
            T_DIV if other.low > 0.0 || other.high < 0.0 => self.corners(other, |a, b| a / b),
            T_DIV if self.low >= 0.0 && other.low >= 0.0 => Self::POSITIVE,
            _ => Self::ANY,
        }
    }

    fn corners(self, other: Self, apply: impl Fn(f64, f64) -> f64) -> Self {
        let all = [
            apply(self.low, other.low),
            apply(self.low, other.high),
            apply(self.high, other.low),
            apply(self.high, other.high),
        ];
        if all.iter().any(|value| value.is_nan()) {
            let positive = self.low >= 0.0 && other.low >= 0.0;
            return if positive { Self::POSITIVE } else { Self::ANY };
        }
        Self {
            low: all.into_iter().fold(f64::INFINITY, f64::min),
            high: all.into_iter().fold(f64::NEG_INFINITY, f64::max),
        }
    }

    /// Whether a comparison can be true.
    pub(crate) fn can(self, op: TokenId, other: Self) -> bool {
        match op {
            T_GTR => self.high > other.low,
            T_GTE => self.high >= other.low,
            T_LSS => self.low < other.high,
            T_LTE => self.low <= other.high,
            T_EQLC => self.low <= other.high && self.high >= other.low,
            T_NEQ => self.single().is_none() || self.single() != other.single(),
            _ => true,
        }
    }

    /// What a comparison leaves.
    pub(crate) const fn filtered(self, op: TokenId, other: Self) -> Self {
        match op {
            T_GTR | T_GTE => Self { low: self.low.max(other.low), high: self.high },
            T_LSS | T_LTE => Self { low: self.low, high: self.high.min(other.high) },
            T_EQLC => Self { low: self.low.max(other.low), high: self.high.min(other.high) },
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_times_a_hundred_is_a_percentage() {
        let percent = Interval::SHARE.arithmetic(T_MUL, Interval::exactly(100.0));
        assert_eq!(percent, Interval::new(0.0, 100.0));
        assert_eq!(Interval::exactly(100.0).arithmetic(T_SUB, percent), percent);
        assert!(percent.can(T_GTR, Interval::exactly(99.0)));
        assert!(!percent.can(T_GTR, Interval::exactly(100.0)));
        assert!(percent.can(T_GTE, Interval::exactly(100.0)));
    }

    #[test]
    fn nothing_is_known_of_a_division_by_what_can_be_zero() {
        assert_eq!(Interval::ANY.arithmetic(T_DIV, Interval::POSITIVE), Interval::ANY);
        assert_eq!(Interval::POSITIVE.arithmetic(T_DIV, Interval::POSITIVE), Interval::POSITIVE);
        assert_eq!(Interval::exactly(0.0).arithmetic(T_MUL, Interval::POSITIVE), Interval::POSITIVE);
    }
}
