use std::collections::BTreeMap;
use std::time::Duration;

use radiosonde_metrics::model::Kind;

use crate::catalogue::{
    AlertEntry, Catalogue, ConditionEntry, SaturationEntry, Selector, SignalsEntry, ValueEntry,
};
use crate::rules::own_metric::own_metric;

const MINUTE: Duration = Duration::from_secs(60);
const WINDOW: Duration = Duration::from_secs(300);
/// As of objectives: one failure of three requests at night is no page.
const LEAST_BAD_EVENTS: f64 = 5.0;

/// The alerts that every program has, by the golden signals of its work and by its own counters.
///
/// # Shape
/// An alert exists if its work does. A program replaces one by a rule with the same name and severity.
///
/// | Alert | Holds if | For | Severity |
/// |---|---|---|---|
/// | `ServiceDown` | no instance of the program has metrics; a rule on `up` is about one of several | 2 min | critical |
/// | `HighErrorRate{kind}` | more than 5 % of the work of a kind failed in 5 min, and 5 pieces of it | 5 min | critical |
/// | `ElevatedErrorRate{kind}` | more than 1 % did | 15 min | warning |
/// | `HighLatency{kind}` | the 95th percentile of requests is above 1 s | 10 min | warning |
/// | `SlowDatabaseQueries` | that of queries is above 100 ms | 10 min | warning |
/// | `DatabaseConnectionsHigh` | a pool has 80 % of its connections in use | 5 min | warning |
/// | `DatabaseConnectionPoolExhausted` | it has 90 % | 5 min | critical |
/// | `SaturationHigh{kind,name}` | a queue, a limiter or another resource is 90 % full | 5 min | warning |
/// | `HighCpuUsage`, `HighMemoryUsage` | a host or a container has 80 %, or 85 %, in use | 10 min | warning |
/// | `DiskSpaceLow{mount}` | a disk has less than 10 % left | 5 min | critical |
/// | `TelemetryLost{metric}` | lines, spans or deliveries were dropped in 10 min | 0 | warning |
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_ops::{Catalogue, standard_alerts};
/// use radiosonde_signals::Operation;
///
/// let registry = Registry::new();
/// Operation::in_registry(&registry, "price_order")?;
/// let alerts = standard_alerts(&Catalogue::of(&registry));
/// assert!(alerts.iter().any(|alert| alert.name == "HighErrorRate" && alert.labels["kind"] == "operation"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn standard_alerts(catalogue: &Catalogue) -> Vec<AlertEntry> {
    let mut alerts: Vec<AlertEntry> = down(catalogue).into_iter().collect();
    alerts.extend(errors(catalogue));
    alerts.extend(latencies(catalogue));
    alerts.extend(saturations(catalogue));
    alerts.extend(disks(catalogue));
    alerts.extend(lost(catalogue));
    alerts
}

fn alert(name: &str, severity: &str, hold: Duration, condition: ConditionEntry, summary: &str) -> AlertEntry {
    AlertEntry {
        name: name.to_owned(),
        condition,
        hold,
        keep_firing: Duration::ZERO,
        severity: severity.to_owned(),
        labels: BTreeMap::new(),
        annotations: BTreeMap::from([("summary".to_owned(), summary.to_owned())]),
    }
}

fn labelled<const N: usize>(mut alert: AlertEntry, labels: [(&str, &str); N]) -> AlertEntry {
    alert.labels.extend(labels.map(|(name, value)| (name.to_owned(), value.to_owned())));
    alert
}

fn above(value: ValueEntry, threshold: f64, by: Option<&str>) -> ConditionEntry {
    ConditionEntry::Above { value, threshold, by: by.map(str::to_owned) }
}

/// `up == 0` has the labels of the target, which are not those of its metrics: a rule of the configuration is about it.
fn down(catalogue: &Catalogue) -> Option<AlertEntry> {
    let absent = ConditionEntry::Absent(own_metric(catalogue)?);
    Some(alert("ServiceDown", "critical", 2 * MINUTE, absent, "Prometheus has no metrics of the service."))
}

/// The signals by the kind of work, in which a failure is one of a caller: a cache that misses and a sale that fails are none.
fn kinds(catalogue: &Catalogue) -> BTreeMap<&str, Vec<&SignalsEntry>> {
    let mut kinds: BTreeMap<&str, Vec<&SignalsEntry>> = BTreeMap::new();
    for signals in catalogue.signals.iter().filter(|signals| !matches!(&*signals.kind, "cache" | "business"))
    {
        kinds.entry(&signals.kind).or_default().push(signals);
    }
    kinds
}

fn errors(catalogue: &Catalogue) -> Vec<AlertEntry> {
    let each = kinds(catalogue).into_iter().filter_map(|(kind, signals)| {
        let both = signals.iter().filter_map(|signals| signals.errors.clone().zip(signals.traffic.clone()));
        let (bad, all): (Vec<_>, Vec<_>) = both.unzip();
        let ratio = ValueEntry::Ratio {
            bad: (!bad.is_empty()).then_some(bad)?,
            all,
            window: WINDOW,
            min_bad_events: LEAST_BAD_EVENTS,
        };
        let one = |name, severity, hold, threshold| {
            let summary = format!("The share of {} that fails is {{value}}.", plural(kind));
            labelled(
                alert(name, severity, hold, above(ratio.clone(), threshold, None), &summary),
                [("kind", kind)],
            )
        };
        Some([
            one("HighErrorRate", "critical", WINDOW, 0.05),
            one("ElevatedErrorRate", "warning", 15 * MINUTE, 0.01),
        ])
    });
    each.flatten().collect()
}

