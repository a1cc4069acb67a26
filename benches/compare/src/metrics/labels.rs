//! The labels of all contenders, in the same order.

pub const METHODS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "PATCH"];
pub const STATUSES: [&str; 5] = ["200", "201", "404", "500", "503"];

/// Values that are known only at run time.
pub struct Values {
    endpoints: Vec<String>,
}

impl Values {
    pub fn new() -> Self {
        Self { endpoints: (0..20).map(|n| format!("/api/v1/resources/{n}")).collect() }
    }

    /// Cycles through all 500 sets.
    pub fn three(&self, n: u64) -> [&str; 3] {
        let n = n as usize;
        [METHODS[n % 5], &self.endpoints[n / 5 % 20], STATUSES[n / 100 % 5]]
    }

    /// Cycles through all 100 sets.
    pub fn two(&self, n: u64) -> [&str; 2] {
        let n = n as usize;
        [METHODS[n % 5], &self.endpoints[n / 5 % 20]]
    }
}

/// A duration in seconds, spread over the buckets.
pub fn duration(n: u64) -> f64 {
    const DURATIONS: [f64; 8] = [0.003, 0.012, 0.03, 0.08, 0.2, 0.6, 2.0, 12.0];
    DURATIONS[(n % 8) as usize]
}

pub const BUCKETS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
