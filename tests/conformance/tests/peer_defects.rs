//! Defects of other metrics crates, known from their trackers or sources, which ours does not have.
//!
//! Each test names the crate and the issue, if there is one. Defects covered by tests beside the code are in [`ELSEWHERE`].
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::mpsc;
use std::time::Duration;

use conformance::{Exposition, FamilyKind, open_metrics, text};
use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::exposition::Format;
use radiosonde_metrics::model::{Kind, LabelSet, Number};
use radiosonde_metrics::{Buckets, Histogram, Native, Registry};

/// The defect, the file with the test that ours does not have it, and the test.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    (
        "prometheus: CPU seconds are whole (tikv/rust-prometheus#451)",
        "crates/radiosonde-prometheus/tests/interop.rs",
        "cpu_seconds_have_fractions",
    ),
    (
        "prometheus: a registry's label repeats a series' own (tikv/rust-prometheus#444)",
        "crates/radiosonde-prometheus/tests/interop.rs",
        "registry_labels_that_repeat_a_series_own_are_resolved",
    ),
    (
        "prometheus: a constant label may be called like a variable one (tikv/rust-prometheus#444)",
        "crates/radiosonde-prometheus/tests/interop.rs",
        "a_constant_label_called_like_a_variable_one_gives_way_to_it",
    ),
    (
        "prometheus: metrics of two kinds under one name are written as one family",
        "crates/radiosonde-prometheus/tests/interop.rs",
        "metrics_of_two_kinds_under_one_name_are_not_mixed",
    ),
    (
        "prometheus: its text encoder panics on a metric of unknown kind",
        "crates/radiosonde-prometheus/tests/interop.rs",
        "a_metric_of_unknown_kind_which_their_text_encoder_panics_on_is_served",
    ),
    (
        "prometheus: neither exemplars nor native histograms nor times of creation",
        "crates/radiosonde-prometheus/tests/interop_model.rs",
        "their_protobuf_encoder_writes_what_prometheus_reads",
    ),
    (
        "metrics: a name that ends like a suffix is taken to have it; backslashes in label values are lost",
        "crates/radiosonde-metrics-facade/tests/recorder.rs",
        "a_suffix_is_told_from_a_name_that_ends_like_it_and_a_backslash_is_one",
    ),
    (
        "metrics: another order at every scrape",
        "crates/radiosonde-metrics-facade/tests/recorder.rs",
        "what_is_recorded_comes_in_one_order_whoever_recorded_first",
    ),
    (
        "prometheus: its encoder refuses a family without series",
        "crates/radiosonde-prometheus/tests/interop.rs",
        "ours_come_out_of_their_registry",
    ),
    (
        "prometheus: one NaN makes the sum NaN for ever",
        "crates/radiosonde-metrics/src/instruments/histogram.rs",
        "refuses_what_would_spoil_the_sum",
    ),
    (
        "prometheus: a wrong number of label values panics",
        "crates/radiosonde-metrics/tests/exposition.rs",
        "a_wrong_number_of_values_is_refused_and_counted",
    ),
    (
        "prometheus-client: a second declaration is a second family (prometheus/client_rust#52, #292)",
        "crates/radiosonde-metrics/src/registry/mod.rs",
        "declaring_twice_gives_the_same_metric",
    ),
    (
        "prometheus-client: names that write each other's samples (prometheus/client_rust#292)",
        "crates/radiosonde-metrics/src/registry/mod.rs",
        "names_that_would_write_each_others_samples_are_refused",
    ),
    (
        "metrics: label sets without a limit (metrics-rs/metrics#245); nobody in Rust has one",
        "crates/radiosonde-metrics/tests/exposition.rs",
        "a_full_family_shares_one_series_and_counts",
    ),
    (
        "metrics: the weights of Accept are ignored",
        "crates/radiosonde-metrics/src/exposition/dialect.rs",
        "takes_what_the_header_likes_best",
    ),
    (
        "foundations: counters without _total under OpenMetrics; prometheus: 1e300 in 301 digits",
        "crates/radiosonde-metrics/tests/exposition.rs",
        "open_metrics_is_byte_for_byte_what_it_was",
    ),
    (
        "metrics: a series that expired comes back without saying that it is new (metrics-rs/metrics#495)",
        "crates/radiosonde-metrics/tests/expiry.rs",
        "what_was_idle_for_so_long_goes_and_comes_back_new",
    ),
    (
        "prometheus and prometheus-client: series stay for ever (tikv/rust-prometheus#494, prometheus/client_rust#197)",
        "crates/radiosonde-metrics/tests/expiry.rs",
        "what_was_shown_so_often_and_not_looked_up_goes",
    ),
    (
        "metrics: what is observed is kept until somebody scrapes (metrics-rs/metrics#245, #465, #467)",
        "benches/tests/warm_path.rs",
        "observing_allocates_nothing_within_a_span_and_without",
    ),
    (
        "prometheus: a push panics within a runtime (tikv/rust-prometheus#342, #367, #453)",
        "crates/radiosonde-push/tests/pushgateway.rs",
        "it_works_within_a_runtime_and_without_one",
    ),
    (
        "an exemplar under text/plain, which fails the scrape (prometheus/prometheus#8930)",
        "crates/radiosonde-metrics/tests/exposition.rs",
        "a_sampled_span_becomes_the_exemplar_of_its_bucket_in_open_metrics_only",
    ),
];

