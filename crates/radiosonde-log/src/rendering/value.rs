use std::error::Error;
use std::fmt;

use radiosonde_core::survive;

use crate::escaping::escape::{Contents, push_escaped_within, push_formatted};
use crate::rendering::json_kind::JsonKind;
use crate::schemas::reserved_key::ValueRule;

/// The most sources of an error that are rendered: a chain may be a cycle.
pub(crate) const MAX_CHAIN: usize = 16;

/// The text for a value whose `Debug` or `Display` fails or panics.
pub(crate) const FMT_ERROR: &str = "<fmt error>";

/// The value of a field, as `tracing` passes it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Str(&'a str),
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
    F64(f64),
    Bool(bool),
    Debug(&'a dyn fmt::Debug),
    Error(&'a (dyn Error + 'static)),
}

/// The result of writing a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    /// The value was truncated.
    pub(crate) cut: bool,
    /// The value's own formatting failed.
    pub(crate) failed: bool,
    pub(crate) kind: JsonKind,
}

impl Written {
    /// A complete value of this kind.
    const fn whole(kind: JsonKind) -> Self {
        Self { cut: false, failed: false, kind }
    }

    const fn text(contents: Contents) -> Self {
        Self { cut: contents.cut, failed: false, kind: JsonKind::of_text(contents.plain) }
    }

    fn and(self, other: Self) -> Self {
        Self { cut: self.cut || other.cut, failed: self.failed || other.failed, kind: self.kind }
    }
}

