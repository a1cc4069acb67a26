//! What the checker finds in queries, rules and dashboards, and what it lets pass.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use radiosonde_ops::{Catalogue, Checker, Diagnostic, DiagnosticSeverity};

const CATALOGUE: &str = r#"{"metrics": [
{"name": "requests_total", "kind": "counter", "help": "h", "labels": ["endpoint", "status"], "declared_in": "a.rs",
 "label_values": {"status": ["success", "error"]}, "former_names": ["calls_total"]},
{"name": "jobs_total", "kind": "counter", "help": "h", "labels": ["queue", "state"], "declared_in": "a.rs"},
{"name": "duration_seconds", "kind": "histogram", "help": "h", "labels": ["endpoint"], "buckets": [0.1, 0.5, 1, 5], "declared_in": "a.rs"},
{"name": "native_seconds", "kind": "histogram", "help": "h", "labels": ["endpoint"], "declared_in": "a.rs"},
{"name": "connections", "kind": "gauge", "help": "h", "labels": ["state"], "declared_in": "a.rs",
 "label_values": {"state": ["used", "idle", "max"]}},
{"name": "memory_bytes", "kind": "gauge", "help": "h", "declared_in": "a.rs"},
{"name": "mode", "kind": "stateset", "help": "h", "labels": ["mode"], "declared_in": "a.rs", "label_values": {"mode": ["on", "off"]}},
{"name": "wait_seconds", "kind": "summary", "help": "h", "quantiles": [0.5, 0.99], "declared_in": "a.rs"},
{"name": "build_info", "kind": "info", "help": "h", "labels": ["version"], "declared_in": "a.rs"}
]}"#;

fn checker() -> Checker {
    Checker::new(&Catalogue::from_json(CATALOGUE).unwrap()).external("node_").target_label("service")
}

fn codes(found: &[Diagnostic]) -> String {
    found.iter().map(|found| found.code.as_str()).collect::<Vec<_>>().join(" ")
}

/// The codes found in a query, and the first fix.
fn query(query: &str) -> (String, String) {
    let found = checker().check_queries("q.promql", query);
    (codes(&found), found.first().and_then(|found| found.fix.clone()).unwrap_or_default())
}

fn alert(expr: &str) -> String {
    codes(&checker().check_rules("r.yml", &format!("- alert: A\n  expr: |\n    {expr}\n")))
}

#[track_caller]
fn finds(of: &str, code: &str, fix: &str) {
    assert_eq!(query(of), (code.to_owned(), fix.to_owned()), "{of}");
}

#[test]
fn a_metric_that_does_not_exist_is_found() {
    finds("rate(request_total[5m])", "metric-missing", "rate(requests_total[5m])");
    finds("rate(duration_seconds[5m])", "metric-missing", "rate(duration_seconds_count[5m])");
    finds("connections_used", "metric-missing", "connections{state=\"used\"}");
    finds("rate(requests_count[5m])", "metric-missing", "");
    finds("rate(calls_total[5m])", "metric-renamed", "rate(requests_total[5m])");
    for known in [
        "rate(requests_total[5m]) or rate(calls_total[5m])",
        "wait_seconds_sum",
        "node_anything",
        "duration_seconds_created",
    ] {
        finds(known, "", "");
    }
}

#[test]
fn a_label_that_does_not_exist_is_found() {
    finds(
        "sum(rate(requests_total{statu=\"error\"}[5m]))",
        "label-missing",
        "sum(rate(requests_total{status=\"error\"}[5m]))",
    );
    finds("sum by (route) (rate(requests_total[5m]))", "label-missing", "");
    finds("sum by (le) (rate(duration_seconds_count[5m]))", "label-missing", "");
    finds("memory_bytes * on (node) group_left () build_info", "label-missing", "");
    finds("memory_bytes * on (instance) group_left (commit) build_info", "label-missing", "");
    for known in [
        "sum by (job, instance, service, status) (requests_total)",
        "count by (__name__) (requests_total)",
        "sum by ($by) (requests_total)",
        "label_replace(memory_bytes, \"to\", \"$1\", \"job\", \"(.*)\") * on (to) label_replace(memory_bytes, \"to\", \"a\", \"\", \"\")",
    ] {
        finds(known, "", "");
    }
}

