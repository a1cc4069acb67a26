//! What is not measured here, and where it is from.

/// Of a series in the head of Prometheus, in memory. Prometheus 3.15 with 100,000 series of 100 bytes of labels, scraped every 15 s and not
/// queried, takes 3 kB for each after 40 minutes; the rest is for queries, compaction and series that come and go.
pub(crate) const PROMETHEUS_BYTES_PER_SERIES: f64 = 4096.0;

/// On disk. Prometheus names 1 to 2 bytes: <https://prometheus.io/docs/prometheus/latest/storage/#operational-aspects>
pub(crate) const PROMETHEUS_BYTES_PER_SAMPLE: f64 = 2.0;

/// Series that Prometheus adds for each target: `up` and four whose names start with `scrape_`:
/// <https://prometheus.io/docs/concepts/jobs_instances/>
pub(crate) const SERIES_OF_A_TARGET: f64 = 5.0;

/// The memory of one machine for Prometheus: an assumption.
pub(crate) const PROMETHEUS_MEMORY: f64 = 32.0 * 1024.0 * 1024.0 * 1024.0;

/// Prometheus' default: <https://prometheus.io/docs/prometheus/latest/storage/#operational-aspects>
pub(crate) const PROMETHEUS_DAYS: u32 = 15;

/// `max_global_series_per_user` of Mimir by default:
/// <https://grafana.com/docs/mimir/latest/configure/configuration-parameters/#limits>
pub(crate) const MIMIR_SERIES: f64 = 150_000.0;

/// What one process of Loki is for: <https://grafana.com/docs/loki/latest/get-started/deployment-modes/>
pub(crate) const LOKI_BYTES_PER_DAY: f64 = 20e9;

/// `ingestion_rate_mb` of Loki by default, as are the next two: `loki -help`, 3.7.
pub(crate) const LOKI_BYTES_PER_SECOND: f64 = 4.0 * 1024.0 * 1024.0;

/// `per_stream_rate_limit`.
pub(crate) const LOKI_BYTES_PER_STREAM: f64 = 3.0 * 1024.0 * 1024.0;

/// `max_global_streams_per_user`.
pub(crate) const LOKI_STREAMS: f64 = 5000.0;

/// `max_traces` of `examples/stack/jaeger.yml`.
pub(crate) const JAEGER_TRACES: f64 = 100_000.0;

/// The shortest time for which a trace should be found: an assumption.
pub(crate) const TRACE_SECONDS: f64 = 3600.0;

/// The disk of a trace store: an assumption.
pub(crate) const TRACE_DISK: f64 = 1e12;

/// `OTEL_BSP_MAX_QUEUE_SIZE` by default: `docs/configuration.md`, as is the next.
pub(crate) const SPAN_QUEUE: f64 = 65_536.0;

/// `RADIOSONDE_LOKI_QUEUE_BYTES`.
pub(crate) const LINE_QUEUE: f64 = 16.0 * 1024.0 * 1024.0;

/// The longest restart of a backend that queues should bridge: an assumption.
pub(crate) const OUTAGE_SECONDS: f64 = 300.0;
