//! One program, compiled twice: with the imports of the `prometheus` crate, and with ours.
//!
//! Both use the default registry of the process, so this is a separate test binary.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(feature = "compat")]

use std::collections::{BTreeSet, HashMap};

use radiosonde_metrics::exposition::Format;
use radiosonde_metrics::model::OVERFLOW;
use radiosonde_prometheus::compat::{self, Collector, Error};

/// A typical application, with either crate.
macro_rules! program {
    ($name:ident, $($krate:ident)::+) => {
        mod $name {
            use std::collections::HashMap;

            use $($krate)::+::{
                self as api, Counter, DEFAULT_BUCKETS, Encoder, Gauge, Histogram, HistogramOpts, HistogramTimer,
                HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, Result, TextEncoder,
                exponential_buckets, histogram_opts, labels, linear_buckets, opts, register_counter,
                register_counter_vec, register_gauge, register_gauge_vec, register_histogram,
                register_histogram_vec, register_int_counter, register_int_counter_vec, register_int_gauge,
                register_int_gauge_vec,
            };

            pub(crate) fn run() -> Result<String> {
                simple()?;
                vectors()?;
                let timer: HistogramTimer = Histogram::with_opts(HistogramOpts::new("t", "T."))?.start_timer();
                assert!(timer.stop_and_discard() >= 0.0);
                let mut text = Vec::new();
                let encoder = TextEncoder::new();
                encoder.encode(&api::gather(), &mut text)?;
                assert!(encoder.format_type().starts_with("text/plain; version=0.0.4"));
                Ok(String::from_utf8(text).unwrap())
            }

            fn simple() -> Result<()> {
                let busy: Counter = register_counter!("busy_seconds_total", "Busy.")?;
                busy.inc();
                busy.inc_by(0.25);
                assert_eq!(busy.get(), 1.25);
                // Named before the suffix was required: dashboards know it by this name.
                let hits: IntCounter = register_int_counter!(opts!(
                    "legacy_hits",
                    "Hits.",
                    labels! {"zone" => "a", "region" => "eu"},
                    labels! {"node" => "1",}
                ))?;
                hits.inc_by(7);
                let temperature: Gauge = register_gauge!(Opts::new("celsius", "Temperature.")
                    .namespace("room")
                    .subsystem("temperature")
                    .const_label("of", "a\"b\\c"))?;
                temperature.set(21.5);
                temperature.sub(0.25);
                let queue: IntGauge = register_int_gauge!("queue_items", "Items.",)?;
                queue.set(-12);
                queue.inc();
                let wait: Histogram = register_histogram!("wait_seconds", "Wait.")?;
                DEFAULT_BUCKETS.iter().for_each(|bound| wait.observe(*bound));
                assert_eq!((wait.get_sample_count(), wait.get_sample_sum() > 19.0), (11, true));
                register_histogram!("size_bytes", "Size.", exponential_buckets(128.0, 2.0, 3)?)?.observe(300.0);
                let opts = histogram_opts!("age_days", "Age.", linear_buckets(1.0, 1.0, 3)?, HashMap::new());
                assert_eq!(register_histogram!(opts)?.observe_closure_duration(|| 5), 5);
                assert!(register_int_gauge!("queue_items", "Items.").is_err(), "it is already registered");
                Ok(())
            }

            fn vectors() -> Result<()> {
                let orders: IntCounterVec = register_int_counter_vec!("orders_total", "Orders.", &["method", "country"])?;
                orders.with_label_values(&["card", "nl"]).inc_by(3);
                orders.with_label_values(&[String::from("cash"), String::new()]).inc();
                orders.with(&HashMap::from([("country", "be"), ("method", "card")])).inc();
                orders.get_metric_with_label_values(&["gone", "gone"])?.inc();
                orders.remove_label_values(&["gone", "gone"])?;
                assert!(orders.remove_label_values(&["gone", "gone"]).is_err());
                assert!(orders.get_metric_with_label_values(&["card"]).is_err());
                assert!(orders.get_metric_with(&HashMap::from([("country", "be"), ("nothing", "card")])).is_err());
                register_counter_vec!(opts!("paid_total", "Paid."), &["by"])?.with_label_values(&["card"]).inc_by(0.5);
                register_gauge_vec!("load", "Load.", &["le"])?.with_label_values(&["1"]).set(0.5);
                let items: IntGaugeVec = register_int_gauge_vec!("items", "Items.", &["of"])?;
                items.with_label_values(&["a"]).add(2);
                items.reset();
                items.with_label_values(&["b"]).dec();
                let rpc: HistogramVec = register_histogram_vec!("rpc_seconds", "RPC.", &["to"], vec![0.5, f64::INFINITY])?;
                rpc.with_label_values(&["db"]).observe(0.5);
                rpc.clone().with_label_values(&["db"]).observe(2.0);
                register_histogram_vec!("unused_seconds", "Unused.", &["to"])?;
                assert!(register_histogram_vec!(HistogramOpts::new("x", "X."), &["y"]).is_ok());
                Ok(())
            }

            pub(crate) fn of_its_own() -> Result<String> {
                let labels = HashMap::from([("service".to_owned(), "shop".to_owned())]);
                let registry = Registry::new_custom(Some("app".into()), Some(labels))?;
                let hits = IntCounter::new("hits_total", "Hits.")?;
                hits.inc();
                registry.register(Box::new(hits.clone()))?;
                let more = IntCounter::with_opts(Opts::new("more_total", "More.").const_label("a", "1"))?;
                registry.register(Box::new(more.clone()))?;
                let other = IntCounter::with_opts(Opts::new("more_total", "More.").const_label("a", "2"))?;
                registry.register(Box::new(other))?;
                assert!(registry.register(Box::new(more)).is_err());
                let help = IntCounter::with_opts(Opts::new("more_total", "Other.").const_label("a", "3"))?;
                assert!(registry.register(Box::new(help)).is_err());
                registry.unregister(Box::new(hits.clone()))?;
                assert!(registry.unregister(Box::new(hits.clone())).is_err());
                registry.register(Box::new(hits))?;
                let sum = api::register_counter_with_registry!("sum_total", "Sum.", registry)?;
                sum.inc();
                api::register_int_gauge_vec_with_registry!("now", "Now.", &["x"], &registry)?.with_label_values(&["y"]).inc();
                api::register_histogram_with_registry!("h", "H.", vec![1.0], registry,)?.observe(0.5);
                api::register_histogram_vec_with_registry!("hv", "H.", &["x"], vec![1.0], registry)?
                    .with_label_values(&["y"])
                    .observe(0.5);
                TextEncoder::new().encode_to_string(&registry.gather())
            }
        }
    };
}

