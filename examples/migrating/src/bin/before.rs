//! The original service: metrics of the `prometheus` crate, and its encoder.

use std::error::Error;
use std::sync::LazyLock;

use migrating::{Photo, day, serve};
use prometheus::{
    Encoder, Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, TextEncoder, exponential_buckets,
    gather, histogram_opts, register_histogram, register_histogram_vec, register_int_counter,
    register_int_counter_vec, register_int_gauge,
};

static PHOTOS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec!("photos_scaled_total", "Photos scaled.", &["format", "outcome"]).unwrap()
});

static SIZES: LazyLock<HistogramVec> = LazyLock::new(|| {
    let buckets = exponential_buckets(1024.0, 4.0, 6).unwrap();
    let opts = histogram_opts!("photo_size_bytes", "Sizes of photos as they come.", buckets);
    register_histogram_vec!(opts, &["format"]).unwrap()
});

static SECONDS: LazyLock<Histogram> =
    LazyLock::new(|| register_histogram!("photo_scale_seconds", "Time to scale a photo.").unwrap());

static WAITING: LazyLock<IntGauge> =
    LazyLock::new(|| register_int_gauge!("photos_waiting", "Photos that wait to be scaled.").unwrap());

// Older than the rule that a counter's name ends in `_total`; dashboards know it by this name.
static CACHE_HITS: LazyLock<IntCounter> =
    LazyLock::new(|| register_int_counter!("cache_hits", "Photos that were scaled before.").unwrap());

fn scale(photo: &Photo) {
    WAITING.dec();
    SIZES.with_label_values(&[photo.format]).observe(photo.bytes.into());
    if photo.cached {
        CACHE_HITS.inc();
        return;
    }
    let timer = SECONDS.start_timer();
    let outcome = if photo.scale().is_some() { "ok" } else { "unknown_format" };
    timer.observe_duration();
    PHOTOS.with_label_values(&[photo.format, outcome]).inc();
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut photos = day();
    WAITING.set(photos.len().try_into()?);
    // A few are left for the next day.
    photos.drain(..190).for_each(|photo| scale(&photo));

    let encoder = TextEncoder::new();
    serve(|_accept| {
        let mut body = Vec::new();
        encoder.encode(&gather(), &mut body).unwrap();
        (encoder.format_type().to_owned(), body)
    })?;
    Ok(())
}
