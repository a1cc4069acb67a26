//! Prometheus scrapes native histograms from the listener, also while they reset, widen and halve.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::time::Duration;

use e2e::{Prometheus, ScrapeJob, wait_for};
use radiosonde_admin::Listener;
use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::{Buckets, Histogram, Native, Registry};

const SOON: Duration = Duration::from_secs(30);

fn native(registry: &Registry, name: &str, native: Native) -> Histogram {
    let declared = registry.histogram(name, "Wait.").unit("seconds").buckets(Buckets::from_static(&[0.5]));
    declared.native(native).build().unwrap()
}

fn is_near(found: f64, expected: f64, factor: f64) -> bool {
    found <= expected * factor && found >= expected / factor
}

/// From scrape to scrape, over more magnitudes than the buckets cover.
fn flood(prometheus: &Prometheus, histograms: [&Histogram; 3]) {
    for round in 1..=4_u32 {
        for n in 0..500_u32 {
            let value = (f64::from(n) / 12.5 - 20.0).exp2();
            histograms.into_iter().for_each(|histogram| histogram.observe(value));
        }
        for name in ["halved_seconds", "widened_seconds"] {
            wait_for("all observations in Prometheus", SOON, || {
                let found = prometheus.value(&format!("histogram_count({name})"))?;
                if found == Some(f64::from(round * 500)) {
                    Ok(())
                } else {
                    Err(format!("{name}: {found:?}").into())
                }
            });
        }
    }
}

fn quantiles(prometheus: &Prometheus) {
    let value = |promql: String| prometheus.value(&promql).unwrap();
    assert_eq!(value("histogram_count(fine_seconds)".into()), Some(1000.0));
    assert!(is_near(value("histogram_sum(fine_seconds)".into()).unwrap(), 5005.0, 1.000_001));
    for (quantile, expected) in [(0.01, 0.1), (0.5, 5.0), (0.9, 9.0), (0.999, 9.99)] {
        let found = value(format!("histogram_quantile({quantile}, fine_seconds)")).unwrap();
        assert!(is_near(found, expected, Native::new().growth()), "{quantile}: {found}");
    }
    assert_eq!(value("histogram_count(mirrored_seconds)".into()), Some(2000.0));
    for (quantile, expected) in [(0.25, -5.0), (0.75, 5.0)] {
        let found = value(format!("histogram_quantile({quantile}, mirrored_seconds)")).unwrap();
        assert!(is_near(found / expected, 1.0, 1.01), "{quantile}: {found}");
    }
    assert_eq!(value("histogram_count(unused_seconds)".into()), Some(0.0));
}

#[test]
fn quantiles_counts_and_sums_are_those_of_what_was_observed() {
    let Some(prometheus) = Prometheus::start() else { return };
    let registry = Registry::new();
    let fine = native(&registry, "fine_seconds", Native::new());
    let mirrored = native(&registry, "mirrored_seconds", Native::new().schema(8));
    let halved = native(&registry, "halved_seconds", Native::new().max_buckets(8).reset_after(None));
    let eight = Native::new().max_buckets(8).reset_after(None);
    let widened = native(&registry, "widened_seconds", eight.max_zero_threshold(100.0));
    let begun_anew = native(
        &registry,
        "begun_anew_seconds",
        Native::new().max_buckets(8).reset_after(Some(Duration::ZERO)),
    );
    native(&registry, "unused_seconds", Native::new().zero_threshold(0.0));
    let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
    for n in 1..=1000_u32 {
        let value = f64::from(n) / 100.0;
        fine.observe_in(value, (n == 250).then_some(&context));
        mirrored.observe(value);
        mirrored.observe(-value);
    }
    let listener = Listener::start(&registry, ([127, 0, 0, 1], 0).into()).unwrap();

    let job = ScrapeJob::new("native", listener.address().to_string()).protocols(["PrometheusProto"]);
    prometheus.scrape(&job.setting("scrape_native_histograms", true));
    prometheus.wait_until_up("native", SOON);
    flood(&prometheus, [&halved, &widened, &begun_anew]);

    let value = |promql: String| prometheus.value(&promql).unwrap();
    quantiles(&prometheus);
    // The zero bucket is as wide as most of the observations are far from zero.
    let near = value("histogram_fraction(-100, 100, widened_seconds)".into()).unwrap();
    assert!((0.5..=0.8).contains(&near), "{near}");
    let count = value("histogram_count(begun_anew_seconds)".into()).unwrap();
    assert!(count < 200.0, "{count}");
    let limited = |name: &str, policy: &str| {
        let labels = format!(r#"{{family="{name}",policy="{policy}"}}"#);
        value(format!("radiosonde_metrics_native_limited_total{labels}")).unwrap()
    };
    assert!(limited("halved_seconds", "halve") >= 3.0 && limited("widened_seconds", "widen") >= 3.0);
    assert!(limited("begun_anew_seconds", "reset") >= 10.0);

    let exemplars = prometheus.query_exemplars("fine_seconds").unwrap();
    let trace = context.trace_id().to_string();
    assert_eq!((exemplars.len(), exemplars[0].value, &exemplars[0].labels["trace_id"]), (1, 2.5, &trace));
    assert_eq!(prometheus.process().complaints(), Vec::<String>::new());
}
