use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};

use crate::harness::Contender;
use crate::labels::{BUCKETS, Values, duration};

pub fn contender() -> Contender {
    let provider = SdkMeterProvider::builder()
        .with_reader(PeriodicReader::builder(InMemoryMetricExporter::default()).build())
        .build();
    let meter = provider.meter("compare");
    let counter = meter.u64_counter("a").build();
    let by_three = meter.u64_counter("c").build();
    let histogram = meter.f64_histogram("b").with_boundaries(BUCKETS.into()).build();
    let by_two = meter.f64_histogram("d").with_boundaries(BUCKETS.into()).build();
    let (three, two) = (Values::new(), Values::new());
    // Instruments count only while their provider lives.
    let keep = provider.clone();
    Contender::new("OpenTelemetry SDK")
        .case("counter, kept", move |_| {
            let _ = &keep;
            counter.add(1, &[]);
        })
        .case("histogram of 14 buckets, kept", move |n| histogram.record(duration(n), &[]))
        .case("counter by 3 run-time values, 500 series", move |n| {
            let [method, endpoint, status] = three.three(n).map(str::to_owned);
            let labels = [
                KeyValue::new("method", method),
                KeyValue::new("endpoint", endpoint),
                KeyValue::new("status", status),
            ];
            by_three.add(1, &labels);
        })
        .case("histogram by 2 values, 100 series", move |n| {
            let [method, endpoint] = two.two(n).map(str::to_owned);
            by_two
                .record(duration(n), &[KeyValue::new("method", method), KeyValue::new("endpoint", endpoint)]);
        })
}
