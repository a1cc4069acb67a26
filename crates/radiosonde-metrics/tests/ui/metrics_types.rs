//! What the compiler refuses of what the attribute makes.

#[radiosonde_metrics::metrics]
mod metrics {
    /// A label that is no label's value.
    pub fn a_total(temperature: f64) -> Counter;
}

fn main() {
    // A parameter left away.
    metrics::a_total().inc();
}
