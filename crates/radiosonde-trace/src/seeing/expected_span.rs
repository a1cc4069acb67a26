use std::fmt::Write as _;

use crate::seeing::text::{put_text, put_value};
use crate::spans::attribute::AttributeValue;
use crate::spans::finished_span::{FinishedSpan, SpanStatus};

/// A span as [`assert_trace!`](crate::assert_trace) expects it.
#[doc(hidden)]
#[derive(Debug)]
pub struct ExpectedSpan {
    name: &'static str,
    is_error: bool,
    attributes: Vec<(String, AttributeValue)>,
    children: Vec<Self>,
}

/// Names and values in a message are cut here.
const CHARACTERS: usize = 200;

impl ExpectedSpan {
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, is_error: false, attributes: Vec::new(), children: Vec::new() }
    }

    #[must_use]
    pub const fn error(mut self) -> Self {
        self.is_error = true;
        self
    }

    #[must_use]
    pub fn attributes(mut self, attributes: Vec<(String, AttributeValue)>) -> Self {
        self.attributes = attributes;
        self
    }

    #[must_use]
    pub fn children(mut self, children: Vec<Self>) -> Self {
        self.children = children;
        self
    }

    pub(crate) const fn name(&self) -> &str {
        self.name
    }

    pub(crate) fn below(&self) -> &[Self] {
        &self.children
    }

    /// What is expected, in the macro's syntax.
    pub(crate) fn line(&self) -> String {
        let attributes = self.attributes.iter().map(|(key, value)| (key.as_str(), Some(value)));
        line(self.name, self.is_error, attributes)
    }

    /// The same of a span that was found: attributes that are not expected are left out.
    pub(crate) fn line_of(&self, span: &FinishedSpan) -> String {
        let attributes = self.attributes.iter().map(|(key, _)| (key.as_str(), span.attribute(key)));
        line(&span.name, is_error(span), attributes)
    }
}

pub(crate) fn line_of_unexpected(span: &FinishedSpan) -> String {
    line(&span.name, is_error(span), std::iter::empty())
}

const fn is_error(span: &FinishedSpan) -> bool {
    matches!(span.status, SpanStatus::Error { .. })
}

fn line<'a>(
    name: &str,
    is_error: bool,
    attributes: impl Iterator<Item = (&'a str, Option<&'a AttributeValue>)>,
) -> String {
    let mut line = String::from('"');
    put_text(&mut line, name, CHARACTERS);
    line.push_str(if is_error { "\" error" } else { "\"" });
    let mut separator = " [";
    for (key, value) in attributes {
        // Writing to a `String` cannot fail.
        let _ = write!(line, "{separator}{key} = ");
        match value {
            Some(value) => put_value(&mut line, value, CHARACTERS),
            None => line.push_str("(none)"),
        }
        separator = ", ";
    }
    line.push_str(if separator == ", " { "]" } else { "" });
    line
}
