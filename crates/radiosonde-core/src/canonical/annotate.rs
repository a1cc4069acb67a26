use std::fmt;

use crate::bounded_format::{Formatted, beginning, format_within};
use crate::canonical::annotation_value::AnnotationValue;
use crate::canonical::annotations::{MAX_KEY_BYTES, MAX_TEXT_BYTES, Refused};
use crate::canonical::current::with_current_to_annotate;
use crate::canonical::redaction::{Scratch, redacted, with_scratch};
use crate::canonical::spans;

/// What records write themselves: an annotation of one signal must not contradict the others.
const OWN_KEYS: [&str; 17] = [
    "bytes",
    "correlation_id",
    "duration_ms",
    "error.type",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "method",
    "outcome",
    "path",
    "request_id",
    "span_id",
    "status",
    "trace_id",
    "ttfb_ms",
    "url.path",
    "url.scheme",
];

/// How much of a text redaction reads: a secret that begins within the kept part must not lose its end.
const READ_TEXT_BYTES: usize = 4 * MAX_TEXT_BYTES;

/// The text of a value that could not be formatted, as in log lines.
const UNFORMATTED: &str = "<fmt error>";

thread_local! {
    static FORMATTED_TEXT: Scratch = const { Scratch::new(String::new()) };
}

/// Adds an annotation to the current [`CanonicalRecord`](crate::canonical::CanonicalRecord), or else to the current span.
///
/// # Errors
/// [`Refused`] if there is neither, or the record is full.
pub fn annotate(key: &'static str, value: AnnotationValue<'_>) -> Result<Formatted, Refused> {
    match value {
        AnnotationValue::Text(text) if text.len() > READ_TEXT_BYTES => {
            let read = beginning(text, READ_TEXT_BYTES);
            put(key, AnnotationValue::Text(read), true)
        }
        value => put(key, value, false),
    }
}

/// Like [`annotate()`], with a text that is formatted before any lock is taken. A value that fails or panics is `<fmt error>`.
///
/// # Errors
/// [`Refused`], as [`annotate()`].
pub fn annotate_formatted(key: &'static str, value: fmt::Arguments<'_>) -> Result<Formatted, Refused> {
    if let Some(text) = value.as_str() {
        return annotate(key, AnnotationValue::Text(text));
    }
    with_scratch(&FORMATTED_TEXT, |text| {
        let formatted = format_within(text, value, READ_TEXT_BYTES);
        let text = if formatted.is_some() { text.as_str() } else { UNFORMATTED };
        put(key, AnnotationValue::Text(text), formatted == Some(Formatted::Cut))
    })
}

fn put(key: &'static str, value: AnnotationValue<'_>, is_cut: bool) -> Result<Formatted, Refused> {
    if key.is_empty() || key.len() > MAX_KEY_BYTES || OWN_KEYS.contains(&key) {
        return Err(Refused::Key);
    }
    redacted(key, value, is_cut, |value| match with_current_to_annotate(|record| record.put(key, value)) {
        Some(Err(Refused::Ended)) => spans::annotate(key, within_limit(value), Refused::Ended),
        None => spans::annotate(key, within_limit(value), Refused::NoUnit),
        Some(kept) => kept,
    })
}

fn within_limit(value: AnnotationValue<'_>) -> AnnotationValue<'_> {
    match value {
        AnnotationValue::Text(text) => AnnotationValue::Text(beginning(text, MAX_TEXT_BYTES)),
        other => other,
    }
}
