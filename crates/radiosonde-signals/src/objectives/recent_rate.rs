use std::collections::VecDeque;
use std::time::Duration;

/// The rate of a counter over the last minute.
///
/// # Shape
/// Unknown until a minute has passed. Of evaluations that are rarer, it is the rate since the last one.
///
/// # Cost
/// At most 62 entries: one for each second.
#[derive(Debug, Default)]
pub(crate) struct RecentRate {
    sum: f64,
    /// The sum at these times. The first is a minute ago, or more.
    past: VecDeque<(Duration, f64)>,
}

const SPAN: Duration = Duration::from_secs(60);
const RESOLUTION: Duration = Duration::from_secs(1);

impl RecentRate {
    /// The rate per second, after the counter has grown by this since the last time.
    pub(crate) fn after(&mut self, grown: f64, now: Duration) -> Option<f64> {
        self.sum += grown;
        let is_old = |at: Duration| now.saturating_sub(at) >= SPAN;
        while self.past.get(1).is_some_and(|&(at, _)| is_old(at)) {
            self.past.pop_front();
        }
        let rate = self
            .past
            .front()
            .filter(|(at, _)| is_old(*at))
            .map(|(at, before)| (self.sum - before) / now.saturating_sub(*at).as_secs_f64());
        if self.past.back().is_none_or(|(at, _)| now.saturating_sub(*at) >= RESOLUTION) {
            self.past.push_back((now, self.sum));
        }
        rate
    }
}
