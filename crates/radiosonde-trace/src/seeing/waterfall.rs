//! Draws the spans of a trace as an indented waterfall.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use crate::seeing::forest::Forest;
use crate::seeing::text::{put_text, put_value};
use crate::spans::attribute::{Attribute, AttributeValue};
use crate::spans::finished_span::{FinishedSpan, SpanKind, SpanStatus};

/// The width of a bar, in characters.
const BAR: usize = 24;

/// Spans that are deeper are not indented further.
const MAX_DEPTH: usize = 24;

const NAME_CHARACTERS: usize = 80;
const DESCRIPTION_CHARACTERS: usize = 120;
const VALUE_CHARACTERS: usize = 40;

/// The number of attributes of a span that are shown.
const ATTRIBUTES: usize = 4;

/// What is not among the spans of a trace.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Missing {
    /// Spans that did not fit.
    pub(crate) spans: u64,
    /// Whether the local root has not ended.
    pub(crate) root: bool,
}

/// Appends a trace. Times are relative to the first start among its spans.
pub(crate) fn draw(out: &mut String, spans: &[FinishedSpan], missing: Missing) {
    let Some(start) = spans.iter().map(|span| span.start).min() else { return };
    let end = spans.iter().map(|span| span.end).max().unwrap_or(start);
    let total = between(start, end);
    let forest = Forest::of(spans);
    // Writing to a `String` cannot fail.
    let _ = write!(out, "trace {}  ", spans[0].context.trace_id());
    put_duration(out, total);
    let _ = write!(out, ", {} span{}", spans.len(), if spans.len() == 1 { "" } else { "s" });
    out.push_str(if missing.root { ", not complete\n" } else { "\n" });
    for (depth, span) in forest.walk(forest.roots()) {
        put_span(out, span, depth, (start, total));
    }
    if missing.spans > 0 {
        let _ = writeln!(out, "  … and {} more, which did not fit", missing.spans);
    }
}

fn put_span(out: &mut String, span: &FinishedSpan, depth: usize, (start, total): (SystemTime, Duration)) {
    let (offset, took) = (between(start, span.start), between(span.start, span.end));
    for duration in [offset, took] {
        let mut text = String::new();
        put_duration(&mut text, duration);
        // The number of bytes and of characters differ for microseconds.
        let _ = write!(out, "{text:>9} ");
    }
    put_bar(out, (offset, took), total);
    out.push_str(&"  ".repeat(depth.min(MAX_DEPTH)));
    put_text(out, &span.name, NAME_CHARACTERS);
    if let Some(kind) = kind(span.kind) {
        let _ = write!(out, " ({kind})");
    }
    if let SpanStatus::Error { description } = &span.status {
        out.push_str(" ERROR");
        out.push_str(if description.is_empty() { "" } else { ": " });
        put_text(out, description, DESCRIPTION_CHARACTERS);
    }
    for Attribute { key, value } in shown(span) {
        out.push_str("  ");
        put_text(out, key, NAME_CHARACTERS);
        out.push('=');
        put_value(out, value, VALUE_CHARACTERS);
    }
    out.push('\n');
}

/// The attributes that say most come first.
const FIRST: [&str; 2] = ["error.type", "http.response.status_code"];

/// The attributes that are shown: not those whose text is in the name.
fn shown(span: &FinishedSpan) -> impl Iterator<Item = &Attribute> {
    let is_in_name = |attribute: &&Attribute| match &attribute.value {
        AttributeValue::String(text) => span.name.contains(&**text),
        _ => false,
    };
    let first = FIRST.iter().filter_map(|key| span.attributes.iter().find(|attribute| attribute.key == *key));
    let others = span.attributes.iter().filter(|attribute| !FIRST.contains(&&*attribute.key));
    first.chain(others.filter(move |attribute| !is_in_name(attribute))).take(ATTRIBUTES)
}