impl Value<'_> {
    /// Whether a reserved key with this rule accepts the value; if not, it goes under `metadata`.
    #[inline(always)]
    pub(crate) fn suits(&self, rule: ValueRule) -> bool {
        match rule {
            ValueRule::Text
            | ValueRule::Integer
            | ValueRule::Measure
            | ValueRule::Error(_)
            | ValueRule::Any => true,
            ValueRule::Number => self.is_number(),
            ValueRule::Long | ValueRule::Nanoseconds => self.suits_otherwise(rule),
        }
    }

    #[inline(never)]
    fn suits_otherwise(&self, rule: ValueRule) -> bool {
        if rule == ValueRule::Long { self.long().is_some() } else { self.nanoseconds().is_some() }
    }

    /// Appends the value in the form of a reserved key with this rule.
    #[inline(always)]
    pub(crate) fn push_as(&self, out: &mut String, rule: ValueRule, limit: usize) -> Written {
        match rule {
            ValueRule::Text => self.push_text(out, limit),
            ValueRule::Integer | ValueRule::Number => match self.integer() {
                Some(integer) => {
                    out.push_str(itoa::Buffer::new().format(integer));
                    Written::whole(JsonKind::Integer)
                }
                None if rule == ValueRule::Number => self.push_json(out, limit),
                None => self.push_text(out, limit),
            },
            other => self.push_otherwise(out, other, limit),
        }
    }

    #[inline(never)]
    fn push_otherwise(&self, out: &mut String, rule: ValueRule, limit: usize) -> Written {
        let integer = match rule {
            ValueRule::Error(causes) => return self.push_error(out, causes, limit),
            ValueRule::Any => return self.push_json(out, limit),
            ValueRule::Nanoseconds => self.nanoseconds().map(i128::from),
            _ => self.integer(),
        };
        match integer {
            Some(integer) => {
                out.push_str(itoa::Buffer::new().format(integer));
                Written::whole(JsonKind::Integer)
            }
            None if rule == ValueRule::Measure && !self.is_number() => {
                out.push_str("null");
                Written::whole(JsonKind::Null)
            }
            None => self.push_json(out, limit),
        }
    }

    /// Appends the value as JSON of its own type, up to about `limit` bytes in `out`.
    #[inline(always)]
    pub(crate) fn push_json(&self, out: &mut String, limit: usize) -> Written {
        let kind = match *self {
            Self::I64(integer) => {
                out.push_str(itoa::Buffer::new().format(integer));
                JsonKind::Integer
            }
            Self::U64(integer) => {
                out.push_str(itoa::Buffer::new().format(integer));
                JsonKind::Integer
            }
            Self::F64(float) if float.is_finite() => {
                out.push_str(zmij::Buffer::new().format_finite(float));
                JsonKind::Float
            }
            Self::Bool(truth) => {
                out.push_str(if truth { "true" } else { "false" });
                JsonKind::Bool
            }
            Self::Error(error) => return push_error(out, error, limit),
            _ => return self.push_text(out, limit),
        };
        Written::whole(kind)
    }

    /// Appends the value as a JSON string.
    #[inline(always)]
    pub(crate) fn push_text(&self, out: &mut String, limit: usize) -> Written {
        out.push('"');
        let written = self.push_contents(out, limit);
        out.push('"');
        written
    }

    /// Appends the contents of a JSON string.
    #[inline(always)]
    fn push_contents(&self, out: &mut String, limit: usize) -> Written {
        match *self {
            Self::Str(text) => return Written::text(push_escaped_within(out, text, limit)),
            Self::I64(integer) => out.push_str(itoa::Buffer::new().format(integer)),
            Self::U64(integer) => out.push_str(itoa::Buffer::new().format(integer)),
            Self::I128(integer) => out.push_str(itoa::Buffer::new().format(integer)),
            Self::U128(integer) => out.push_str(itoa::Buffer::new().format(integer)),
            Self::F64(float) => out.push_str(float_text(float, &mut zmij::Buffer::new())),
            Self::Bool(truth) => out.push_str(if truth { "true" } else { "false" }),
            Self::Debug(value) => return push_shown(out, format_args!("{value:?}"), limit),
            Self::Error(error) => return push_shown(out, format_args!("{error}"), limit),
        }
        Written::whole(JsonKind::Plain)
    }

    /// Appends an object with the value's message and, for an error, its causes.
    fn push_error(&self, out: &mut String, causes: &str, limit: usize) -> Written {
        out.push_str("{\"message\":");
        let mut written = Written { kind: JsonKind::ErrorText, ..self.push_text(out, limit) };
        let error = if let Self::Error(error) = self { source_of(*error) } else { None };
        if error.is_some() {
            for text in [",\"", causes, "\":\""] {
                out.push_str(text);
            }
            let (rest, each) = push_chain(error, |depth, cause| {
                out.push_str(if depth > 0 { "\\nCaused by: " } else { "Caused by: " });
                Value::Error(cause).push_contents(out, limit)
            });
            out.push('"');
            written = written.and(each);
            written.cut |= rest;
        }
        out.push('}');
        written
    }

    #[inline(always)]
    fn is_number(&self) -> bool {
        self.integer().is_some() || matches!(self, Self::F64(float) if float.is_finite())
    }

    fn long(&self) -> Option<i64> {
        self.integer().and_then(|integer| i64::try_from(integer).ok())
    }

    /// Converts a number of milliseconds to nanoseconds.
    fn nanoseconds(&self) -> Option<i64> {
        if let Some(millis) = self.integer() {
            return millis.checked_mul(1_000_000).and_then(|nanos| i64::try_from(nanos).ok());
        }
        match *self {
            Self::F64(millis) => {
                let nanos = (millis * 1e6).round();
                // 2^63 is the first that does not fit, and NaN is in no range.
                #[allow(clippy::cast_possible_truncation, reason = "a whole number within the range")]
                (-9.223_372_036_854_775e18..9.223_372_036_854_775e18).contains(&nanos).then_some(nanos as i64)
            }
            _ => None,
        }
    }

    /// The value if it is an integer of at most 64 bits, which JSON readers can keep exact.
    fn integer(&self) -> Option<i128> {
        match *self {
            Self::I64(integer) => Some(i128::from(integer)),
            Self::U64(integer) => Some(i128::from(integer)),
            // `Duration::as_millis` is a `u128`, and small.
            Self::U128(integer) => u64::try_from(integer).ok().map(i128::from),
            Self::I128(integer) => i64::try_from(integer).ok().map(i128::from),
            _ => None,
        }
    }
}