#[test]
fn what_is_shown_elsewhere_is_there() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
    for (defect, file, test) in ELSEWHERE {
        let source = std::fs::read_to_string(format!("{root}{file}")).unwrap_or_default();
        assert!(source.contains(&format!("fn {test}(")), "{defect}: no test {test} in {file}");
    }
}

/// The registry in both formats, each read by the strict parser.
fn read(registry: &Registry) -> [(Format, Exposition); 2] {
    let [plain, open] = [registry.text(), registry.encode(Format::OpenMetrics)];
    [
        (Format::Text, text(&plain).unwrap_or_else(|refusal| panic!("{refusal}\n{plain}"))),
        (Format::OpenMetrics, open_metrics(&open).unwrap_or_else(|refusal| panic!("{refusal}\n{open}"))),
    ]
}

/// A collector that is a function.
struct Gives<F>(F);

impl<F: Fn(&mut Collection) + Send + Sync + 'static> Collector for Gives<F> {
    fn collect(&self, out: &mut Collection) {
        self.0(out);
    }
}

/// Returns the result of `work`; a deadlock fails the test instead of blocking it for ever.
fn without_deadlock<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = mpsc::channel();
    let thread = std::thread::spawn(move || done.send(work()));
    let result = result.recv_timeout(Duration::from_secs(60));
    // A hanging thread is not joined.
    if result.is_ok() {
        let _ = thread.join();
    }
    result.unwrap_or_else(|_| panic!("no answer within a minute"))
}

// prometheus 0.14 distinguishes series only by a hash of the joined values; client_golang did until
// prometheus/client_golang#221.
#[test]
fn label_values_that_join_to_the_same_text_are_different_series() {
    let registry = Registry::new();
    let family = registry.counter("hits_total", "Hits.").labels(&["x", "y", "z"]).unwrap();
    let values = ["", "a", "b", "ab", "aab", "b\u{ff}a"];
    let sets = || values.iter().flat_map(move |x| values.map(|y| values.map(|z| [*x, y, z]))).flatten();
    for (at, set) in sets().enumerate() {
        family.with(&set).inc_by(at as u64);
    }
    for (_, exposition) in read(&registry) {
        let mut found = 0;
        for (at, [x, y, z]) in sets().enumerate() {
            let sample = exposition.sample("hits_total", &[("x", x), ("y", y), ("z", z)]).unwrap();
            assert_eq!(sample.value.as_u64(), Some(at as u64), "{x:?} {y:?} {z:?}");
            found += 1;
        }
        assert_eq!(found, 216);
    }
}

// prometheus-client: prometheus/client_rust#51.
#[test]
fn a_counter_called_total_has_one_suffix() {
    let registry = Registry::new();
    registry.counter("hits_total", "Hits.").build().unwrap().inc();
    registry.counter("total_total", "Totals.").build().unwrap().inc_by(2);
    for (format, exposition) in read(&registry) {
        let family = if format == Format::OpenMetrics { "hits" } else { "hits_total" };
        let family = exposition.family(family).unwrap();
        assert_eq!((family.kind, &*family.samples[0].name), (FamilyKind::Counter, "hits_total"));
        assert_eq!(exposition.sample("total_total", &[]).unwrap().value.as_u64(), Some(2));
        assert!(exposition.samples().all(|sample| !sample.name.ends_with("_total_total")));
    }
}

