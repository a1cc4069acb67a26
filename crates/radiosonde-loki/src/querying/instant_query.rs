use std::time::SystemTime;

use super::answer::read_found;
use super::parameters::Parameters;
use super::time_range::unix_nanos;
use super::{Answer, LogQuery, Pending, QueryError, Sample};

/// A question about a point in time; from [`LogQuery::query`]. Asking it starts with [`samples`](Self::samples),
/// [`scalar`](Self::scalar) or [`send`](Self::send).
///
/// For expressions that give numbers: Loki answers others with 400.
#[must_use = "nothing is asked yet"]
#[derive(Debug, Clone)]
pub struct InstantQuery {
    loki: LogQuery,
    logql: Box<str>,
    at: Option<SystemTime>,
}

impl InstantQuery {
    pub(super) fn new(loki: &LogQuery, logql: &str) -> Self {
        Self { loki: loki.clone(), logql: logql.into(), at: None }
    }

    /// For which time; for now, by Loki's clock, unless set.
    pub const fn at(mut self, time: SystemTime) -> Self {
        self.at = Some(time);
        self
    }

    /// Asks for numbers, one for each group.
    pub fn samples(&self) -> Pending<Vec<Sample>> {
        self.ask(|answer| answer.found.samples())
    }

    /// Asks for the one number of an expression without streams, such as `1 + 1`.
    pub fn scalar(&self) -> Pending<f64> {
        self.ask(|answer| answer.found.scalar())
    }

    /// Asks for whatever the expression gives, with Loki's remarks.
    pub fn send(&self) -> Pending<Answer> {
        self.ask(Ok)
    }

    fn ask<T>(&self, then: impl FnOnce(Answer) -> Result<T, QueryError> + Send + 'static) -> Pending<T> {
        let parameters =
            Parameters::default().with("query", &self.logql).with_some("time", self.at.map(unix_nanos));
        self.loki.ask("/loki/api/v1/query", &parameters, |response, limit_bytes| {
            then(read_found(response, limit_bytes)?)
        })
    }
}