#[test]
fn a_value_that_a_label_never_has_is_found() {
    finds("sum(rate(requests_total{status!~\"5..\"}[5m]))", "label-value", "");
    finds("sum(rate(requests_total{status=~\"5..\"}[5m]))", "label-value", "");
    finds("connections{state=\"usd\"}", "label-value", "connections{state=\"used\"}");
    finds("connections{state=~\"used|bsy\"}", "label-value", "");
    finds("wait_seconds{quantile=\"0.9\"}", "label-value", "");
    // Expressions match whole values.
    finds("connections{state=~\"us\"}", "label-value", "");
    for known in [
        "connections{state=~\"us.*\"}",
        "connections{state!=\"idle\",state!=\"\"}",
        "connections{state=~\"$state\"}",
        "wait_seconds{quantile=\"0.99\"}",
        "requests_total{endpoint=\"/\"}",
    ] {
        finds(known, "", "");
    }
}

#[test]
fn functions_of_the_wrong_kind_of_metric_are_found() {
    finds("rate(memory_bytes[5m])", "rate-of-gauge", "deriv(memory_bytes[5m])");
    finds("increase(connections[5m])", "rate-of-gauge", "delta(connections[5m])");
    finds("delta(requests_total[5m])", "delta-of-counter", "increase(requests_total[5m])");
    for known in [
        "rate(duration_seconds_sum[5m])",
        "deriv(memory_bytes[5m])",
        "rate(wait_seconds_count[5m])",
        "rate(node_x[5m])",
    ] {
        finds(known, "", "");
    }
}

#[test]
fn bounds_that_are_not_buckets_are_found() {
    let bucket = |le: &str| format!("sum(rate(duration_seconds_bucket{{{le}}}[5m]))");
    finds(&bucket("le=\"0.2\""), "le-not-a-bucket", &bucket("le=\"0.1\""));
    finds(&bucket("le=\"0.50\""), "le-not-a-bucket", &bucket("le=\"0.5\""));
    finds(&bucket("le=\"4\""), "le-not-a-bucket", &bucket("le=~\"5(\\\\.0)?\""));
    for known in ["le=\"1\"", "le=\"1.0\"", "le=~\"1(\\\\.0)?\"", "le=\"+Inf\"", "le=\"0.5\"", "le!=\"+Inf\""]
    {
        finds(&bucket(known), "", "");
    }
}

#[test]
fn operands_that_never_match_are_found() {
    finds(
        "sum(rate(requests_total[5m])) / rate(jobs_total[5m])",
        "operands-never-match",
        "sum(rate(requests_total[5m])) / ignoring (instance, job, queue, state) group_right () rate(jobs_total[5m])",
    );
    finds(
        "connections{state=\"used\"} / connections{state=\"max\"}",
        "operands-never-match",
        "connections{state=\"used\"} / ignoring (state) connections{state=\"max\"}",
    );
    finds(
        "connections{state=\"used\"} - connections{state=\"max\"}",
        "operands-never-match",
        "connections{state=\"used\"} - ignoring (state) connections{state=\"max\"}",
    );
    finds("memory_bytes and on (state) connections", "operands-never-match", "");
    for known in [
        "connections{state=\"used\"} / ignoring (state) connections{state=\"max\"}",
        "sum by (endpoint) (rate(requests_total[5m])) / on (endpoint) sum by (endpoint) (rate(duration_seconds_count[5m]))",
        "memory_bytes * on (instance) group_left (version) build_info",
        "sum(requests_total) or vector(0)",
        "rate(duration_seconds_sum[5m]) / rate(duration_seconds_count[5m])",
        "(sum(rate(requests_total{status=\"error\"}[5m])) or 0 * sum(rate(requests_total[5m]))) / sum(rate(requests_total[5m]))",
    ] {
        finds(known, "", "");
    }
}

