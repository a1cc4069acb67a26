use tracing::level_filters::LevelFilter;

/// Whether a span or a line could be of interest to anyone.
pub(crate) fn has_subscriber() -> bool {
    tracing::dispatcher::has_been_set() && LevelFilter::current() >= LevelFilter::INFO
}
