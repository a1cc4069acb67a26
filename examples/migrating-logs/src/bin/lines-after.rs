//! The program with our lines: for people on a terminal, JSON elsewhere.

use std::error::Error;

use radiosonde_core::Resource;
use radiosonde_log::{JsonLayer, LogFilter, Writer};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

fn main() -> Result<(), Box<dyn Error>> {
    let filter: LogFilter = std::env::var("RUST_LOG").unwrap_or_default().parse()?;
    let layer = JsonLayer::builder(&Resource::new("orders")).writer(Writer::stdout()).build()?;
    tracing_subscriber::registry().with(layer.with_filter(filter)).init();

    migrating_logs::import();
    Ok(())
}