#[test]
fn a_series_divided_by_itself_is_found() {
    finds(
        "rate(requests_total{status=\"error\"}[5m]) / rate(requests_total[5m])",
        "divided-by-itself",
        "sum(rate(requests_total{status=\"error\"}[5m])) / sum(rate(requests_total[5m]))",
    );
    finds("sum(memory_bytes) / sum(memory_bytes)", "divided-by-itself", "");
    finds(
        "sum by (status) (requests_total{status=\"error\"}) / sum by (status) (requests_total)",
        "divided-by-itself",
        "sum(sum by (status) (requests_total{status=\"error\"})) / sum(sum by (status) (requests_total))",
    );
    for known in [
        "memory_bytes / memory_bytes offset 1h",
        "rate(requests_total{status=\"error\"}[5m]) / ignoring (status) group_left () sum without (status) (rate(requests_total[5m]))",
    ] {
        finds(known, "", "");
    }
}

#[test]
fn quantiles_without_an_aggregation_are_found() {
    finds(
        "histogram_quantile(0.9, sum by (endpoint) (rate(duration_seconds_bucket[5m])))",
        "quantile-without-le",
        "histogram_quantile(0.9, sum by (le, endpoint) (rate(duration_seconds_bucket[5m])))",
    );
    finds(
        "histogram_quantile(0.9, sum(rate(duration_seconds_bucket[5m])))",
        "quantile-without-le",
        "histogram_quantile(0.9, sum by (le) (rate(duration_seconds_bucket[5m])))",
    );
    finds(
        "histogram_quantile(0.9, rate(duration_seconds_bucket[5m]))",
        "quantile-per-series",
        "histogram_quantile(0.9, sum by (le) (rate(duration_seconds_bucket[5m])))",
    );
    for known in [
        "histogram_quantile(0.9, sum(rate(native_seconds[5m])))",
        "histogram_quantile(0.9, sum without (instance) (rate(duration_seconds_bucket[5m])))",
        "histogram_quantile(0.9, rate(duration_seconds_bucket{endpoint=\"/\"}[5m]))",
    ] {
        finds(known, "", "");
    }
}

#[test]
fn thresholds_that_are_never_reached_are_found() {
    let share = "sum(rate(requests_total{status=\"error\"}[5m])) / sum(rate(requests_total[5m]))";
    finds(&format!("{share} > 5"), "unreachable-threshold", &format!("{share} > 0.05"));
    finds(&format!("{share} > 14.4 * 0.1"), "unreachable-threshold", "");
    finds(&format!("1 - {share} > 1"), "unreachable-threshold", "");
    finds(
        "histogram_quantile(0.9, sum by (le) (rate(duration_seconds_bucket[5m]))) > 5",
        "unreachable-threshold",
        "",
    );
    finds("mode == 2", "unreachable-threshold", "");
    finds("count(up == 0) == 0", "unreachable-threshold", "");
    finds("rate(requests_total[5m]) < 0", "unreachable-threshold", "");
    for known in [
        format!("{share} * 100 > 5"),
        format!("{share} > 14.4 * 0.01"),
        "histogram_quantile(0.9, sum by (le) (rate(duration_seconds_bucket[5m]))) > 4.9".to_owned(),
        "sum(rate(duration_seconds_bucket{le=\"0.5\"}[5m])) / sum(rate(duration_seconds_count[5m])) < 0.99"
            .to_owned(),
        "absent(up) == 1".to_owned(),
        "memory_bytes > $limit".to_owned(),
    ] {
        finds(&known, "", "");
    }
}

