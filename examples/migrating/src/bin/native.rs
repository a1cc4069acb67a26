//! The service with native metrics: labels are types, and a look-up is an index.

use std::error::Error;
use std::sync::LazyLock;

use migrating::{Photo, day, serve};
use radiosonde_metrics::exposition::Dialect;
use radiosonde_metrics::{
    Buckets, Counter, Family, Histogram, IntGauge, LabelValue, Labels, RegisterError, Registry,
};
use radiosonde_prometheus::compat::{IntCounter, register_int_counter};

#[derive(Clone, Copy, LabelValue)]
enum Format {
    Heic,
    Jpeg,
    Png,
}

#[derive(Clone, Copy, LabelValue)]
enum Outcome {
    Ok,
    UnknownFormat,
}

#[derive(Labels)]
struct Scaled {
    format: Format,
    outcome: Outcome,
}

#[derive(Labels)]
struct Sized {
    format: Format,
}

struct Metrics {
    photos: Family<Counter, Scaled>,
    sizes: Family<Histogram, Sized>,
    seconds: Histogram,
    waiting: IntGauge,
}

impl Metrics {
    fn new(registry: &Registry) -> Result<Self, RegisterError> {
        let sizes = Buckets::from_static(&[1024.0, 4096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0]);
        let seconds = Buckets::from_static(&[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]);
        Ok(Self {
            photos: registry.counter("photos_scaled_total", "Photos scaled.").family()?,
            sizes: registry
                .histogram("photo_size_bytes", "Sizes of photos as they come.")
                .unit("bytes")
                .buckets(sizes)
                .family()?,
            seconds: registry
                .histogram("photo_scale_seconds", "Time to scale a photo.")
                .unit("seconds")
                .buckets(seconds)
                .build()?,
            waiting: registry.int_gauge("photos_waiting", "Photos that wait to be scaled.").build()?,
        })
    }
}

static METRICS: LazyLock<Metrics> = LazyLock::new(|| Metrics::new(Registry::global()).unwrap());

// A native counter ends in `_total`. This one keeps its old declaration until no dashboard uses the name.
static CACHE_HITS: LazyLock<IntCounter> =
    LazyLock::new(|| register_int_counter!("cache_hits", "Photos that were scaled before.").unwrap());

#[allow(clippy::disallowed_methods, reason = "an example takes the time as programs do")]
fn scale(photo: &Photo) {
    let metrics = &*METRICS;
    let format = match photo.format {
        "jpeg" => Format::Jpeg,
        "png" => Format::Png,
        _ => Format::Heic,
    };
    metrics.waiting.dec();
    metrics.sizes.with(&Sized { format }).observe(photo.bytes.into());
    if photo.cached {
        CACHE_HITS.inc();
        return;
    }
    let start = std::time::Instant::now();
    let outcome = if photo.scale().is_some() { Outcome::Ok } else { Outcome::UnknownFormat };
    metrics.seconds.observe_duration(start.elapsed());
    metrics.photos.with(&Scaled { format, outcome }).inc();
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut photos = day();
    METRICS.waiting.set(photos.len().try_into()?);
    // A few are left for the next day.
    photos.drain(..190).for_each(|photo| scale(&photo));

    let registry = Registry::global();
    registry.expose_process();
    serve(|accept| {
        let dialect = Dialect::negotiate(accept);
        (dialect.content_type().to_owned(), registry.encode_bytes(dialect))
    })?;
    Ok(())
}
