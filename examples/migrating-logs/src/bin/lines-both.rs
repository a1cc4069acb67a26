//! The program with both during the migration: theirs unchanged, ours beside them.

use std::error::Error;

use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, LogFilter, Writer};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

fn main() -> Result<(), Box<dyn Error>> {
    let theirs = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let ours: LogFilter = std::env::var("RUST_LOG").unwrap_or_default().parse()?;
    let layer =
        JsonLayer::builder(&Resource::new("orders")).writer(Writer::stderr()).format(Format::Json).build()?;
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().json().with_filter(theirs))
        .with(layer.with_filter(ours))
        .init();

    migrating_logs::import();
    Ok(())
}
