//! Keeps the values of a span's fields between the call of a function and the first poll of what it returned.

use std::error::Error;
use std::fmt::{self, Debug};

use radiosonde_core::format_within;
use tracing::Level;
use tracing::field::{DisplayValue, Empty, Field, Value, Visit, display};
use tracing::level_filters::LevelFilter;

use crate::any_field::any_field;

/// A value of its own, of the type that a layer sees.
///
/// # Cost
/// A text is copied, and a value recorded by `?` or `%` is formatted, up to 64 KiB. Numbers need no allocation.
#[doc(hidden)]
#[derive(Debug)]
pub enum Kept {
    Empty,
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
    F64(f64),
    Bool(bool),
    Text(String),
    Formatted(DisplayValue<String>),
}

/// The largest size of a kept text.
const TEXT_BYTES: usize = 64 * 1024;

/// The same text as in log lines.
const UNFORMATTED: &str = "<fmt error>";

/// Keeps `values`, unless no subscriber takes spans of their level.
#[doc(hidden)]
pub fn keep<const N: usize>(values: [&dyn Value; N]) -> [Kept; N] {
    if LevelFilter::current() < Level::INFO {
        return [const { Kept::Empty }; N];
    }
    let field = any_field();
    values.map(|value| {
        let mut kept = Kept::Empty;
        if let Some(field) = &field {
            value.record(field, &mut kept);
        }
        kept
    })
}

impl Kept {
    #[doc(hidden)]
    #[must_use]
    pub fn value(&self) -> &dyn Value {
        match self {
            Self::Empty => &Empty,
            Self::I64(value) => value,
            Self::U64(value) => value,
            Self::I128(value) => value,
            Self::U128(value) => value,
            Self::F64(value) => value,
            Self::Bool(value) => value,
            Self::Text(value) => value,
            Self::Formatted(value) => value,
        }
    }

    fn format(&mut self, value: fmt::Arguments<'_>) {
        let mut text = String::new();
        if format_within(&mut text, value, TEXT_BYTES).is_none() {
            UNFORMATTED.clone_into(&mut text);
        }
        *self = Self::Formatted(display(text));
    }
}

impl Visit for Kept {
    fn record_f64(&mut self, _: &Field, value: f64) {
        *self = Self::F64(value);
    }

    fn record_i64(&mut self, _: &Field, value: i64) {
        *self = Self::I64(value);
    }

    fn record_u64(&mut self, _: &Field, value: u64) {
        *self = Self::U64(value);
    }

    fn record_i128(&mut self, _: &Field, value: i128) {
        *self = Self::I128(value);
    }

    fn record_u128(&mut self, _: &Field, value: u128) {
        *self = Self::U128(value);
    }

    fn record_bool(&mut self, _: &Field, value: bool) {
        *self = Self::Bool(value);
    }

    fn record_str(&mut self, _: &Field, value: &str) {
        let mut text = String::new();
        // A text cannot fail.
        let _ = format_within(&mut text, format_args!("{value}"), TEXT_BYTES);
        *self = Self::Text(text);
    }

    fn record_error(&mut self, _: &Field, value: &(dyn Error + 'static)) {
        self.format(format_args!("{value}"));
    }

    fn record_debug(&mut self, _: &Field, value: &dyn Debug) {
        self.format(format_args!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A subscriber that takes everything; without one, nothing is kept.
    fn with_subscriber<R>(work: impl FnOnce() -> R) -> R {
        tracing::subscriber::with_default(tracing_subscriber::registry(), work)
    }

    struct Fails;

    impl Debug for Fails {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half")?;
            Err(fmt::Error)
        }
    }

    #[test]
    fn every_type_is_kept_as_it_is() {
        let kept = with_subscriber(|| {
            keep([&-3_i64, &3_u8, &-3_i128, &3_u128, &0.5_f32, &true, &"text", &display(7), &Empty])
        });
        let expected =
            "[I64(-3), U64(3), I128(-3), U128(3), F64(0.5), Bool(true), Text(\"text\"), Formatted(7), Empty]";
        assert_eq!(format!("{kept:?}"), expected);
    }

    #[test]
    fn a_value_that_cannot_be_formatted_has_a_text_all_the_same() {
        let kept = with_subscriber(|| keep([&tracing::field::debug(Fails)]));
        assert_eq!(format!("{kept:?}"), "[Formatted(<fmt error>)]");
    }
}
