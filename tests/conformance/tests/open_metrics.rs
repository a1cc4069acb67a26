//! The parser of OpenMetrics against the specification: its examples pass, and what it forbids is refused.
//!
//! Source: <https://prometheus.io/docs/specs/om/open_metrics_spec/>
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use conformance::{FamilyKind, open_metrics};

/// Section "Overall Structure", without the `_created` of the example, which it shows between metrics.
const COMPLETE: &str = r#"# TYPE acme_http_router_request_seconds summary
# UNIT acme_http_router_request_seconds seconds
# HELP acme_http_router_request_seconds Latency though all of ACME's HTTP request router.
acme_http_router_request_seconds_sum{path="/api/v1",method="GET"} 9036.32
acme_http_router_request_seconds_count{path="/api/v1",method="GET"} 807283
acme_http_router_request_seconds_created{path="/api/v1",method="GET"} 1605281325.0
acme_http_router_request_seconds_sum{path="/api/v2",method="POST"} 479.3
acme_http_router_request_seconds_count{path="/api/v2",method="POST"} 34
acme_http_router_request_seconds_created{path="/api/v2",method="POST"} 1605281325.0
# TYPE go_goroutines gauge
# HELP go_goroutines Number of goroutines that currently exist.
go_goroutines 69
# TYPE process_cpu_seconds counter
# UNIT process_cpu_seconds seconds
# HELP process_cpu_seconds Total user and system CPU time spent in seconds.
process_cpu_seconds_total 4.20072246e+06
# EOF
"#;

/// Section "Histogram", and the exemplars of its subsection.
const HISTOGRAM: &str = r#"# TYPE foo histogram
foo_bucket{le="0.0"} 0
foo_bucket{le="1e-05"} 0
foo_bucket{le="0.0001"} 5
foo_bucket{le="0.1"} 8 # {} 0.054
foo_bucket{le="1.0"} 10 # {trace_id="KOO5S4vxi0o"} 0.67
foo_bucket{le="10.0"} 11 # {trace_id="oHg5SJYRHA0"} 9.8 1520879607.789
foo_bucket{le="100000.0"} 11
foo_bucket{le="1e+06"} 15
foo_bucket{le="1e+23"} 16
foo_bucket{le="1.1e+23"} 17
foo_bucket{le="+Inf"} 17
foo_count 17
foo_sum 324789.3
foo_created 1520430000.123
# EOF
"#;

#[test]
fn the_examples_of_the_specification_are_read() {
    let complete = open_metrics(COMPLETE).unwrap();
    assert_eq!(complete.families.len(), 3);
    assert_eq!(complete.family("process_cpu_seconds").unwrap().unit.as_deref(), Some("seconds"));
    let labels = [("method", "POST"), ("path", "/api/v2")];
    let count = complete.sample("acme_http_router_request_seconds_count", &labels).unwrap();
    assert_eq!(count.value.as_u64(), Some(34));

    let histogram = open_metrics(HISTOGRAM).unwrap();
    let bucket = histogram.sample("foo_bucket", &[("le", "10.0")]).unwrap();
    let exemplar = bucket.exemplar.as_ref().unwrap();
    assert_eq!(exemplar.label("trace_id"), Some("oHg5SJYRHA0"));
    assert_eq!(exemplar.value.as_f64(), 9.8);
    assert_eq!(exemplar.timestamp.as_ref().unwrap().as_str(), "1520879607.789");
}

#[test]
fn what_is_valid_passes() {
    let cases = [
        ("nothing", ""),
        ("metadata alone", "# TYPE foo gauge\n"),
        ("no metadata", "foo 42.23\n"),
        ("an empty set of labels", "# TYPE foo gauge\nfoo{} 0\n"),
        ("an empty help", "# TYPE foo gauge\n# HELP foo \nfoo 0\n"),
        (
            "escapes",
            "# TYPE foo gauge\n# HELP foo Some text and \\n some \\\" escaping\nfoo{a=\"\\\\ \\\" \\n\"} 0\n",
        ),
        ("every character", "# TYPE foo gauge\nfoo{a=\"\0\r\t{},=# \u{2028}é𝄞\"} 0\n"),
        ("info", "# TYPE foo info\nfoo_info{entity=\"controller\",name=\"pretty name\"} 1.0\n"),
        ("states", "# TYPE foo stateset\nfoo{foo=\"a\"} 0\nfoo{foo=\"bb\"} 1\n"),
        (
            "quantiles in any order",
            "# TYPE foo summary\nfoo{quantile=\"0.99\"} 150.0\nfoo{quantile=\"0.95\"} NaN\n",
        ),
        (
            "a histogram without a sum",
            "# TYPE foo histogram\nfoo_bucket{le=\"-1.0\"} 1\nfoo_bucket{le=\"+Inf\"} 1\n",
        ),
        (
            "a gauge histogram",
            "# TYPE foo gaugehistogram\nfoo_bucket{le=\"-1.0\"} 20\nfoo_bucket{le=\"+Inf\"} 42\nfoo_gcount 42\nfoo_gsum -2.5\n",
        ),
        ("an exemplar of a counter", "# TYPE foo counter\nfoo_total 1 # {a=\"b\"} 1 1.5\n"),
        ("a counter without its suffix", "# TYPE foo unknown\nfoo 3\n"),
        (
            "every number",
            "# TYPE foo gauge\nfoo{a=\"1\"} NaN\nfoo{a=\"2\"} +Inf\nfoo{a=\"3\"} -inf\nfoo{a=\"4\"} -0.5e-7\n",
        ),
    ];
    for (what, text) in cases {
        for end in ["# EOF\n", "# EOF"] {
            let read = open_metrics(&format!("{text}{end}"));
            assert!(read.is_ok(), "{what}: {read:?}");
        }
    }
}

