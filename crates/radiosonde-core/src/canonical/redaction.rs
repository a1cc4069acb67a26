//! Redacts annotations before they are kept, so that a record's line, span and metrics have the same value.

use std::cell::Cell;
use std::sync::OnceLock;
use std::thread::LocalKey;

use crate::canonical::annotation_value::AnnotationValue;
use crate::survive::survive;

/// Replaces a value if its redaction panics, as in log lines.
const REDACTED: &str = "[redacted]";

static REDACT: OnceLock<Box<dyn Redact>> = OnceLock::new();

/// A text whose buffer is kept for the next one.
pub(crate) type Scratch = Cell<String>;

thread_local! {
    static REDACTED_TEXT: Scratch = const { Cell::new(String::new()) };
}

/// Redacts the value of an annotation.
pub trait Redact: Send + Sync {
    /// Appends the text that replaces the value to the empty `out` and returns true, or returns false if the value can be
    /// kept. A text that `is_cut` is the beginning of a longer one.
    fn redact(&self, key: &str, value: AnnotationValue<'_>, is_cut: bool, out: &mut String) -> bool;
}

/// Sets what redacts annotations, in the whole process. The first call wins.
pub fn set_redaction(redact: impl Redact + 'static) {
    let _ = REDACT.set(Box::new(redact));
}

/// Passes on the value, or what redaction replaces it by.
pub(crate) fn redacted<R>(
    key: &str,
    value: AnnotationValue<'_>,
    is_cut: bool,
    keep: impl FnOnce(AnnotationValue<'_>) -> R,
) -> R {
    let Some(redact) = REDACT.get() else { return keep(value) };
    // Detectors may be the user's.
    with_scratch(&REDACTED_TEXT, |out| match survive(|| redact.redact(key, value, is_cut, out)) {
        Some(false) => keep(value),
        Some(true) => keep(AnnotationValue::Text(out)),
        None => keep(AnnotationValue::Text(REDACTED)),
    })
}

/// Runs `work` with an empty text. Within another such call it is a new one.
pub(crate) fn with_scratch<R>(scratch: &'static LocalKey<Scratch>, work: impl FnOnce(&mut String) -> R) -> R {
    let mut text = scratch.try_with(Cell::take).unwrap_or_default();
    text.clear();
    let result = work(&mut text);
    let _ = scratch.try_with(|scratch| scratch.set(text));
    result
}
