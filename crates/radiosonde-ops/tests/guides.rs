//! The rules, dashboards and queries of five monitoring guides, each against a catalogue of what its guide's code emits: the defects that are
//! in them are found, and nothing else.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use radiosonde_ops::{Catalogue, Checker};

/// Everything that is found in a guide's files: `file:line code place`.
fn found(guide: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guides").join(guide);
    let catalogue = std::fs::read_to_string(folder.join("catalogue.json")).unwrap();
    let catalogue = Catalogue::from_json(&catalogue).unwrap();
    let checker = Checker::new(&catalogue).external("node_").external("container_");
    let found = checker.check_paths(&[&folder]).unwrap();
    let found = found.iter().map(|found| {
        let file = Path::new(&found.file).file_name().unwrap().to_string_lossy();
        format!("{file}:{} {} {}", found.line, found.code, found.place).trim_end().to_owned()
    });
    found.collect()
}

#[test]
fn auterity_groups_by_a_label_that_no_target_sets() {
    assert_eq!(
        found("auterity"),
        [
            "service-health.json:10 label-missing panel \"Request Rate\"",
            "service-health.json:21 label-missing panel \"Error Rate\"",
        ]
    );
}

#[test]
fn valtronics_divides_series_by_themselves() {
    assert_eq!(
        found("valtronics"),
        [
            "rules.yml:34 divided-by-itself alert HighErrorRate",
            "rules.yml:43 quantile-per-series alert HighResponseTime",
            "rules.yml:52 metric-missing alert DatabaseConnectionsHigh",
            "rules.yml:52 metric-missing alert DatabaseConnectionsHigh",
            "rules.yml:62 divided-by-itself alert DevicesOffline",
            "rules.yml:71 rate-per-series alert TelemetryDataMissing",
            "rules.yml:80 counter-above-zero alert CriticalAlertsHigh",
            "system-overview.json:156 quantile-per-series panel \"API Response Time\"",
            "system-overview.json:160 quantile-per-series panel \"API Response Time\"",
        ]
    );
}

#[test]
fn autoserve_compares_a_rate_with_a_share() {
    assert_eq!(
        found("autoserve"),
        [
            "rules.yml:3 rate-compared-with-ratio alert HighErrorRate",
            "rules.yml:3 rate-per-series alert HighErrorRate",
            "rules.yml:22 metric-missing alert DatabaseConnectionHigh",
            "rules.yml:31 quantile-per-series alert HighLatency",
        ]
    );
}

#[test]
fn commerce_reads_a_label_that_one_target_sets() {
    assert_eq!(
        found("commerce"),
        [
            "gateway.json:10 label-missing panel \"Request Rate\"",
            "gateway.json:19 label-missing panel \"Error Rate\"",
            "queries.md:6 quantile-per-series",
            "queries.md:24 label-missing",
            "queries.md:28 label-missing",
            "queries.md:34 label-missing",
            "queries.md:47 text-filter-on-json",
            "rules.yml:3 label-missing alert HighErrorRate",
            "rules.yml:24 quantile-per-series alert HighLatency",
            "rules.yml:30 template-label alert HighLatency",
            "rules.yml:31 template-label alert HighLatency",
            "rules.yml:41 template-label alert DatabaseConnectionPoolExhausted",
            "rules.yml:55 label-missing alert ElevatedErrorRate",
            "rules.yml:70 template-label alert HighMemoryUsage",
            "rules.yml:71 template-label alert HighMemoryUsage",
            "rules.yml:76 metric-missing alert SlowDatabaseQueries",
        ]
    );
}

#[test]
fn aetherra_excludes_a_status_that_its_code_never_sets() {
    assert_eq!(
        found("aetherra"),
        [
            "objectives.yml:4 label-value record sli:aetherra_api:availability:5m",
            "objectives.yml:10 quantile-per-series record sli:aetherra_api:latency:5m",
            "queries.promql:11 metric-missing",
            "queries.promql:14 metric-missing",
            "queries.promql:18 quantile-per-series",
            "queries.promql:19 quantile-per-series",
            "queries.promql:20 quantile-per-series",
            "queries.promql:39 metric-missing",
            "queries.promql:69 quantile-per-series",
            "queries.promql:73 metric-missing",
            "queries.promql:75 metric-missing",
            "rules.yml:8 metric-missing alert HighAPIErrorRate",
            "rules.yml:8 rate-compared-with-ratio alert HighAPIErrorRate",
            "rules.yml:66 quantile-per-series alert SlowAPIResponses",
            "rules.yml:77 rate-compared-with-ratio alert PluginExecutionFailures",
        ]
    );
}
