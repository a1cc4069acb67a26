use std::error::Error;
use std::fmt;
use std::sync::LazyLock;

use radiosonde_core::Formatted;
use radiosonde_core::canonical::{self, AnnotationValue, Refused};
use radiosonde_metrics::{Counter, DynFamily, Lazy, MetricBuilder};
use tracing::field::{Field, Value, Visit};

use crate::any_field::any_field;

/// Adds facts to the one record of a unit of work: to the access line and the span of the current request.
///
/// # Shape
/// `key = value` pairs in the syntax of `tracing`'s fields: a key has dots or is quoted, `%value` is formatted by `Display`
/// and `?value` by `Debug`, and `name`, `%name` and `?name` are short for a variable of that name. Booleans, numbers and texts
/// keep their types; wider integers are texts. A later value of a key replaces the earlier one, and `None` adds nothing. It can
/// be called in any crate and at any depth.
///
/// The annotations go to:
/// - the line of the unit of work, like its fields, which win over an annotation with the same key;
/// - its span, as attributes;
/// - those of its metrics for which the middleware was told that the key is a label, and its values.
///
/// The unit of work is the request around the call, even within an [`observe`](macro@crate::observe)d function or an
/// [`Operation`](crate::Operation) that it calls. Outside of requests it is the outermost operation. A spawned task reaches the
/// request through its span: spawn it with `carry` or `in_current_span`. Without a unit of work, and after its end, the
/// annotation becomes an attribute of the current span. Without a span it is dropped and counted.
///
/// # Limits
/// 64 annotations and 16 KiB of text for each unit of work; a key has at most 64 bytes, and a text is cut after 1024. What is
/// dropped is counted by `radiosonde_annotations_dropped_total{reason}`, and what is cut by
/// `radiosonde_annotations_truncated_total`. It never panics: a value that does is `<fmt error>`.
///
/// # Redaction
/// Values are redacted when they are added, by the keys and detectors of the first log layer of the process, so that no signal
/// has a value that the line hides.
///
/// # Cost
/// A lock that no other thread waits for long, and that is not held while values are formatted. No allocation once warm.
///
/// # Examples
/// ```
/// use radiosonde_signals::{Operation, annotate};
///
/// fn price(items: u64) -> Result<u64, std::num::TryFromIntError> {
///     let total = items * 250;
///     // In any function below the unit of work.
///     annotate!(customer.tier = "gold", cart.items = items, order.total = %total, "in stock" = true);
///     Ok(total)
/// }
///
/// let pricing = Operation::new("price_cart");
/// assert_eq!(pricing.run(|| price(3)), Ok(750));
/// ```
#[macro_export]
macro_rules! annotate {
    ($(,)?) => {
        ()
    };

    ($($key:ident).+ = ?$value:expr $(, $($rest:tt)*)?) => {{
        $crate::annotate!(@put stringify!($($key).+), $crate::__private::tracing::field::debug(&$value));
        $crate::annotate!($($($rest)*)?)
    }};
    ($($key:ident).+ = %$value:expr $(, $($rest:tt)*)?) => {{
        $crate::annotate!(@put stringify!($($key).+), $crate::__private::tracing::field::display(&$value));
        $crate::annotate!($($($rest)*)?)
    }};
    ($($key:ident).+ = $value:expr $(, $($rest:tt)*)?) => {{
        $crate::annotate!(@put stringify!($($key).+), $value);
        $crate::annotate!($($($rest)*)?)
    }};

    ($key:literal = ?$value:expr $(, $($rest:tt)*)?) => {{
        $crate::annotate!(@put $key, $crate::__private::tracing::field::debug(&$value));
        $crate::annotate!($($($rest)*)?)
    }};
    ($key:literal = %$value:expr $(, $($rest:tt)*)?) => {{
        $crate::annotate!(@put $key, $crate::__private::tracing::field::display(&$value));
        $crate::annotate!($($($rest)*)?)
    }};
    ($key:literal = $value:expr $(, $($rest:tt)*)?) => {{
        $crate::annotate!(@put $key, $value);
        $crate::annotate!($($($rest)*)?)
    }};

    (?$($key:ident).+ $(, $($rest:tt)*)?) => {{
        $crate::annotate!(@put stringify!($($key).+), $crate::__private::tracing::field::debug(&$($key).+));
        $crate::annotate!($($($rest)*)?)
    }};
    (%$($key:ident).+ $(, $($rest:tt)*)?) => {{
        $crate::annotate!(@put stringify!($($key).+), $crate::__private::tracing::field::display(&$($key).+));
        $crate::annotate!($($($rest)*)?)
    }};
    ($($key:ident).+ $(, $($rest:tt)*)?) => {{
        $crate::annotate!(@put stringify!($($key).+), $($key).+);
        $crate::annotate!($($($rest)*)?)
    }};

    (@put $key:expr, $value:expr) => {
        $crate::__private::annotate(const { $crate::__private::annotation_key($key) }, &$value)
    };
}