fn float_text(float: f64, buffer: &mut zmij::Buffer) -> &str {
    if float.is_nan() {
        "NaN"
    } else if float == f64::INFINITY {
        "Infinity"
    } else if float == f64::NEG_INFINITY {
        "-Infinity"
    } else {
        buffer.format_finite(float)
    }
}

fn push_error(out: &mut String, error: &(dyn Error + 'static), limit: usize) -> Written {
    out.push_str("{\"message\":");
    let written = Written { kind: JsonKind::ErrorChain, ..Value::Error(error).push_text(out, limit) };
    out.push_str(",\"chain\":[");
    let (cut, each) = push_chain(source_of(error), |depth, error| {
        if depth > 0 {
            out.push(',');
        }
        Value::Error(error).push_text(out, limit)
    });
    out.push_str("]}");
    let written = written.and(each);
    Written { cut: written.cut || cut, ..written }
}

/// Writes an error and its sources one by one; returns whether some sources were omitted.
fn push_chain(
    mut next: Option<&(dyn Error + 'static)>,
    mut push: impl FnMut(usize, &(dyn Error + 'static)) -> Written,
) -> (bool, Written) {
    let mut written = Written::whole(JsonKind::ErrorChain);
    for depth in 0..MAX_CHAIN {
        let Some(error) = next else { break };
        written = written.and(push(depth, error));
        next = source_of(error);
    }
    (next.is_some(), written)
}

fn source_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    survive(|| error.source()).flatten()
}

/// Runs a user's `Debug` or `Display`, which may fail, panic, be endless or log.
fn push_shown(out: &mut String, value: fmt::Arguments<'_>, limit: usize) -> Written {
    match push_formatted(out, value, limit) {
        Some(contents) => Written::text(contents),
        None => {
            out.push_str(FMT_ERROR);
            Written { cut: false, failed: true, kind: JsonKind::Plain }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: Value<'_>) -> String {
        let mut out = String::new();
        value.push_json(&mut out, 1000);
        out
    }

    #[test]
    fn numbers_are_exact_and_what_json_cannot_say_is_a_string() {
        let cases = [
            (Value::I64(i64::MIN), "-9223372036854775808"),
            (Value::U64(u64::MAX), "18446744073709551615"),
            (Value::I128(i128::MIN), "\"-170141183460469231731687303715884105728\""),
            (Value::U128(1), "\"1\""),
            (Value::F64(1.0), "1.0"),
            (Value::F64(-0.0), "-0.0"),
            (Value::F64(0.1), "0.1"),
            (Value::F64(f64::MAX), "1.7976931348623157e+308"),
            (Value::F64(5e-324), "5e-324"),
            (Value::F64(f64::NAN), "\"NaN\""),
            (Value::F64(f64::INFINITY), "\"Infinity\""),
            (Value::F64(f64::NEG_INFINITY), "\"-Infinity\""),
            (Value::Bool(true), "true"),
        ];
        for (value, expected) in cases {
            assert_eq!(json(value), expected);
            serde_json::from_str::<serde_json::Value>(expected).unwrap();
        }
    }

    #[test]
    fn every_finite_float_is_read_back_as_itself() {
        let mut bits = 1_u64;
        for _ in 0..10_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let float = f64::from_bits(bits);
            if float.is_finite() {
                let text = json(Value::F64(float));
                assert_eq!(text.parse::<f64>().unwrap().to_bits(), float.to_bits());
                // Only checks that it is a number: serde_json rounds by default.
                assert!(serde_json::from_str::<serde_json::Value>(&text).unwrap().is_f64(), "{text}");
            }
        }
    }

    #[test]
    fn reserved_keys_keep_one_type() {
        let shown = |value: Value<'_>, rule| {
            let mut out = String::new();
            value.push_as(&mut out, rule, 1000);
            out
        };
        assert_eq!(shown(Value::U64(42), ValueRule::Text), "\"42\"");
        assert_eq!(shown(Value::Bool(true), ValueRule::Text), "\"true\"");
        assert_eq!(shown(Value::U64(200), ValueRule::Integer), "200");
        assert_eq!(shown(Value::Str("shipped"), ValueRule::Integer), "\"shipped\"");
        assert_eq!(shown(Value::F64(200.5), ValueRule::Integer), "\"200.5\"");
        assert_eq!(shown(Value::U128(12), ValueRule::Number), "12");
        assert_eq!(shown(Value::F64(1.5), ValueRule::Number), "1.5");
        assert!(!Value::Str("1.5ms").suits(ValueRule::Number));
        assert!(!Value::F64(f64::NAN).suits(ValueRule::Number));
        assert!(!Value::U128(u128::MAX).suits(ValueRule::Number));

        assert_eq!(shown(Value::U128(200), ValueRule::Long), "200");
        for odd in [Value::U64(u64::MAX), Value::F64(200.0), Value::Str("200"), Value::Bool(true)] {
            assert!(!odd.suits(ValueRule::Long), "{odd:?}");
        }
        assert_eq!(shown(Value::U64(3), ValueRule::Measure), "3");
        assert_eq!(shown(Value::F64(3.0), ValueRule::Measure), "3.0");
        assert_eq!(shown(Value::F64(f64::NAN), ValueRule::Measure), "null");
        assert_eq!(shown(Value::Str("3"), ValueRule::Measure), "null");
    }

    #[test]
    fn milliseconds_become_whole_nanoseconds_or_stay_what_they_are() {
        let cases = [
            (Value::U64(317), "317000000"),
            (Value::F64(0.000_000_6), "1"),
            (Value::F64(12.345), "12345000"),
            (Value::I64(-1), "-1000000"),
            (Value::U128(0), "0"),
        ];
        for (value, expected) in cases {
            let mut out = String::new();
            assert!(value.suits(ValueRule::Nanoseconds));
            value.push_as(&mut out, ValueRule::Nanoseconds, 1000);
            assert_eq!(out, expected);
        }
        let odd = [f64::NAN, f64::INFINITY, f64::MAX, f64::MIN, 1e13, -1e13].map(Value::F64);
        for odd in odd.into_iter().chain([Value::U64(u64::MAX), Value::I64(i64::MIN), Value::Str("1ms")]) {
            assert!(!odd.suits(ValueRule::Nanoseconds), "{odd:?}");
        }
    }

    #[derive(Debug)]
    struct Circle;

    impl fmt::Display for Circle {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("round")
        }
    }

    impl Error for Circle {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }

    #[test]
    fn a_circle_of_errors_ends() {
        let mut out = String::new();
        let written = Value::Error(&Circle).push_json(&mut out, 1000);
        assert!(written.cut);
        let parsed: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(parsed["chain"].as_array().unwrap().len(), MAX_CHAIN);

        out.clear();
        assert!(Value::Error(&Circle).push_as(&mut out, ValueRule::Error("stack_trace"), 1000).cut);
        let parsed: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(parsed["message"], "round");
        assert_eq!(parsed["stack_trace"].as_str().unwrap().lines().count(), MAX_CHAIN);
    }

    struct Endless;

    impl fmt::Debug for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                f.write_str("again ")?;
            }
        }
    }

    #[test]
    fn an_endless_value_is_cut_at_the_limit() {
        let mut out = String::new();
        let written = Value::Debug(&Endless).push_json(&mut out, 20);
        assert_eq!(written, Written { cut: true, failed: false, kind: JsonKind::Plain });
        assert_eq!(out, "\"again again again a\"");
    }

    struct Payload;

    impl Drop for Payload {
        fn drop(&mut self) {
            std::panic::panic_any("a payload that panics when it is dropped");
        }
    }

    struct Panics;

    impl fmt::Debug for Panics {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half a value")?;
            std::panic::panic_any(Payload)
        }
    }

    #[test]
    fn a_panicking_value_is_replaced_even_if_its_payload_panics_too() {
        let mut out = String::from("before ");
        let written = Value::Debug(&Panics).push_json(&mut out, 1000);
        assert_eq!(written, Written { cut: false, failed: true, kind: JsonKind::Plain });
        assert_eq!(out, "before \"<fmt error>\"");
    }
}
