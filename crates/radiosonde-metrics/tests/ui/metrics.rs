//! What the attribute refuses, all at once and each where it stands.

#[radiosonde_metrics::metrics]
mod metrics {
    pub fn no_help_total() -> Counter;
    /// No counter's name.
    pub fn orders() -> Counter;
    /// A counter's name.
    pub fn depth_total() -> IntGauge;
    /// Not an instrument.
    pub fn made_total() -> u64;
    /// Nothing at all.
    pub fn nothing_total();
    /// No such unit in the name.
    #[metric(unit = "seconds")]
    pub fn wait_ms() -> Histogram;
    /// A label of the exposition.
    pub fn a_total(le: u8) -> Counter;
    /// A label of Prometheus.
    pub fn b_total(__name: u8) -> Counter;
    /// Buckets on a counter.
    #[metric(buckets = [1.0])]
    pub fn c_total() -> Counter;
    /// No such option.
    #[metric(bucket = [1.0])]
    pub fn d_seconds() -> Histogram;
    /// Generic.
    pub fn e_total<T: Clone>(label: T) -> Counter;
    /// A method.
    pub fn f_total(&self) -> Counter;
    /// Twice.
    pub fn g_total() -> Counter;
    /// Twice.
    #[metric(rename = "g_total")]
    pub fn h_total() -> Counter;
    /// No name.
    #[metric(rename = "i-total")]
    pub fn i_total() -> Counter;
    /// Constant and not.
    #[metric(constant_labels(region = "eu"))]
    pub fn j_total(region: u8) -> Counter;
}

fn main() {}