/// The word for the work of a kind.
fn plural(kind: &str) -> &str {
    match kind {
        "http_server" => "requests",
        "http_client" => "calls of other services",
        "database" => "queries",
        "operation" => "operations",
        "worker" => "tasks",
        "queue" => "messages",
        _ => "work",
    }
}

fn latencies(catalogue: &Catalogue) -> Vec<AlertEntry> {
    let kinds = kinds(catalogue);
    let of = |kind: &str, threshold: f64| {
        let latency = kinds.get(kind)?.iter().filter_map(|signals| signals.latency.clone());
        let histograms: Vec<_> = latency.filter(|latency| latency.kind == Kind::Histogram).collect();
        let is_reachable = histograms.iter().any(|histogram| {
            let buckets = catalogue.metric(&histogram.metric).and_then(|metric| metric.buckets.as_deref());
            buckets.and_then(<[f64]>::last).is_some_and(|last| *last > threshold)
        });
        is_reachable.then(|| {
            above(ValueEntry::Quantile { quantile: 0.95, histograms, window: WINDOW }, threshold, None)
        })
    };
    let slow = |kind, name, threshold, summary| {
        of(kind, threshold).map(|condition| alert(name, "warning", 10 * MINUTE, condition, summary))
    };
    let requests = "5 % of the requests take longer than {value} s.";
    let server = slow("http_server", "HighLatency", 1.0, requests);
    let server = server.map(|alert| labelled(alert, [("kind", "http_server")]));
    let queries =
        slow("database", "SlowDatabaseQueries", 0.1, "5 % of the queries take longer than {value} s.");
    server.into_iter().chain(queries).collect()
}

fn saturations(catalogue: &Catalogue) -> Vec<AlertEntry> {
    let mut pools = Vec::new();
    let mut alerts = Vec::new();
    for signals in &catalogue.signals {
        let Some(saturation) = &signals.saturation else { continue };
        // Disks come and go with their mounts: one rule is about all of them.
        let is_mount = saturation.in_use.matchers.iter().any(|(label, _)| label == "mount");
        if is_mount
            || (saturation.limit.is_none() && !saturation.fixed_limit.is_some_and(|limit| limit > 0.0))
        {
            continue;
        }
        let full = |threshold| above(ValueEntry::Saturation(vec![saturation.clone()]), threshold, None);
        match (&*signals.kind, &*signals.name) {
            ("database", _) => pools.push(saturation.clone()),
            // The same connections, seen from the pool.
            ("database_pool", _) => {}
            ("resource", name) if name.ends_with("cpu") => {
                let summary = "The share of the CPU in use is {value}.";
                let cpu = alert("HighCpuUsage", "warning", 10 * MINUTE, full(0.8), summary);
                alerts.push(labelled(cpu, [("resource", name)]));
            }
            ("resource", name) if name.ends_with("memory") => {
                let summary = "The share of the memory in use is {value}.";
                let memory = alert("HighMemoryUsage", "warning", 10 * MINUTE, full(0.85), summary);
                alerts.push(labelled(memory, [("resource", name)]));
            }
            (kind, name) => {
                let summary = "The share in use of {name} ({kind}) is {value}.";
                let high = alert("SaturationHigh", "warning", WINDOW, full(0.9), summary);
                alerts.push(labelled(high, [("kind", kind), ("name", name)]));
            }
        }
    }
    if !pools.is_empty() {
        let full = |threshold| above(ValueEntry::Saturation(pools.clone()), threshold, None);
        let summary = "The share of the connections in use is {value}.";
        alerts.push(alert("DatabaseConnectionsHigh", "warning", WINDOW, full(0.8), summary));
        alerts.push(alert("DatabaseConnectionPoolExhausted", "critical", WINDOW, full(0.9), summary));
    }
    alerts
}

fn disks(catalogue: &Catalogue) -> Option<AlertEntry> {
    let of = |suffix: &str| {
        catalogue.metrics.iter().find(|metric| metric.name.ends_with(suffix)).map(Selector::from)
    };
    let disk = SaturationEntry {
        in_use: of("host_disk_used_bytes")?,
        limit: Some(of("host_disk_size_bytes")?),
        fixed_limit: None,
    };
    let full = above(ValueEntry::Saturation(vec![disk]), 0.9, Some("mount"));
    Some(alert(
        "DiskSpaceLow",
        "critical",
        WINDOW,
        full,
        "The share in use of the disk at {mount} is {value}.",
    ))
}

fn lost(catalogue: &Catalogue) -> impl Iterator<Item = AlertEntry> {
    const DROPS: [&str; 4] = [
        "radiosonde_log_dropped_total",
        "radiosonde_trace_dropped_total",
        "radiosonde_delivery_dropped_total",
        "radiosonde_metrics_series_dropped_total",
    ];
    DROPS.into_iter().filter_map(|drops| {
        let metric = catalogue.metrics.iter().find(|metric| metric.name.ends_with(drops))?;
        let events = Selector::from(metric);
        let lost = above(ValueEntry::Increase { events, window: 2 * WINDOW }, 0.0, None);
        let lost = alert(
            "TelemetryLost",
            "warning",
            Duration::ZERO,
            lost,
            "{metric} grew by {value} in 10 minutes.",
        );
        Some(labelled(lost, [("metric", &metric.name)]))
    })
}