// prometheus-client appends a full stop (prometheus/client_rust#56) and does not escape.
#[test]
fn help_is_what_was_said_and_nothing_more() {
    let helps =
        ["No full stop", "Two\nlines, a \"quotation\" and C:\\new.", "ends in a backslash \\", "\\n", "\n"];
    let registry = Registry::new();
    for (at, help) in helps.iter().enumerate().take(4) {
        registry.gauge(&format!("gauge_{at}"), help).build().unwrap();
    }
    registry.gauge("gauge_4", helps[4]).build().unwrap_err();
    for (_, exposition) in read(&registry) {
        for (at, help) in helps.iter().enumerate().take(4) {
            assert_eq!(exposition.family(&format!("gauge_{at}")).unwrap().help.as_deref(), Some(*help));
        }
    }
}

// metrics' exporter escapes a backslash in one place and not in another.
#[test]
fn a_backslash_in_a_label_value_is_a_backslash() {
    let registry = Registry::new();
    let paths = registry.gauge("paths", "Paths.").labels(&["path"]).unwrap();
    let values = ["C:\\new", "C:\new", "C:\\\\new", "\\", "\\\\", "\"", "\\\"", "\\n"];
    for (at, value) in (0_i32..).zip(values) {
        paths.with(&[value]).set(at.into());
    }
    for (_, exposition) in read(&registry) {
        for (at, value) in values.iter().enumerate() {
            let sample = exposition.sample("paths", &[("path", value)]).unwrap();
            assert_eq!(sample.value.as_u64(), Some(at as u64), "{value:?}");
        }
    }
}

// prometheus-client: `CounterWithExemplar::inc_by(_, None)` erases it.
#[test]
fn an_exemplar_stays_when_something_without_one_is_recorded() {
    let registry = Registry::new();
    let wait = registry.histogram("wait_seconds", "Wait.").build().unwrap();
    let hits = registry.counter("hits_total", "Hits.").exemplars().build().unwrap();
    let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
    let unsampled = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::NONE);
    let record = |within: Option<SpanContext>| {
        let _current = within.map(|context| context.enter());
        wait.observe(0.5);
        hits.inc();
    };
    record(Some(context));
    for _ in 0..100 {
        record(None);
        record(Some(unsampled));
    }
    let [_, (_, exposition)] = read(&registry);
    assert_eq!(exposition.sample("hits_total", &[]).unwrap().value.as_u64(), Some(201));
    let exemplars: Vec<_> = exposition.samples().filter_map(|sample| sample.exemplar.as_ref()).collect();
    assert_eq!(exemplars.len(), 2);
    for exemplar in exemplars {
        assert_eq!(exemplar.label("trace_id"), Some(&*context.trace_id().to_string()));
    }
}

// client_golang panics on an exemplar of more than 128 characters.
#[test]
fn an_exemplar_that_is_too_long_is_dropped_and_the_event_is_not() {
    let registry = Registry::new();
    let hits = registry.counter("hits_total", "Hits.").exemplars().build().unwrap();
    hits.inc_with_exemplar(&[("order", &"é".repeat(123))]);
    let exemplar = |registry: &Registry| {
        let [_, (_, exposition)] = read(registry);
        let sample = exposition.sample("hits_total", &[]).unwrap();
        (sample.value.as_u64().unwrap(), sample.exemplar.as_ref().map(|exemplar| exemplar.labels.clone()))
    };
    let kept = exemplar(&registry).1;
    assert_eq!(kept, Some(vec![("order".to_owned(), "é".repeat(123))]));
    hits.inc_with_exemplar(&[("order", &"é".repeat(124))]);
    assert_eq!(exemplar(&registry), (2, kept));
    assert!(registry.text().contains("refused_total{family=\"hits_total\",reason=\"exemplar\"} 1\n"));
}

