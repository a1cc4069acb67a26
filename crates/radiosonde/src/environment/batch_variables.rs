//! The variables of the specification's batch processors: of a queue, its batches, and the time for each.

use std::ops::RangeInclusive;
use std::time::Duration;

use radiosonde_delivery::SinkOptions;

use crate::environment::variables::Variables;
use crate::error::InvalidVariable;

/// The names of a processor's variables.
pub(crate) struct BatchVariables {
    queue_size: &'static str,
    batch_size: &'static str,
    delay: &'static str,
    timeout: &'static str,
}

pub(crate) const OF_SPANS: BatchVariables = BatchVariables {
    queue_size: "OTEL_BSP_MAX_QUEUE_SIZE",
    batch_size: "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    delay: "OTEL_BSP_SCHEDULE_DELAY",
    timeout: "OTEL_BSP_EXPORT_TIMEOUT",
};

pub(crate) const OF_LOG_RECORDS: BatchVariables = BatchVariables {
    queue_size: "OTEL_BLRP_MAX_QUEUE_SIZE",
    batch_size: "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
    delay: "OTEL_BLRP_SCHEDULE_DELAY",
    timeout: "OTEL_BLRP_EXPORT_TIMEOUT",
};

/// The items that a queue holds and a batch has unless told otherwise: the defaults of [`SinkOptions`].
const QUEUE_SIZE: usize = 65_536;
const BATCH_SIZE: usize = 1_024;

const HOUR_MILLIS: usize = 3_600_000;

impl BatchVariables {
    /// What the variables set.
    pub(crate) fn read(&self, variables: &Variables<'_>) -> Result<SinkOptions, InvalidVariable> {
        let mut sink = SinkOptions::default();
        let queue_size = number(self.queue_size, 1..=usize::MAX, "a number from 1", variables)?;
        if let Some(size) = queue_size {
            // A batch that is larger than the queue would never be full.
            sink = sink.max_items(size).batch_items(size.min(BATCH_SIZE));
        }
        let most = queue_size.unwrap_or(QUEUE_SIZE);
        let expected = format!("a number from 1 to {most}, the size of the queue");
        if let Some(size) = number(self.batch_size, 1..=most, &expected, variables)? {
            sink = sink.batch_items(size);
        }
        let expected = format!("a number of milliseconds from 0 to {HOUR_MILLIS}");
        if let Some(millis) = number(self.delay, 0..=HOUR_MILLIS, &expected, variables)? {
            sink = sink.batch_age(Duration::from_millis(millis as u64));
        }
        match number(self.timeout, 0..=HOUR_MILLIS, &expected, variables)? {
            // To the specification 0 is no bound.
            None | Some(0) => Ok(sink),
            Some(millis) => Ok(sink.export_timeout(Duration::from_millis(millis as u64))),
        }
    }
}

fn number(
    name: &'static str,
    range: RangeInclusive<usize>,
    expected: &str,
    variables: &Variables<'_>,
) -> Result<Option<usize>, InvalidVariable> {
    let Some(text) = variables.text(name)? else { return Ok(None) };
    match text.parse() {
        Ok(number) if range.contains(&number) => Ok(Some(number)),
        _ => Err(InvalidVariable::new(name, &text, expected)),
    }
}