#[test]
fn alerts_that_never_resolve_or_compare_other_units_are_found() {
    assert_eq!(alert("requests_total{status=\"error\"} > 0"), "counter-above-zero");
    assert_eq!(alert("sum(requests_total) >= 1"), "counter-above-zero");
    assert_eq!(alert("rate(jobs_total[5m]) < 10"), "rate-per-series");
    let rule = "- alert: HighErrorRate\n  expr: sum(rate(requests_total{status='error'}[5m])) > 0.05\n";
    let found = checker().check_rules("r.yml", rule);
    assert_eq!(codes(&found), "rate-compared-with-ratio");
    assert_eq!(found[0].severity, DiagnosticSeverity::Warning);
    let fix = "sum(rate(requests_total{status=\"error\"}[5m])) / sum(rate(requests_total[5m])) > 0.05";
    assert_eq!(found[0].fix.as_deref(), Some(fix));
    let format = "  annotations: {summary: '{{ printf \"%.2f\" $value }} per second'}";
    let rule = format!("- alert: Errors\n  expr: sum(rate(jobs_total[5m])) > 0.05\n{format}\n");
    assert_eq!(codes(&checker().check_rules("r.yml", &rule)), "");
    assert_eq!(
        codes(&checker().check_rules("r.yml", &rule.replace(" per second", "% fail"))),
        "rate-compared-with-ratio"
    );
    for right in [
        "increase(requests_total[5m]) > 0",
        "requests_total > 0 and rate(requests_total[5m]) > 0",
        "sum(rate(jobs_total[5m])) < 10",
        "requests_total == 0",
    ] {
        assert_eq!(alert(right), "", "{right}");
    }
}

#[test]
fn findings_name_the_file_the_line_the_rule_and_the_fix() {
    let rules = "groups:\n- name: g\n  rules:\n  - alert: Slow\n    expr: |\n      up == 0\n      or\n      memory_byte > 1\n";
    let found = checker().check_rules("rules/api.yml", rules);
    assert_eq!(
        found[0].to_string(),
        "rules/api.yml:8: error[metric-missing] alert Slow: the metric `memory_byte` is missing; expected `memory_bytes`, or another\n    \
         fix: up == 0 or memory_bytes > 1"
    );
}

#[test]
fn recording_rules_become_metrics_with_the_labels_they_leave() {
    let rules = "groups:\n- rules:\n  - alert: A\n    expr: job:requests:rate5m > 1\n    annotations: {summary: '{{ $labels.endpoint }} {{ $labels.team }}'}\n  \
                 - record: job:requests:rate5m\n    expr: sum by (job) (rate(requests_total[5m]))\n    labels: {team: a}\n";
    let found = checker().check_rules("r.yml", rules);
    assert_eq!(codes(&found), "template-label");
    assert!(found[0].message.contains("`endpoint`"), "{}", found[0].message);
    let other = checker().recording(rules);
    assert_eq!(codes(&other.check_queries("q.promql", "rate(job:requests:rate5m[5m])")), "rate-of-gauge");
    assert_eq!(codes(&checker().check_queries("q.promql", "job:requests:rate5m")), "metric-missing");
}

#[test]
fn rules_of_one_name_in_several_files_are_one_metric() {
    let file = |slo: &str| {
        format!(
            "- record: a:b\n  expr: sum(requests_total)\n  labels: {{slo: {slo}}}\n- alert: A\n  expr: a:b{{slo='{slo}'}} > 1\n"
        )
    };
    let checker = checker().recording(&file("one")).recording(&file("two"));
    for slo in ["one", "two", "three"] {
        let found = checker.check_rules("r.yml", &file(slo));
        assert!(!codes(&found).contains("label-value"), "{found:?}");
    }
}