// prometheus marks constant labels with a `$`, so a name may be used as both constant and variable
// (tikv/rust-prometheus#444).
#[test]
fn a_constant_label_is_not_given_a_second_time() {
    let registry = Registry::builder().label("service", "shop").build().unwrap();
    let declare = |constant| registry.counter("hits_total", "Hits.").constant_labels(constant);
    assert!(declare(&[("path", "/")]).labels(&["path"]).is_err());
    assert!(declare(&[("path", "/"), ("path", "/")]).build().is_err());
    declare(&[("path", "/")]).labels(&["method"]).unwrap().with(&["GET"]).inc();
    registry.collect_from(Gives(|out: &mut Collection| {
        let family = out.family("calls_total", "Calls.", Kind::Counter);
        family.number(LabelSet::new([("service", "own")]), Number::Unsigned(1));
    }));
    // The parsers refuse a duplicate label.
    for (_, exposition) in read(&registry) {
        let labels = [("method", "GET"), ("path", "/"), ("service", "shop")];
        assert_eq!(exposition.sample("hits_total", &labels).unwrap().value.as_u64(), Some(1));
        assert_eq!(exposition.samples().filter(|sample| sample.name == "calls_total").count(), 1);
    }
}

// prometheus-client writes `_sum` and `_count` before the buckets.
#[test]
fn buckets_come_before_sum_and_count() {
    let registry = Registry::new();
    let sizes = registry.histogram("size_bytes", "Size.").buckets(Buckets::from_static(&[1.0, 2.0]));
    let sizes = sizes.labels(&["of"]).unwrap();
    sizes.with(&["a"]).observe(1.0);
    sizes.with(&["b"]).observe(2.0);
    for (_, exposition) in read(&registry) {
        let names: Vec<_> =
            exposition.family("size_bytes").unwrap().samples.iter().map(|sample| &*sample.name).collect();
        let one = ["size_bytes_bucket"; 3].into_iter().chain(["size_bytes_sum", "size_bytes_count"]);
        assert_eq!(names, one.clone().chain(one).collect::<Vec<_>>());
    }
}

// fastmetrics reads count and buckets at different times; split-histogram and prometheus block the scrape instead.
#[test]
fn no_scrape_sees_half_an_observation() {
    let registry = Registry::new();
    let declare = |name| registry.histogram(name, "Wait.");
    let waits: [Histogram; 2] =
        [declare("plain_seconds").build().unwrap(), declare("striped_seconds").striped().build().unwrap()];
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for n in 0..10_000_u16 {
                    waits.iter().for_each(|wait| wait.observe(f64::from(n % 12)));
                }
            });
        }
        let mut before = [0; 2];
        for _ in 0..50 {
            // The parsers refuse a count that differs from the last bucket, and buckets that decrease.
            for (_, exposition) in read(&registry) {
                for (name, before) in ["plain_seconds_count", "striped_seconds_count"].iter().zip(&mut before)
                {
                    let count = exposition.sample(name, &[]).unwrap().value.as_u64().unwrap();
                    assert!(count >= *before, "{name} went from {before} to {count}");
                    *before = count;
                }
            }
        }
    });
    assert!(waits.iter().all(|wait| wait.count() == 30_000));
}

// prometheus holds its lock while it calls collectors (neondatabase/neon#2566).
#[test]
fn a_collector_may_declare_and_record_in_the_registry_that_asks_it() {
    let registry = Registry::new();
    let inner = registry.clone();
    registry.collect_from(Gives(move |out: &mut Collection| {
        let family = inner.counter("asked_total", "Asked.").labels(&["by"]).unwrap();
        family.with(&["scrape"]).inc();
        inner.collect_from(Gives(|_: &mut Collection| {}));
        out.number(
            "inner_bytes",
            "Length of the text.",
            Kind::Gauge,
            Number::Signed(inner.text().len() as i64),
        );
    }));
    let text = without_deadlock(move || (registry.text(), registry.text()).1);
    assert!(text.contains("asked_total{by=\"scrape\"} 2\n"), "{text}");
    assert!(text.contains("\ninner_bytes "), "{text}");
}

