//! Numbers as the text formats write them. Nothing here fails: all of it is written to memory.

use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::samples::Number;

#[inline]
pub(crate) fn push_unsigned(value: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

#[inline]
pub(crate) fn push_number(value: Number, out: &mut Vec<u8>) {
    match value {
        Number::Unsigned(value) => push_unsigned(value, out),
        Number::Signed(value) => out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()),
        Number::Float(value) => push_float(value, out),
    }
}

pub(crate) fn push_float(value: f64, out: &mut Vec<u8>) {
    if value.is_nan() {
        out.extend_from_slice(b"NaN");
    } else if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
    } else if value.fract() == 0.0 && value.abs() < 9.0e15 {
        // Whole numbers without a point, as other clients write them; beyond 2^53 there is an exponent anyway.
        #[allow(clippy::cast_possible_truncation, reason = "whole, and small enough")]
        let whole = value as i64;
        if whole == 0 && value.is_sign_negative() {
            out.push(b'-');
        }
        out.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes());
    } else {
        // The shortest text that reads back as the same number, with an exponent where it is long.
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    }
}

/// A bucket's bound or a quantile: part of the series' identity, so each format has one spelling.
///
/// OpenMetrics prescribes `1.0`, `0.0001`, `1e-05` and `1e+06`; Prometheus' own text has Go's `1`.
pub(crate) fn push_bound(bound: f64, is_open_metrics: bool, out: &mut Vec<u8>) {
    if !bound.is_finite() {
        return push_float(bound, out);
    }
    // There is one zero: Prometheus reads a negative one of protobuf as `0.0`.
    let bound = bound + 0.0;
    let magnitude = bound.abs();
    let _ = if magnitude != 0.0 && !(1e-4..1e6).contains(&magnitude) {
        let text = format!("{bound:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
        write!(out, "{mantissa}e{sign}{digits:0>2}")
    } else if is_open_metrics {
        write!(out, "{bound:?}")
    } else {
        write!(out, "{bound}")
    };
}

/// Seconds since 1970, to the millisecond.
pub(crate) fn push_time(time: SystemTime, out: &mut Vec<u8>) {
    let millis = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let _ = write!(out, "{}.{:03}", millis / 1000, millis % 1000);
}

/// The bounds of the last histogram as they end a bucket's labels, `0.5"} `, so that the bounds of a family are rendered once.
#[derive(Debug, Default)]
pub(crate) struct BoundTexts {
    bounds: Vec<f64>,
    texts: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl BoundTexts {
    /// Renders these, and infinity, unless they are rendered already.
    pub(crate) fn render(&mut self, bounds: &[f64], is_open_metrics: bool) {
        if self.bounds == bounds && !self.ends.is_empty() {
            return;
        }
        self.texts.clear();
        self.ends.clear();
        self.bounds.clear();
        self.bounds.extend_from_slice(bounds);
        for &bound in bounds.iter().chain([&f64::INFINITY]) {
            push_bound(bound, is_open_metrics, &mut self.texts);
            self.texts.extend_from_slice(b"\"} ");
            self.ends.push(self.texts.len());
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let text = self.texts.get(start..end).unwrap_or_default();
            start = end;
            text
        })
    }
}
