use std::sync::OnceLock;

use axum_prometheus::PrometheusMetricLayer;
use tokio::runtime::Runtime;

use crate::harness::Contender;
use crate::{PROMETHEUS, scene};

/// The layer with its default recorder, which can be installed once. A task of its own empties the histograms.
pub fn layer() -> PrometheusMetricLayer<'static> {
    static LAYER: OnceLock<(Runtime, PrometheusMetricLayer<'static>)> = OnceLock::new();
    let made = LAYER.get_or_init(|| {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
        let layer = runtime.block_on(async { PrometheusMetricLayer::pair().0 });
        (runtime, layer)
    });
    made.1.clone()
}

pub fn contender() -> Contender {
    super::contender(PROMETHEUS, scene::router().layer(layer()), None, || ())
}