program!(before, prometheus);
program!(after, radiosonde_prometheus::compat);

/// The lines of an exposition, without those of the library itself and of the process, in any order.
fn lines(text: &str) -> BTreeSet<&str> {
    let foreign = |line: &&str| line.contains("radiosonde_metrics_") || line.contains("process_");
    // The duration of the closure varies.
    let timed = |line: &&str| line.starts_with("age_days_sum ");
    text.lines().filter(|line| !foreign(line) && !timed(line)).collect()
}

/// Sorts the labels, since those of a registry come last there. No value here has a comma.
fn sorted(line: &str) -> String {
    let Some((name, (labels, value))) =
        line.split_once('{').and_then(|(name, rest)| Some((name, rest.split_once('}')?)))
    else {
        return line.to_owned();
    };
    let mut labels: Vec<_> = labels.split(',').collect();
    labels.sort_unstable();
    format!("{name}{{{}}}{value}", labels.join(","))
}

#[test]
fn a_program_says_the_same_after_its_imports_are_changed() {
    let (before, after) = (before::run().unwrap(), after::run().unwrap());
    assert!(lines(&before).len() > 60, "{before}");
    assert_eq!(lines(&after), lines(&before));
    let (before, after) = (before::of_its_own().unwrap(), after::of_its_own().unwrap());
    assert!(lines(&before).contains("app_more_total{a=\"2\",service=\"shop\"} 0"), "{before}");
    let [before, after] =
        [&before, &after].map(|text| lines(text).into_iter().map(sorted).collect::<Vec<_>>());
    assert_eq!(BTreeSet::from_iter(after), BTreeSet::from_iter(before));
}

#[test]
fn a_counter_without_the_suffix_is_of_unknown_kind_in_open_metrics_only() {
    let registry = compat::Registry::new();
    compat::register_int_counter_with_registry!("old_hits", "Hits.", registry).unwrap().inc();
    assert!(registry.native().text().contains("# TYPE old_hits counter\nold_hits 1\n"));
    let text = registry.native().encode(Format::OpenMetrics);
    assert!(text.contains("# TYPE old_hits unknown\n# HELP old_hits Hits.\nold_hits 1\n"), "{text}");
}

