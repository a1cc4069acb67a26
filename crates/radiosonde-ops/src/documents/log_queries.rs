use std::fmt::Write as _;

use crate::catalogue::{Catalogue, IndicatorEntry, SignalsEntry};
use crate::golden::GoldenQueries;
use crate::promql::{Scope, log_stream};

/// The streams of a service, and the words that a query of its error lines starts with.
struct Streams {
    /// Without the closing brace.
    open: String,
}

impl Streams {
    fn of(name: &str, scope: &Scope) -> Self {
        Self { open: log_stream(name, scope) }
    }

    fn all(&self) -> String {
        format!("{}}}", self.open)
    }

    /// Both spellings of the highest level.
    fn errors(&self) -> String {
        format!(r#"{}, level=~"ERROR|FATAL|CRITICAL"}}"#, self.open)
    }

    /// Lines about an HTTP exchange. The text before `json` leaves out most other lines unparsed.
    fn access(&self) -> String {
        format!(r#"{} |= "radiosonde::access" | json"#, self.all())
    }
}

/// The LogQL of a service's error lines.
pub(crate) fn error_lines(name: &str, scope: &Scope) -> String {
    Streams::of(name, scope).errors()
}

/// `queries.md`: LogQL and PromQL to start from.
pub(crate) fn log_queries(name: &str, catalogue: &Catalogue, scope: &Scope) -> String {
    let mut page = format!("# Queries of {name}\n\n## Logs\n\n{LOGS}");
    let streams = Streams::of(name, scope);
    for (section, queries) in
        [("Lines", lines(&streams, slow_above(catalogue))), ("Numbers from lines", numbers(&streams))]
    {
        // Writing to a String does not fail.
        let _ = write!(page, "\n### {section}\n");
        for (what, query) in queries {
            let _ = write!(page, "\n{what}:\n\n```logql\n{query}\n```\n");
        }
    }
    if !catalogue.signals.is_empty() {
        page.push_str(METRICS);
    }
    for signals in &catalogue.signals {
        golden(signals, scope, &mut page);
    }
    page
}

const LOGS: &str = "\
The stream labels are `service_name`, `level` and `env`. Ids are structured metadata: they need no `| json`. After `| json` there are the fields
of the line, such as `status`, `duration_ms` and `metadata_article`; texts in the line, such as `|= \"radiosonde::access\"`, are compared first, because they are cheaper
than `| json`. Put your own values in place of `TRACE_ID`, `REQUEST_ID`, `CORRELATION_ID` and `MESSAGE`.
";

const METRICS: &str = "
## Metrics

The golden signals, of the last five minutes. The error ratio is 0 without errors and without traffic.
";

fn lines(streams: &Streams, slow_above: f64) -> Vec<(&'static str, String)> {
    let (all, errors, access) = (streams.all(), streams.errors(), streams.access());
    vec![
        ("All lines", all.clone()),
        ("Errors", errors.clone()),
        (
            "Errors, by the level in the line",
            format!(r#"{all} |= "ERROR" | json | level="ERROR" | __error__="""#),
        ),
        ("Lines with a word, in any case", format!(r#"{all} |~ "(?i)MESSAGE""#)),
        ("Lines of a trace", format!(r#"{all} | trace_id="TRACE_ID""#)),
        ("Lines of a trace in all services", r#"{service_name=~".+"} | trace_id="TRACE_ID""#.to_owned()),
        ("Lines of a request", format!(r#"{all} | request_id="REQUEST_ID""#)),
        (
            "Lines of everything that one request led to, in all services",
            r#"{service_name=~".+"} | correlation_id="CORRELATION_ID""#.to_owned(),
        ),
        ("Requests", access.clone()),
        ("Slow requests", format!("{access} | duration_ms > {slow_above}")),
        ("Requests that failed", format!("{access} | status >= 500")),
        ("Work that failed", format!(r#"{all} |= "failed" | json | metadata_outcome="failed""#)),
    ]
}

fn numbers(streams: &Streams) -> Vec<(&'static str, String)> {
    let (all, errors, access) = (streams.all(), streams.errors(), streams.access());
    let count = |lines: &str, window| format!("count_over_time({lines} [{window}])");
    vec![
        ("Lines per second, by level", format!("sum by (level) (rate({all} [5m]))")),
        ("Bytes in an hour, by level", format!("sum by (level) (bytes_over_time({all} [1h]))")),
        ("Lines of each replica", format!("sum by (service_instance_id) ({})", count(&all, "5m"))),
        ("Errors in an hour", format!("sum({})", count(&errors, "1h"))),
        (
            "The most frequent errors",
            format!("topk(10, sum by (message) ({}))", count(&format!("{errors} | json"), "1h")),
        ),
        ("How often something is logged, per second", format!(r#"sum(rate({all} |= "MESSAGE" [5m]))"#)),
        (
            "Requests that failed in an hour",
            format!("sum({})", count(&format!("{access} | status >= 500"), "1h")),
        ),
        ("Requests by status", format!("sum by (status) ({})", count(&access, "5m"))),
        (
            "The ratio of requests that failed",
            format!(
                "(sum({}) or vector(0)) / sum({})",
                count(&format!("{access} | status >= 500"), "5m"),
                count(&format!("{access} | status > 0"), "5m")
            ),
        ),
        (
            "p95 of the duration of requests, by route",
            format!(
                r#"quantile_over_time(0.95, {access} | unwrap duration_ms | __error__="" [5m]) by (metadata_http_route)"#
            ),
        ),
    ]
}

/// The milliseconds above which a request is slow: the lowest threshold of its objectives, or else a second.
fn slow_above(catalogue: &Catalogue) -> f64 {
    let served = catalogue.signals.iter().filter(|signals| signals.kind == "http_server");
    let served: Vec<_> = served.filter_map(|signals| signals.latency.as_ref()).map(|of| &of.metric).collect();
    let thresholds = catalogue.objectives.iter().filter_map(|objective| match &objective.indicator {
        IndicatorEntry::Latency { histograms, threshold }
            if histograms.iter().any(|histogram| served.contains(&&histogram.metric)) =>
        {
            Some(threshold * 1000.0)
        }
        _ => None,
    });
    thresholds.reduce(f64::min).unwrap_or(1000.0)
}

/// The queries of the signals that the work has.
fn golden(signals: &SignalsEntry, scope: &Scope, page: &mut String) {
    let of = |queries: GoldenQueries, (label, value): &(String, String)| queries.matching(label, value);
    let queries = scope.matchers().iter().fold(GoldenQueries::of_entry(signals), of);
    // Writing to a String does not fail.
    let _ = write!(page, "\n### {} {}\n", signals.kind, signals.name);
    for (what, query) in [
        ("Latency: p95 in seconds", queries.latency(0.95)),
        ("Traffic per second", queries.traffic()),
        ("Error ratio", queries.error_ratio()),
        ("Saturation", queries.saturation()),
    ] {
        if let Ok(query) = query {
            let _ = write!(page, "\n{what}:\n\n```promql\n{query}\n```\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use radiosonde_metrics::Registry;
    use radiosonde_metrics::model::Kind;
    use radiosonde_signals::{GoldenSignals, Series};

    use super::*;

    fn catalogue() -> Catalogue {
        let registry = Registry::new();
        let _ = registry.counter("requests_total", "Requests.").build().unwrap();
        let series = |metric, kind| Series::of(&registry, metric, kind);
        let server = GoldenSignals::new("http_server", "orders")
            .with_latency(series("request_seconds", Kind::Histogram))
            .with_traffic(series("requests_total", Kind::Counter));
        Catalogue { signals: vec![(&server).into()], ..Catalogue::of(&registry) }
    }

    fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
        let start = format!("```{language}\n");
        page.split(&start).skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
    }

    #[test]
    fn queries_select_the_service_by_the_label_that_it_has() {
        let page = log_queries("orders", &catalogue(), &Scope::everything());
        assert_eq!(blocks(&page, "logql")[0], r#"{service_name="orders"}"#);
        assert_eq!(blocks(&page, "promql")[1], "sum(rate(requests_total[5m]))");
        let scope = Scope::everything().matching("service", "a\"b");
        let page = log_queries("orders", &catalogue(), &scope);
        assert_eq!(blocks(&page, "logql")[0], r#"{service="a\"b"}"#);
        assert_eq!(blocks(&page, "promql")[1], r#"sum(rate(requests_total{service="a\"b"}[5m]))"#);
        assert_eq!(error_lines("orders", &scope), r#"{service="a\"b", level=~"ERROR|FATAL|CRITICAL"}"#);
    }

    #[test]
    fn a_signal_without_a_query_is_left_out() {
        let page = log_queries("orders", &catalogue(), &Scope::everything());
        assert_eq!(blocks(&page, "promql").len(), 2);
        assert!(page.contains("### http_server orders\n\nLatency: p95 in seconds:\n"), "{page}");
        assert!(!log_queries("orders", &Catalogue::default(), &Scope::everything()).contains("## Metrics"));
    }

    #[test]
    fn a_request_is_slow_above_the_lowest_threshold_of_its_objectives() {
        let mut catalogue = catalogue();
        assert_eq!(slow_above(&catalogue), 1000.0);
        let histogram = catalogue.signals[0].latency.clone().unwrap();
        for (threshold, histogram) in [(0.2, histogram.clone()), (0.5, histogram.clone())] {
            catalogue.objectives.push(crate::catalogue::ObjectiveEntry {
                name: "fast".to_owned(),
                alert_label: "fast".to_owned(),
                target: 99.0,
                indicator: IndicatorEntry::Latency { histograms: vec![histogram], threshold },
                period: Duration::from_secs(3600),
                windows: Vec::new(),
                min_bad_events: 1.0,
                expected_traffic: None,
                owner: None,
                runbook: None,
            });
        }
        assert_eq!(slow_above(&catalogue), 200.0);
        assert!(log_queries("a", &catalogue, &Scope::everything()).contains("| duration_ms > 200\n"));
    }
}
