use std::cell::RefCell;
use std::fmt;

use log::kv::{Error, Key, Source, Value as Given, VisitSource, VisitValue};
use radiosonde_core::{format_within, survive};

use crate::rendering::value::Value;

/// The most pairs kept per record. A line that lost some is marked as truncated.
const MOST: usize = 64;

/// The longest text kept; the line would truncate it anyway.
const TEXT_BYTES: usize = 256 * 1024;

/// The key-values of a `log` record. They are kept apart because an event of `tracing` has only the fields of its callsite.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    pairs: Vec<(String, PairValue)>,
    pub(crate) left_out: bool,
}

#[derive(Debug)]
enum PairValue {
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
    F64(f64),
    Bool(bool),
    Text(String),
    Failed,
}

thread_local! {
    static OF_RECORD: RefCell<Option<Pairs>> = const { RefCell::new(None) };
}

impl Pairs {
    /// Copies the pairs. Formatting some of them runs the user's code.
    pub(crate) fn of(source: &dyn Source) -> Self {
        let mut pairs = Self::default();
        if !matches!(survive(|| source.visit(&mut pairs)), Some(Ok(()))) {
            pairs.left_out = true;
        }
        pairs
    }

    /// Makes the pairs current while `work` emits the record's event. They are lost while the thread exits.
    pub(crate) fn provide(self, work: impl FnOnce()) {
        let lay = |pairs| OF_RECORD.try_with(|place| place.replace(pairs)).ok().flatten();
        let before = lay(Some(self));
        work();
        let _ = lay(before);
    }

    /// Reads the pairs of the record whose event this thread emits.
    pub(crate) fn current<R>(with: impl FnOnce(&Self) -> R) -> Option<R> {
        // Taken out meanwhile: formatting them may emit another record.
        let pairs = OF_RECORD.try_with(|place| place.take()).ok().flatten()?;
        let result = with(&pairs);
        let _ = OF_RECORD.try_with(|place| place.replace(Some(pairs)));
        Some(result)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Value<'_>)> {
        self.pairs.iter().map(|(name, value)| (&**name, value.value()))
    }
}

impl PairValue {
    fn value(&self) -> Value<'_> {
        match self {
            Self::I64(value) => Value::I64(*value),
            Self::U64(value) => Value::U64(*value),
            Self::I128(value) => Value::I128(*value),
            Self::U128(value) => Value::U128(*value),
            Self::F64(value) => Value::F64(*value),
            Self::Bool(value) => Value::Bool(*value),
            Self::Text(text) => Value::Str(text),
            Self::Failed => Value::Debug(&Fails),
        }
    }

    /// `None` for a null value, as in `tracing`.
    fn of(given: &Given<'_>) -> Option<Self> {
        struct Takes(Option<PairValue>);
        impl<'v> VisitValue<'v> for Takes {
            fn visit_any(&mut self, value: Given<'_>) -> Result<(), Error> {
                self.0 = Some(formatted(&value));
                Ok(())
            }
            fn visit_null(&mut self) -> Result<(), Error> {
                Ok(())
            }
            fn visit_u64(&mut self, value: u64) -> Result<(), Error> {
                self.0 = Some(PairValue::U64(value));
                Ok(())
            }
            fn visit_i64(&mut self, value: i64) -> Result<(), Error> {
                self.0 = Some(PairValue::I64(value));
                Ok(())
            }
            fn visit_u128(&mut self, value: u128) -> Result<(), Error> {
                self.0 = Some(PairValue::U128(value));
                Ok(())
            }
            fn visit_i128(&mut self, value: i128) -> Result<(), Error> {
                self.0 = Some(PairValue::I128(value));
                Ok(())
            }
            fn visit_f64(&mut self, value: f64) -> Result<(), Error> {
                self.0 = Some(PairValue::F64(value));
                Ok(())
            }
            fn visit_bool(&mut self, value: bool) -> Result<(), Error> {
                self.0 = Some(PairValue::Bool(value));
                Ok(())
            }
            fn visit_str(&mut self, value: &str) -> Result<(), Error> {
                self.0 = Some(PairValue::Text(value.to_owned()));
                Ok(())
            }
        }
        let mut takes = Takes(None);
        match given.visit(&mut takes) {
            Ok(()) => takes.0,
            Err(_) => Some(Self::Failed),
        }
    }
}

impl<'kvs> VisitSource<'kvs> for Pairs {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Given<'kvs>) -> Result<(), Error> {
        if self.pairs.len() == MOST {
            self.left_out = true;
            return Ok(());
        }
        if let Some(value) = PairValue::of(&value) {
            self.pairs.push((key.as_str().to_owned(), value));
        }
        Ok(())
    }
}

/// Formats a value that has only a `Display` or `Debug`, which may fail, panic or be endless.
fn formatted(value: &Given<'_>) -> PairValue {
    let mut text = String::new();
    format_within(&mut text, format_args!("{value}"), TEXT_BYTES)
        .map_or(PairValue::Failed, |_| PairValue::Text(text))
}

/// Stands for a value whose formatting failed, so that the line shows and counts it like any other.
struct Fails;

impl fmt::Debug for Fails {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Err(fmt::Error)
    }
}