// prometheus-client gives out a guard of its lock (prometheus/client_rust#231, #300).
#[test]
fn two_series_of_a_family_may_be_held_while_a_third_is_made_and_a_scrape_runs() {
    let registry = Registry::new();
    let text = without_deadlock(move || {
        let hits = registry.counter("hits_total", "Hits.").labels(&["of"]).unwrap();
        let (a, b) = (hits.with(&["a"]), hits.with(&["b"]));
        for n in 0..100 {
            hits.with(&[&n.to_string()]).inc();
            a.inc();
        }
        let text = registry.text();
        b.inc();
        (text.contains("hits_total{of=\"a\"} 100\n"), registry.text())
    });
    assert!(text.0 && text.1.contains("hits_total{of=\"b\"} 1\n"), "{}", text.1);
}

// prometheus: `unimplemented!()` for a metric without a type.
#[test]
fn a_metric_of_unknown_kind_is_exposed() {
    let registry = Registry::new();
    registry.collect_from(Gives(|out: &mut Collection| {
        out.number("mystery", "Nobody knows.", Kind::Unknown, Number::Float(-0.5));
    }));
    for (_, exposition) in read(&registry) {
        let family = exposition.family("mystery").unwrap();
        assert_eq!((family.kind, family.samples[0].value.as_f64()), (FamilyKind::Unknown, -0.5));
    }
}

// metrics' exporter iterates over hash maps; labels in another order are another series to some stores
// (VictoriaMetrics/VictoriaMetrics#4462).
#[test]
fn the_order_of_declaring_and_recording_does_not_show() {
    let fill = |forward: bool| {
        let registry = Registry::new();
        let labels: &[&str] = if forward { &["a", "b"] } else { &["b", "a"] };
        let order = |n: u32| if forward { n } else { 49 - n };
        for n in (0..50).map(order) {
            let gauge = registry.gauge(&format!("gauge_{}", n % 7), "Help.").labels(labels).unwrap();
            let (a, b) = (format!("{n}"), format!("{}", n * 31 % 50));
            gauge.with(if forward { [&*a, &*b] } else { [&*b, &*a] }.as_slice()).set(n.into());
        }
        registry
    };
    let (forward, backward) = (fill(true), fill(false));
    for format in [Format::Text, Format::OpenMetrics] {
        assert_eq!(forward.encode(format), backward.encode(format));
    }
    assert!(
        forward.text().lines().filter(|line| line.starts_with("gauge_")).all(|line| line.contains("{a="))
    );
}

// metrics' exporter looks for "sum", "count", "total" and "bucket" at the end of names, not for suffixes.
#[test]
fn names_that_end_like_a_suffix_stay_as_they_are() {
    let registry = Registry::new();
    let names = ["checksum", "account", "subtotal", "litter_bucket", "total", "bucket", "sum", "recreated"];
    for name in names {
        registry.gauge(name, "Help.").build().unwrap().set(1.0);
    }
    registry.counter("subtotal_total", "Help.").build().unwrap_err();
    registry.counter("account_total_total", "Help.").build().unwrap();
    registry.histogram("checksum_seconds", "Help.").build().unwrap().observe(1.0);
    for (_, exposition) in read(&registry) {
        for name in names {
            assert_eq!(exposition.family(name).unwrap().samples[0].name, name);
        }
        assert!(exposition.sample("checksum_seconds_count", &[]).is_some());
    }
}

// metrics' exporter omits native histograms from the text.
#[test]
fn a_native_histogram_is_there_for_whom_reads_text() {
    let registry = Registry::new();
    let declare = |name, buckets| registry.histogram(name, "Size.").buckets(buckets).native(Native::new());
    declare("both_bytes", Buckets::from_static(&[1.0])).build().unwrap().observe(0.5);
    declare("native_bytes", Buckets::NONE).build().unwrap().observe(0.5);
    for (_, exposition) in read(&registry) {
        let count = |name: &str, bound: &str| {
            let buckets = exposition.samples().filter(|sample| sample.name == name);
            let bucket = buckets
                .into_iter()
                .find(|sample| sample.label("le").unwrap().parse() == bound.parse::<f64>());
            bucket.and_then(|sample| sample.value.as_u64())
        };
        assert_eq!((count("both_bytes_bucket", "1"), count("both_bytes_bucket", "+Inf")), (Some(1), Some(1)));
        assert_eq!(
            (count("native_bytes_bucket", "1"), count("native_bytes_bucket", "+Inf")),
            (None, Some(1))
        );
        assert_eq!(exposition.sample("native_bytes_sum", &[]).unwrap().value.as_f64(), 0.5);
    }
}