const fn kind(kind: SpanKind) -> Option<&'static str> {
    match kind {
        SpanKind::Internal => None,
        SpanKind::Server => Some("server"),
        SpanKind::Client => Some("client"),
        SpanKind::Producer => Some("producer"),
        SpanKind::Consumer => Some("consumer"),
    }
}

/// The bar of a span, at least one character wide.
fn put_bar(out: &mut String, (offset, took): (Duration, Duration), total: Duration) {
    let cells = |of: Duration| {
        let cells = of.as_nanos() * BAR as u128 / total.as_nanos().max(1);
        usize::try_from(cells).unwrap_or(BAR).min(BAR)
    };
    let from = cells(offset).min(BAR - 1);
    let to = cells(offset + took).max(from + 1);
    for cell in 0..BAR {
        out.push(if (from..to).contains(&cell) { '█' } else { ' ' });
    }
    out.push(' ');
}

fn put_duration(out: &mut String, duration: Duration) {
    let micros = duration.as_micros();
    let _ = match micros {
        0..1_000 => write!(out, "{micros}µs"),
        1_000..1_000_000 => write!(out, "{}.{}ms", micros / 1_000, micros % 1_000 / 100),
        _ => write!(out, "{}.{:02}s", micros / 1_000_000, micros % 1_000_000 / 10_000),
    };
}

/// Zero if the wall clock went back.
fn between(start: SystemTime, end: SystemTime) -> Duration {
    end.duration_since(start).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeing::forest::tests::span;

    #[track_caller]
    fn assert_drawn(spans: &[FinishedSpan], missing: Missing, expected: &[&str]) {
        let mut out = String::new();
        draw(&mut out, spans, missing);
        assert_eq!(out.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_trace_is_a_waterfall_of_its_spans() {
        let mut root = span((1, 1, Some(9)), "GET /forecast", [0, 2400]);
        (root.kind, root.parent_is_remote) = (SpanKind::Server, true);
        root.attributes.push(Attribute::new("http.route", "/forecast"));
        root.attributes.push(Attribute::new("tenant", "acme"));
        root.attributes.push(Attribute::new("http.response.status_code", 500));
        root.attributes.push(Attribute::new("error.type", "500"));
        root.status = SpanStatus::Error { description: "".into() };
        let mut failed = span((1, 2, Some(1)), "compute\x07", [1200, 1201]);
        failed.status = SpanStatus::Error { description: "too\nfar".into() };
        let last = span((1, 3, Some(2)), "late", [2400, 2400]);
        assert_drawn(
            &[last, failed, root],
            Missing::default(),
            &[
                "trace 01010101010101010101010101010101  2.40s, 3 spans",
                "      0µs     2.40s ████████████████████████ GET /forecast (server) ERROR  error.type=\"500\"  \
                 http.response.status_code=500  tenant=\"acme\"",
                "    1.20s     1.0ms             █              compute\\u{7} ERROR: too\\nfar",
                "    2.40s       0µs                        █     late",
            ],
        );
    }

    #[test]
    fn what_is_missing_is_part_of_the_text() {
        assert_drawn(
            &[span((1, 2, Some(1)), "child", [5, 5])],
            Missing { spans: 7, root: true },
            &[
                "trace 01010101010101010101010101010101  0µs, 1 span, not complete",
                "      0µs       0µs █                        child",
                "  … and 7 more, which did not fit",
            ],
        );
    }

    #[test]
    fn long_names_values_and_chains_are_cut() {
        let mut spans: Vec<_> =
            (1..=100).map(|id| span((1, id, Some(id - 1).filter(|&id| id > 0)), "deep", [0, 1])).collect();
        spans[0].name = "n".repeat(1000).into();
        spans[0].attributes = (0..9).map(|at| Attribute::new(format!("k{at}"), "v".repeat(1000))).collect();
        let mut out = String::new();
        draw(&mut out, &spans, Missing::default());
        assert!(out.lines().all(|line| line.chars().count() < 400), "{out}");
        assert!(!out.contains("k4"), "{out}");
    }
}
