//! The parser of Prometheus text 0.0.4 against its description.
//!
//! Source: <https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details>
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use conformance::{FamilyKind, text};

/// The example of the description, without its comments, timestamps and samples that have no type.
const EXAMPLE: &str = r#"# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027
http_requests_total{method="post",code="400"} 3
# HELP msdos_file_access_time_seconds Escaping in label values: \\ and \n.
# TYPE msdos_file_access_time_seconds untyped
msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9
# HELP http_request_duration_seconds A histogram of the "request" duration.
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.05"} 24054
http_request_duration_seconds_bucket{le="1"} 133988
http_request_duration_seconds_bucket{le="+Inf"} 144320
http_request_duration_seconds_sum 53423
http_request_duration_seconds_count 144320
# HELP rpc_duration_seconds A summary of the RPC duration in seconds.
# TYPE rpc_duration_seconds summary
rpc_duration_seconds{quantile="0.01"} 3102
rpc_duration_seconds{quantile="0.99"} 76656
rpc_duration_seconds_sum 1.7560473e+07
rpc_duration_seconds_count 2693
"#;

#[test]
fn the_example_of_the_description_is_read() {
    let read = text(EXAMPLE).unwrap();
    let kinds: Vec<_> = read.families.iter().map(|family| family.kind).collect();
    assert_eq!(kinds, [FamilyKind::Counter, FamilyKind::Unknown, FamilyKind::Histogram, FamilyKind::Summary]);
    assert_eq!(read.families[1].help.as_deref(), Some("Escaping in label values: \\ and \n."));
    let sample = &read.families[1].samples[0];
    assert_eq!(sample.label("path"), Some("C:\\DIR\\FILE.TXT"));
    assert_eq!(sample.label("error"), Some("Cannot find file:\n\"FILE.TXT\""));
    assert_eq!(sample.value.as_f64(), 1_458_255_915.0);
}

/// What is wrong, the text, and the line that is blamed.
const REFUSED: &[(&str, &str, usize)] = &[
    ("no line feed at the end", "# HELP a A.\n# TYPE a gauge\na 1", 3),
    ("a blank line", "# HELP a A.\n# TYPE a gauge\n\na 1\n", 3),
    ("a comment", "# a\n", 1),
    ("an exemplar", "# HELP a_total A.\n# TYPE a_total counter\na_total 1 # {b=\"c\"} 1\n", 3),
    ("a timestamp", "# HELP a A.\n# TYPE a gauge\na 1 1395066363000\n", 3),
    ("no type", "# HELP a A.\na 1\n", 2),
    ("no metadata", "a 1\n", 1),
    ("two types", "# HELP a A.\n# TYPE a gauge\n# TYPE a gauge\n", 3),
    ("two helps", "# HELP a A.\n# HELP a A.\n# TYPE a gauge\n", 2),
    ("a type of OpenMetrics", "# HELP a A.\n# TYPE a unknown\n", 2),
    ("the mark of OpenMetrics", "# EOF\n", 1),
    ("a quote escaped in the help", "# HELP a \\\"\n# TYPE a gauge\n", 1),
    ("a line feed in the help", "# HELP a A\nB\n# TYPE a gauge\n", 2),
    ("a quote that is not escaped", "# HELP a A.\n# TYPE a gauge\na{b=\"\"\"} 1\n", 3),
    ("a line feed that is not escaped", "# HELP a A.\n# TYPE a gauge\na{b=\"\n\"} 1\n", 3),
    (
        "a family in two places",
        "# HELP a A.\n# TYPE a gauge\na 1\n# HELP b B.\n# TYPE b gauge\na{c=\"d\"} 1\n",
        6,
    ),
    ("a duplicate", "# HELP a A.\n# TYPE a gauge\na 1\na 1\n", 4),
    (
        "a duplicate, since an empty label counts as absent",
        "# HELP a A.\n# TYPE a gauge\na{b=\"\"} 1\na 1\n",
        4,
    ),
    ("a counter without its own suffix", "# HELP a A.\n# TYPE a counter\na_total 1\n", 3),
    (
        "a count that is not the last bucket",
        "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 2\na_sum 1\na_count 1\n",
        5,
    ),
    ("no count", "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 2\na_sum 1\n", 3),
    (
        "no bucket up to infinity",
        "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_sum 1\na_count 2\n",
        3,
    ),
    (
        "buckets that do not ascend",
        "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 2\na_bucket{le=\"1\"} 2\na_sum 1\na_count 2\n",
        4,
    ),
    (
        "quantiles that do not ascend",
        "# HELP a A.\n# TYPE a summary\na{quantile=\"0.5\"} 1\na{quantile=\"0.5\",b=\"\"} 1\na_sum 1\na_count 2\n",
        4,
    ),
    (
        "quantiles in another order",
        "# HELP a A.\n# TYPE a summary\na{quantile=\"0.5\"} 1\na{quantile=\"0.1\"} 1\na_sum 1\na_count 2\n",
        4,
    ),
];

#[test]
fn what_is_wrong_is_refused_in_its_line() {
    for (what, wrong, line) in REFUSED {
        match text(wrong) {
            Ok(read) => panic!("{what} is read as {read:?}"),
            Err(refusal) => assert_eq!(refusal.line(), *line, "{what}: {refusal}"),
        }
    }
}