#[test]
fn native_metrics_stand_beside_and_keep_their_names() {
    let registry = compat::Registry::new();
    registry.native().counter("orders_total", "Orders.").build().unwrap().inc();
    let taken = compat::IntCounter::new("orders_total", "Orders.").unwrap();
    let error = registry.register(Box::new(taken)).unwrap_err().to_string();
    assert_eq!(error, "metric \"orders_total\" is declared natively");
    compat::register_int_counter_with_registry!("hits_total", "Hits.", registry).unwrap();
    let text = compat::TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
    assert!(text.contains("orders_total 1\n") && text.contains("hits_total 0\n"), "{text}");
}

#[test]
fn values_that_join_to_the_same_text_are_different_series() {
    let hits = compat::IntCounterVec::new(compat::Opts::new("hits_total", "Hits."), &["a", "b"]).unwrap();
    hits.with_label_values(&["ab", "c"]).inc();
    hits.with_label_values(&["a", "bc"]).inc_by(5);
    assert_eq!(hits.with_label_values(&["ab", "c"]).get(), 1);
    hits.remove_label_values(&["a", "bc"]).unwrap();
    assert_eq!(
        (hits.with_label_values(&["ab", "c"]).get(), hits.with_label_values(&["a", "bc"]).get()),
        (1, 0)
    );
}

#[test]
fn what_panics_there_is_refused_here_and_counted() {
    let registry = compat::Registry::new();
    let hits = compat::register_counter_vec_with_registry!("hits_total", "Hits.", &["of"], registry).unwrap();
    hits.with_label_values(&["a", "b"]).inc();
    hits.with(&HashMap::from([("nothing", "a")])).inc();
    hits.with_label_values(&["a"]).inc_by(-1.0);
    let text = registry.native().text();
    assert!(text.contains("hits_total{of=\"a\"} 0\n") && !text.contains("of=\"b\""), "{text}");
    for (reason, times) in [("label_count", 2), ("negative", 1)] {
        let line = format!(
            "radiosonde_metrics_refused_total{{family=\"hits_total\",reason=\"{reason}\"}} {times}\n"
        );
        assert!(text.contains(&line), "{text}");
    }
    for (name, help, labels) in [("a b", "A.", vec![]), ("a", "", vec![]), ("a", "A.", vec!["x", "x"])] {
        let refused = compat::register_gauge_vec_with_registry!(name, help, &labels, registry);
        assert!(matches!(refused, Err(Error::Msg(_))), "{refused:?}");
    }
    let le = compat::register_histogram_vec_with_registry!("h", "H.", &["le"], registry);
    assert!(le.is_err(), "the label is reserved for histograms");
    let child: Box<dyn Collector> = Box::new(hits.with_label_values(&["a"]));
    assert!(registry.register(child).is_err());
}

#[test]
fn a_vector_has_a_limit() {
    let registry = compat::Registry::new();
    let hits =
        compat::register_int_counter_vec_with_registry!("hits_total", "Hits.", &["of"], registry).unwrap();
    for n in 0..10_003 {
        hits.with_label_values(&[n.to_string()]).inc();
    }
    let text = registry.native().text();
    assert!(text.contains(&format!("hits_total{{of=\"{OVERFLOW}\"}} 3\n")));
    assert!(text.contains("radiosonde_metrics_series_dropped_total{family=\"hits_total\"} 3\n"));
    assert_eq!(text.matches("\nhits_total{").count(), 10_001);
}

#[test]
fn threads_that_ask_for_one_new_series_get_the_same() {
    let hits = compat::IntCounterVec::new(compat::Opts::new("hits_total", "Hits."), &["of"]).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..500).for_each(|n| hits.with_label_values(&[n.to_string()]).inc()));
        }
    });
    assert!((0..500).all(|n| hits.with_label_values(&[n.to_string()]).get() == 4));
}

#[test]
fn a_timer_observes_once() {
    let wait = compat::Histogram::new("wait_seconds", "Wait.").unwrap();
    drop(wait.start_timer());
    wait.start_timer().observe_duration();
    assert!(wait.start_timer().stop_and_record() >= 0.0);
    assert!(wait.start_timer().stop_and_discard() >= 0.0);
    assert_eq!(wait.get_sample_count(), 3);
}