#[test]
fn what_is_read_is_what_was_written() {
    let text = "# TYPE a_bytes gauge\n# UNIT a_bytes bytes\n# HELP a_bytes \\\\ \\\" \\n\na_bytes{b=\"\\\\n\\\"\\n\"} 5\n# EOF\n";
    let read = open_metrics(text).unwrap();
    let family = &read.families[0];
    assert_eq!((family.kind, family.unit.as_deref()), (FamilyKind::Gauge, Some("bytes")));
    assert_eq!(family.help.as_deref(), Some("\\ \" \n"));
    assert_eq!(family.samples[0].label("b"), Some("\\n\"\n"));
}

/// The defect, the text without its end, and the line in the error.
const REFUSED: &[(&str, &str, usize)] = &[
    // Section "Overall Structure".
    ("a byte order mark", "\u{feff}# TYPE foo gauge\n", 1),
    ("a carriage return at the end of a line", "# TYPE foo gauge\r\nfoo 0\r\n", 1),
    ("a blank line", "# TYPE foo gauge\n\nfoo 0\n", 2),
    ("a comment", "# a comment\n", 1),
    ("a second end", "# EOF\n", 2),
    ("blanks at the end", "# TYPE foo gauge\nfoo 0 \n", 2),
    ("two blanks", "# TYPE foo gauge\nfoo  0\n", 2),
    ("a tab", "# TYPE foo gauge\nfoo\t0\n", 2),
    ("a blank before the labels", "# TYPE foo gauge\nfoo {a=\"b\"} 0\n", 2),
    ("no value", "# TYPE foo gauge\nfoo\n", 2),
    ("a timestamp", "# TYPE foo gauge\nfoo 1 1520879607.789\n", 2),
    // Section "ABNF".
    ("a name that begins with a digit", "# TYPE 9foo gauge\n", 1),
    ("a name with a dash", "# TYPE fo-o gauge\n", 1),
    ("no name", "# TYPE  gauge\n", 1),
    ("a label's name with a colon", "foo{a:b=\"c\"} 0\n", 1),
    ("no label's name", "foo{=\"c\"} 0\n", 1),
    ("a label's name of Prometheus", "foo{__name__=\"c\"} 0\n", 1),
    ("a comma after the last label", "foo{a=\"b\",} 0\n", 1),
    ("a comma before the first label", "foo{,a=\"b\"} 0\n", 1),
    ("a value without quotes", "foo{a=b} 0\n", 1),
    ("a value without an end", "foo{a=\"b} 0\n", 1),
    ("a label twice", "foo{a=\"b\",a=\"c\"} 0\n", 1),
    ("a quote that is not escaped", "foo{a=\"b\"c\"} 0\n", 1),
    ("a line feed that is not escaped", "foo{a=\"b\nc\"} 0\n", 1),
    ("a line feed in the help", "# HELP foo a\nb\nfoo 0\n", 2),
    ("an undefined escape", "foo{a=\"\\t\"} 0\n", 1),
    ("a backslash at the end of the help", "# HELP foo a\\\nfoo 0\n", 1),
    ("a hexadecimal number", "foo 0x1p3\n", 1),
    ("a number with a separator", "foo 1_000\n", 1),
    ("a number that no float holds", "foo 1e999\n", 1),
    ("a negative NaN", "foo -NaN\n", 1),
    // Section "MetricFamily metadata".
    ("an unknown type", "# TYPE foo bar\n", 1),
    ("the type of 0.0.4", "# TYPE foo untyped\n", 1),
    ("the type in capitals", "# TYPE foo Gauge\n", 1),
    ("help without a name", "# HELP\n", 1),
    ("help without a blank", "# HELP foo\n", 1),
    ("two types", "# TYPE foo gauge\n# TYPE foo gauge\n", 2),
    ("two units", "# TYPE a_b gauge\n# UNIT a_b b\n# UNIT a_b b\n", 3),
    ("two helps", "# TYPE foo gauge\n# HELP foo a\n# HELP foo a\n", 3),
    ("the type after the help", "# HELP foo a\n# TYPE foo gauge\nfoo 0\n", 2),
    ("the unit after the help", "# TYPE a_b gauge\n# HELP a_b a\n# UNIT a_b b\n", 3),
    ("the type after the samples", "foo 0\n# TYPE foo unknown\n", 2),
    ("the help after the samples", "# TYPE foo gauge\nfoo 0\n# HELP foo a\n", 3),
    ("a unit that is no suffix", "# TYPE foo gauge\n# UNIT foo seconds\nfoo 1\n", 3),
    ("a unit without an underscore", "# TYPE aseconds gauge\n# UNIT aseconds seconds\naseconds 1\n", 3),
    ("a unit of an info", "# TYPE a_b info\n# UNIT a_b b\na_b_info 1\n", 3),
    // Section "MetricFamily", "Metric", "MetricPoint".
    ("families amid others", "# TYPE a gauge\na{b=\"1\"} 0\n# TYPE c gauge\nc 0\na{b=\"2\"} 0\n", 5),
    ("metadata of a family above", "# TYPE a gauge\n# TYPE c gauge\n# HELP a A\n", 3),
    (
        "metrics amid others",
        "# TYPE a counter\na_total{b=\"1\"} 0\na_total{b=\"2\"} 0\na_created{b=\"1\"} 0\n",
        4,
    ),
    ("a duplicate", "# TYPE a gauge\na{b=\"1\"} 0\na{b=\"1\"} 0\n", 3),
    ("a duplicate in another order", "# TYPE a gauge\na{b=\"1\",c=\"2\"} 0\na{c=\"2\",b=\"1\"} 0\n", 3),
    ("a duplicate, since an empty label counts as absent", "# TYPE a gauge\na{b=\"\"} 0\na 0\n", 3),
    // Section "Suffixes".
    (
        "a gauge called like a counter's sample",
        "# TYPE foo counter\nfoo_total 1\n# TYPE foo_created gauge\nfoo_created 0\n",
        4,
    ),
    (
        "a gauge called like a bucket",
        "# TYPE foo_bucket gauge\nfoo_bucket 1\n# TYPE foo histogram\nfoo_bucket{le=\"+Inf\"} 0\n",
        4,
    ),
    ("a counter without its suffix", "# TYPE foo counter\nfoo 1\n", 2),
    ("a gauge with a suffix", "# TYPE foo gauge\nfoo_total 1\nfoo 1\n", 3),
    // Section "Counter".
    ("a counter that is NaN", "# TYPE foo counter\nfoo_total NaN\n", 2),
    ("a negative counter", "# TYPE foo counter\nfoo_total -1\n", 2),
    ("a counter that is only created", "# TYPE foo counter\nfoo_created 1\n", 2),
    // Section "StateSet", "Info".
    ("a state that is half true", "# TYPE foo stateset\nfoo{foo=\"a\"} 0.5\n", 2),
    ("a state without its label", "# TYPE foo stateset\nfoo{a=\"a\"} 1\n", 2),
    ("an info that is 2", "# TYPE foo info\nfoo_info 2\n", 2),
    // Section "Histogram".
    ("no bucket", "# TYPE foo histogram\nfoo_count 0\nfoo_sum 0\n", 2),
    (
        "no bucket up to infinity",
        "# TYPE foo histogram\nfoo_bucket{le=\"1.0\"} 0\nfoo_count 0\nfoo_sum 0\n",
        2,
    ),
    (
        "buckets that do not ascend",
        "# TYPE foo histogram\nfoo_bucket{le=\"2.0\"} 0\nfoo_bucket{le=\"1.0\"} 0\nfoo_bucket{le=\"+Inf\"} 0\n",
        3,
    ),
    (
        "a bucket twice",
        "# TYPE foo histogram\nfoo_bucket{le=\"1.0\"} 0\nfoo_bucket{le=\"1.0\"} 0\nfoo_bucket{le=\"+Inf\"} 0\n",
        3,
    ),
    (
        "buckets that decrease",
        "# TYPE foo histogram\nfoo_bucket{le=\"1.0\"} 2\nfoo_bucket{le=\"+Inf\"} 1\n",
        3,
    ),
    ("a bucket that counts halves", "# TYPE foo histogram\nfoo_bucket{le=\"+Inf\"} 1.5\n", 2),
    ("a bucket without a bound", "# TYPE foo histogram\nfoo_bucket{a=\"1\"} 1\n", 2),
    ("a bound that is NaN", "# TYPE foo histogram\nfoo_bucket{le=\"NaN\"} 1\nfoo_bucket{le=\"+Inf\"} 1\n", 2),
    (
        "a bound that is not canonical",
        "# TYPE foo histogram\nfoo_bucket{le=\"1\"} 1\nfoo_bucket{le=\"+Inf\"} 1\n",
        2,
    ),
    ("infinity without a sign", "# TYPE foo histogram\nfoo_bucket{le=\"Inf\"} 1\n", 2),
    (
        "a count that is not the last bucket",
        "# TYPE foo histogram\nfoo_bucket{le=\"+Inf\"} 2\nfoo_sum 1\nfoo_count 1\n",
        4,
    ),
    ("a count without a sum", "# TYPE foo histogram\nfoo_bucket{le=\"+Inf\"} 2\nfoo_count 2\n", 3),
    ("a sum without a count", "# TYPE foo histogram\nfoo_bucket{le=\"+Inf\"} 2\nfoo_sum 2\n", 3),
    (
        "a sum with negative bounds",
        "# TYPE foo histogram\nfoo_bucket{le=\"-1.0\"} 0\nfoo_bucket{le=\"+Inf\"} 0\nfoo_count 0\nfoo_sum 0\n",
        5,
    ),
    ("a negative sum", "# TYPE foo histogram\nfoo_bucket{le=\"+Inf\"} 1\nfoo_count 1\nfoo_sum -2\n", 4),
    ("a sum that is NaN", "# TYPE foo histogram\nfoo_bucket{le=\"+Inf\"} 1\nfoo_count 1\nfoo_sum NaN\n", 4),
    // Section "Summary".
    ("a quantile above 1", "# TYPE foo summary\nfoo{quantile=\"2.0\"} 0\n", 2),
    ("a quantile that is NaN", "# TYPE foo summary\nfoo{quantile=\"NaN\"} 0\n", 2),
    ("a quantile that is not canonical", "# TYPE foo summary\nfoo{quantile=\"1\"} 0\n", 2),
    ("a quantile without its label", "# TYPE foo summary\nfoo 0\n", 2),
    ("a negative value of a quantile", "# TYPE foo summary\nfoo{quantile=\"0.5\"} -1\n", 2),
    ("a negative sum of a summary", "# TYPE foo summary\nfoo_sum -1\n", 2),
    ("half a count of a summary", "# TYPE foo summary\nfoo_count 0.5\n", 2),
    // Section "Exemplars".
    ("an exemplar of a gauge", "# TYPE foo gauge\nfoo 1 # {a=\"b\"} 1\n", 2),
    (
        "an exemplar of a count",
        "# TYPE foo histogram\nfoo_bucket{le=\"+Inf\"} 1\nfoo_sum 1\nfoo_count 1 # {a=\"b\"} 1\n",
        4,
    ),
    ("an exemplar without labels", "# TYPE foo counter\nfoo_total 1 # 1\n", 2),
    ("an exemplar without a value", "# TYPE foo counter\nfoo_total 1 # {a=\"b\"}\n", 2),
    ("an exemplar with an invalid timestamp", "# TYPE foo counter\nfoo_total 1 # {a=\"b\"} 1 NaN\n", 2),
    ("two exemplars", "# TYPE foo counter\nfoo_total 1 # {} 1 # {} 1\n", 2),
    (
        "an exemplar outside its bucket",
        "# TYPE foo histogram\nfoo_bucket{le=\"1.0\"} 1 # {} 1.5\nfoo_bucket{le=\"+Inf\"} 1\n",
        2,
    ),
];

#[test]
fn what_is_forbidden_is_refused_in_its_line() {
    for (what, text, line) in REFUSED {
        match open_metrics(&format!("{text}# EOF\n")) {
            Ok(read) => panic!("{what} is read as {read:?}"),
            Err(refusal) => assert_eq!(refusal.line(), *line, "{what}: {refusal}"),
        }
    }
}

#[test]
fn a_text_that_does_not_end_is_refused() {
    for text in ["", "# TYPE foo gauge\nfoo 0\n", "# EOF \n", "#EOF\n", "# eof\n", "# TYPE foo gauge\nfoo 0"]
    {
        assert!(open_metrics(text).is_err(), "{text:?}");
    }
}

#[test]
fn an_exemplar_has_at_most_128_characters_whatever_their_bytes() {
    let exposition = |length: usize| {
        format!("# TYPE foo counter\nfoo_total 1 # {{ab=\"{}\"}} 1\n# EOF\n", "é".repeat(length))
    };
    assert!(open_metrics(&exposition(126)).is_ok());
    assert!(open_metrics(&exposition(127)).is_err());
}
