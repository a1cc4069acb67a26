//! The kind of an error is not in place of its text.

mod spans;

use std::fmt;

use radiosonde_signals::{ErrorKind, observe};
use spans::Spans;

#[derive(Debug, ErrorKind)]
enum ChargeError {
    CardDeclined,
}

impl fmt::Display for ChargeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the card was declined")
    }
}

#[observe]
fn charge() -> Result<u8, ChargeError> {
    Err(ChargeError::CardDeclined)
}

#[test]
fn a_span_has_the_text_of_an_error_besides_its_kind() {
    let (spans, _guard) = Spans::install();
    assert!(charge().is_err());
    assert_eq!(spans.one().values.get("otel.status_description"), "debug the card was declined");
}
