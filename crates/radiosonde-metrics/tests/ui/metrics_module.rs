//! Where the attribute stands, and what it is told.

#[radiosonde_metrics::metrics]
fn orders_total() {}

#[radiosonde_metrics::metrics(prefix = "shop")]
mod metrics {}

#[radiosonde_metrics::metrics(namespace = "my-shop")]
mod others {}

fn main() {}