// linera-io/linera-protocol#6750: a counter without events is missing, and an alert on it never fires.
#[test]
fn what_has_not_happened_yet_is_there() {
    let registry = Registry::new();
    registry.counter("hits_total", "Hits.").build().unwrap();
    registry.histogram("wait_seconds", "Wait.").build().unwrap();
    registry.counter("misses_total", "Misses.").labels(&["of"]).unwrap();
    for (format, exposition) in read(&registry) {
        assert_eq!(exposition.sample("hits_total", &[]).unwrap().value.as_u64(), Some(0));
        assert_eq!(exposition.sample("wait_seconds_count", &[]).unwrap().value.as_u64(), Some(0));
        let misses = if format == Format::OpenMetrics { "misses" } else { "misses_total" };
        assert_eq!(exposition.family(misses).unwrap().samples, []);
    }
}

// prometheus-client before 0.25.2: f64::MAX as the last bound (prometheus/client_rust#343).
#[test]
fn the_last_bucket_is_infinite_and_the_largest_finite_bound_is_not() {
    let registry = Registry::new();
    let sizes = registry.histogram("size_bytes", "Size.").buckets(Buckets::from_static(&[1.0, f64::MAX]));
    let sizes = sizes.build().unwrap();
    sizes.observe(f64::MAX);
    assert!(Buckets::new([1.0, f64::INFINITY]).is_err());
    for (_, exposition) in read(&registry) {
        let buckets = exposition.samples().filter(|sample| sample.name == "size_bytes_bucket");
        let bounds = buckets
            .map(|bucket| (bucket.label("le").unwrap().parse::<f64>().unwrap(), bucket.value.as_u64()));
        let bounds: Vec<_> = bounds.collect();
        assert_eq!(bounds, [(1.0, Some(0)), (f64::MAX, Some(1)), (f64::INFINITY, Some(1))]);
    }
}

// prometheus merges families of one name without comparing their types (tikv/rust-prometheus, `registry.rs`).
#[test]
fn a_family_has_one_kind() {
    let registry = Registry::new();
    registry.collect_from(Gives(|out: &mut Collection| {
        out.number("size", "A gauge.", Kind::Gauge, Number::Signed(-1));
        out.family("size", "Unknown.", Kind::Unknown).number(LabelSet::new([("a", "b")]), Number::Signed(2));
    }));
    for (_, exposition) in read(&registry) {
        let family = exposition.family("size").unwrap();
        assert_eq!((family.kind, family.samples.len()), (FamilyKind::Gauge, 1));
        let errors = exposition.sample("radiosonde_metrics_collector_errors_total", &[("reason", "kind")]);
        assert!(errors.unwrap().value.as_u64() > Some(0));
    }
}

// metrics loses records of a second copy of the crate (metrics-rs/metrics#440): a registry is a value here, and the first
// one can expose another.
#[test]
fn of_two_registries_each_shows_its_own_and_one_may_show_both() {
    let (first, second) = (Registry::new(), Registry::new());
    let (ours, theirs) = (first.clone(), second.clone());
    first.counter("hits_total", "Hits.").build().unwrap().inc();
    second.counter("hits_total", "Hits.").build().unwrap().inc_by(5);
    assert!(ours.text().contains("hits_total 1\n") && theirs.text().contains("hits_total 5\n"));
    let shown = second.snapshot();
    first.collect_from(Gives(move |out: &mut Collection| {
        let family = out.family("hits_total", "Hits.", Kind::Counter);
        let of_second = shown.value("hits_total", &[]).unwrap();
        family.number(LabelSet::new([("registry", "second")]), Number::Float(of_second));
    }));
    assert!(ours.text().contains("hits_total 1\nhits_total{registry=\"second\"} 5\n"), "{}", ours.text());
}

// prometheus' local metrics, like any buffer, lose values that were not flushed when the thread ends.
#[test]
fn what_a_thread_recorded_stays_when_it_ends() {
    let registry = Registry::new();
    let hits = registry.counter("hits_total", "Hits.").striped().build().unwrap();
    for _ in 0..40 {
        let hits = hits.clone();
        std::thread::spawn(move || hits.inc()).join().unwrap();
    }
    assert!(registry.text().contains("hits_total 40\n"));
}
