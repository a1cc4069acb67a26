//! Jobs that end before a scrape: what they push is in the real Prometheus, written there or by way of a real Pushgateway.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use e2e::{Prometheus, Pushgateway, ScrapeJob, wait_for};
use radiosonde_core::{Clock, SpanContext, SpanId, SystemClock, TraceFlags, TraceId};
use radiosonde_delivery::Delivery;
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_push::{PushgatewayOptions, RemoteWriteOptions};

const SOON: Duration = Duration::from_secs(30);

/// A job that has done something, in the span of this trace.
fn job() -> (Registry, TraceId) {
    let registry = Registry::new();
    registry.counter("rows_total", "Rows.").labels(&["table"]).unwrap().with(&["a\"b\\c"]).inc_by(3);
    let wait = registry.histogram("wait_seconds", "Wait.").buckets(Buckets::from_static(&[0.1, 1.0])).build();
    let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
    let wait = wait.unwrap();
    wait.observe_in(0.5, Some(&context));
    wait.observe(7.0);
    (registry, context.trace_id())
}

fn write_to(prometheus: &Prometheus, registry: &Registry) -> RemoteWriteOptions {
    RemoteWriteOptions::new(prometheus.url()).job("load").label("instance", "one").registry(registry)
}

fn value(prometheus: &Prometheus, promql: &str) -> f64 {
    wait_for(promql, SOON, || Ok(prometheus.value(promql)?.ok_or("no value")?))
}

#[test]
fn a_remote_write_is_in_prometheus_with_buckets_and_exemplars() {
    let Some(prometheus) = Prometheus::start() else { return };
    let (registry, trace) = job();
    let push = write_to(&prometheus, &registry).start().unwrap();
    push.push();
    let report = push.finish_blocking(SOON);
    assert!(report.delivered() > 10 && report.dropped() + report.left() == 0, "{report}");

    let rows = r#"rows_total{job="load",instance="one",table="a\"b\\c"}"#;
    assert_eq!(value(&prometheus, rows), 3.0);
    assert_eq!(value(&prometheus, r#"wait_seconds_bucket{le="0.1"}"#), 0.0);
    assert_eq!(value(&prometheus, r#"wait_seconds_bucket{le="1.0"}"#), 1.0);
    assert_eq!(value(&prometheus, r#"wait_seconds_bucket{le="+Inf"}"#), 2.0);
    assert_eq!(value(&prometheus, "wait_seconds_sum"), 7.5);
    assert_eq!(value(&prometheus, "histogram_quantile(0.5, wait_seconds_bucket)"), 1.0);
    let exemplars = prometheus.query_exemplars("wait_seconds_bucket").unwrap();
    let traces: Vec<_> = exemplars.iter().map(|exemplar| &exemplar.labels["trace_id"]).collect();
    assert_eq!(traces, [&trace.to_string()]);
    assert_eq!(prometheus.process().complaints(), Vec::<String>::new());
}

#[test]
fn a_job_that_marks_its_end_is_gone_at_once_and_kept_in_the_past() {
    let Some(prometheus) = Prometheus::start() else { return };
    let (registry, _) = job();
    let report = write_to(&prometheus, &registry).stale_at_end(true).start().unwrap().finish_blocking(SOON);
    assert_eq!((report.dropped(), report.left()), (0, 0), "{report}");
    assert_eq!(value(&prometheus, "max(max_over_time(rows_total[1m]))"), 3.0);
    assert_eq!(prometheus.value("rows_total").unwrap(), None);
}

#[test]
fn what_prometheus_refuses_is_counted_by_its_reason() {
    let Some(prometheus) = Prometheus::start() else { return };
    let (registry, _) = job();
    let now = write_to(&prometheus, &registry).start().unwrap();
    assert_eq!(now.finish_blocking(SOON).dropped(), 0);
    let past = write_to(&prometheus, &registry).clock(Arc::new(LongAgo)).start().unwrap();
    let report = past.finish_blocking(SOON);
    let sink = report.sink("remote_write").unwrap();
    let refused = sink.dropped_for("out_of_bounds") + sink.dropped_for("out_of_order");
    assert_eq!((refused, sink.delivered()), (sink.produced(), 0), "{report}");
}

/// A clock that is a day behind.
#[derive(Debug)]
struct LongAgo;

impl Clock for LongAgo {
    fn now(&self) -> SystemTime {
        SystemClock.now() - Duration::from_secs(86_400)
    }

    fn monotonic(&self) -> Duration {
        SystemClock.monotonic()
    }
}

#[test]
fn a_pushgateway_takes_every_group_and_prometheus_scrapes_it() {
    let (Some(prometheus), Some(gateway)) = (Prometheus::start(), Pushgateway::start()) else { return };
    for (dir, at) in [("/var/lib", "1"), ("", "2"), ("..", "3"), ("Προμηθεύς é/%2F", "4")] {
        let (registry, _) = job();
        let options =
            PushgatewayOptions::new(gateway.url()).job("load all").grouping("dir", dir).grouping("at", at);
        let report = options.registry(&registry).start().unwrap().finish_blocking(SOON);
        assert_eq!(report.to_string(), "pushgateway: 1 produced, 1 delivered, 0 dropped, 0 left");
        let groups = gateway.groups().unwrap();
        let group = groups.iter().find(|group| group.labels.get("at").is_some_and(|found| found == at));
        let group = group.unwrap();
        assert_eq!((&*group.labels["job"], &*group.labels["dir"]), ("load all", dir));
        assert!(group.last_push_successful);
    }
    prometheus.scrape(&ScrapeJob::new("gateway", gateway.address()).honor_labels());
    prometheus.wait_until_up("gateway", SOON);
    assert_eq!(value(&prometheus, r#"count(rows_total{job="load all"})"#), 4.0);
    assert_eq!(value(&prometheus, r#"wait_seconds_count{dir="/var/lib"}"#), 2.0);
    assert_eq!(gateway.process().complaints(), Vec::<String>::new());
}

#[test]
fn a_group_is_replaced_and_deleted() {
    let Some(gateway) = Pushgateway::start() else { return };
    let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
    let (registry, _) = job();
    let group =
        PushgatewayOptions::new(gateway.url()).job("load").registry(&registry).build(&delivery).unwrap();
    group.replace();
    group.add();
    wait_for("the group", SOON, || {
        let groups = gateway.groups()?;
        if groups.len() == 1 { Ok(()) } else { Err(format!("{groups:?}").into()) }
    });
    group.delete();
    let report = delivery.shutdown_blocking(SOON);
    assert_eq!((report.delivered(), gateway.groups().unwrap().len()), (3, 0), "{report}");
}