/// The key without the `r#` of a field that is named like a keyword.
#[doc(hidden)]
#[must_use]
pub const fn annotation_key(key: &'static str) -> &'static str {
    match key.as_bytes() {
        [b'r', b'#', ..] => key.split_at(2).1,
        _ => key,
    }
}

/// Adds an annotation, and counts it if it is dropped or cut.
#[doc(hidden)]
pub fn annotate(key: &'static str, value: &dyn Value) {
    let counters = &*COUNTERS;
    if let Some(field) = any_field() {
        value.record(&field, &mut Annotating { key, counters });
    }
}

/// Passes a value on as what `tracing` sees in it.
struct Annotating<'a> {
    key: &'static str,
    counters: &'a Counters,
}

impl Annotating<'_> {
    fn put(&self, value: AnnotationValue<'_>) {
        self.counters.count(canonical::annotate(self.key, value));
    }

    fn format(&self, value: fmt::Arguments<'_>) {
        self.counters.count(canonical::annotate_formatted(self.key, value));
    }
}

impl Visit for Annotating<'_> {
    fn record_f64(&mut self, _: &Field, value: f64) {
        self.put(AnnotationValue::F64(value));
    }

    fn record_i64(&mut self, _: &Field, value: i64) {
        self.put(AnnotationValue::I64(value));
    }

    fn record_u64(&mut self, _: &Field, value: u64) {
        self.put(AnnotationValue::U64(value));
    }

    fn record_i128(&mut self, _: &Field, value: i128) {
        self.format(format_args!("{value}"));
    }

    fn record_u128(&mut self, _: &Field, value: u128) {
        self.format(format_args!("{value}"));
    }

    fn record_bool(&mut self, _: &Field, value: bool) {
        self.put(AnnotationValue::Bool(value));
    }

    fn record_str(&mut self, _: &Field, value: &str) {
        self.put(AnnotationValue::Text(value));
    }

    fn record_error(&mut self, _: &Field, value: &(dyn Error + 'static)) {
        self.format(format_args!("{value}"));
    }

    fn record_debug(&mut self, _: &Field, value: &dyn fmt::Debug) {
        self.format(format_args!("{value:?}"));
    }
}

static DROPPED: Lazy<DynFamily<Counter>> = MetricBuilder::counter(
    "radiosonde_annotations_dropped_total",
    "Annotations that were dropped, by reason.",
)
.lazy_labels(&["reason"]);

static TRUNCATED: Lazy<Counter> =
    MetricBuilder::counter("radiosonde_annotations_truncated_total", "Annotations whose text was truncated.")
        .lazy();

static COUNTERS: LazyLock<Counters> = LazyLock::new(|| Counters {
    dropped: Refused::ALL.map(|refused| DROPPED.handle(&[refused.as_str()])),
    truncated: TRUNCATED.clone(),
});

/// Registered, at zero, with the first annotation.
struct Counters {
    /// Indexed like [`Refused::ALL`].
    dropped: [Counter; Refused::ALL.len()],
    truncated: Counter,
}

impl Counters {
    fn count(&self, annotated: Result<Formatted, Refused>) {
        match annotated {
            Ok(Formatted::Whole) => {}
            Ok(Formatted::Cut) => self.truncated.inc(),
            Err(refused) => {
                if let Some(dropped) = self.dropped.get(refused as usize) {
                    dropped.inc();
                }
            }
        }
    }
}
