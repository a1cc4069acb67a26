use radiosonde_metrics::IntGauge;

/// What one layer adds to the limit of its limiter, while it or one of its services exists.
#[derive(Debug)]
pub(crate) struct Share {
    gauge: IntGauge,
    amount: i64,
}

impl Share {
    pub(crate) fn new(gauge: IntGauge, amount: usize) -> Self {
        let amount = i64::try_from(amount).unwrap_or(i64::MAX);
        gauge.add(amount);
        Self { gauge, amount }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.gauge.add(-self.amount);
    }
}