#[test]
fn comments_allow_a_code_of_the_rule_that_follows() {
    let rules = |first: &str, within: &str| {
        format!(
            "# {first}\n- alert: A\n  # {within}\n  expr: memory_byte > 1\n- alert: B\n  expr: memory_byte > 2\n"
        )
    };
    let allow = "radiosonde: allow(metric-missing) comes with the next version";
    assert_eq!(codes(&checker().check_rules("r.yml", &rules("", ""))), "metric-missing metric-missing");
    assert_eq!(codes(&checker().check_rules("r.yml", &rules(allow, ""))), "metric-missing");
    assert_eq!(codes(&checker().check_rules("r.yml", &rules("", allow))), "metric-missing");
    let unused = rules(allow, "radiosonde: allow(label-value) was wrong once");
    assert_eq!(codes(&checker().check_rules("r.yml", &unused)), "unused-allow metric-missing");
    let queries = "# radiosonde: allow(metric-missing) another exporter\nother\n\nother";
    assert_eq!(codes(&checker().check_queries("q.promql", queries)), "metric-missing");
}

#[test]
fn panels_rows_variables_and_annotations_of_dashboards_are_checked() {
    let dashboard = r#"{"panels": [{"type": "row", "panels": [
      {"title": "a", "targets": [{"expr": "memory_byte"}, {"expr": "rate(requests_total{status=~\"$status\"}[$__rate_interval])", "legendFormat": "{{route}}"}]},
      {"title": "b", "description": "radiosonde: allow(metric-missing) of another team", "targets": [{"expr": "other_thing"}]},
      {"title": "logs", "datasource": {"type": "loki"}, "targets": [{"expr": "{service=\"a\"} |= \"x\""}]}]}],
     "templating": {"list": [{"type": "query", "name": "q", "query": {"query": "label_values(requests_total{job=\"a\"}, queue)"}},
      {"type": "query", "name": "r", "query": "query_result(memory_byte)"}]},
     "annotations": {"list": [{"name": "deploys", "expr": "changes(build_inf[5m]) > 0"}]}}"#;
    let found = checker().check_dashboard("d.json", dashboard);
    let found: Vec<_> =
        found.iter().map(|found| format!("{} {} {}", found.line, found.code, found.place)).collect();
    assert_eq!(
        found,
        [
            "2 metric-missing panel \"a\"",
            "2 template-label panel \"a\"",
            "5 label-missing variable q",
            "6 metric-missing variable r",
            "7 metric-missing annotation deploys"
        ]
    );
}

#[test]
fn files_and_queries_that_cannot_be_read_are_found() {
    assert_eq!(codes(&checker().check_rules("r.yml", "groups: [")), "invalid-file");
    assert_eq!(alert("sum(memory_bytes"), "invalid-query");
    assert_eq!(alert("memory_bytes{state=~\"[\"}"), "invalid-query");
}

#[test]
fn a_word_within_another_does_not_speak_of_a_share() {
    let rule = |text: &str| {
        let rule =
            "- alert: A\n  expr: sum(rate(jobs_total[5m])) < 0.1\n  annotations: {summary: \"TEXT\"}\n";
        codes(&checker().check_rules("r.yml", &rule.replace("TEXT", text)))
    };
    assert_eq!(rule("Few operations, a short duration, a high percentile."), "");
    assert_eq!(rule("The error ratio is high."), "rate-compared-with-ratio");
    let named = "- alert: LowErrorRate\n  expr: sum(rate(jobs_total[5m])) < 0.1\n";
    assert_eq!(codes(&checker().check_rules("r.yml", named)), "rate-compared-with-ratio");
}

#[test]
fn a_query_with_variables_gets_no_fix_that_would_lose_them() {
    finds("rate(request_total[$__rate_interval])", "metric-missing", "");
    finds("rate(request_total[5m])", "metric-missing", "rate(requests_total[5m])");
}

#[test]
fn metrics_of_a_scrape_without_series_may_have_any_label() {
    let text = "# TYPE a_total counter\n# TYPE b_total counter\nb_total{queue=\"x\"} 1\n";
    let checker = Checker::new(&Catalogue::from_exposition(text).unwrap());
    let found = |query: &str| codes(&checker.check_queries("q.promql", query));
    assert_eq!(found("sum by (endpoint) (rate(a_total[5m]))"), "");
    assert_eq!(found("sum by (endpoint) (rate(b_total[5m]))"), "label-missing");
}
