use radiosonde_appender::QueueOptions;
use radiosonde_log::Writer;
use radiosonde_queue::OverflowPolicy;

use crate::InvalidVariable;
use crate::variables::Variables;

/// Below this a queue does not hold the longest line.
const LEAST_BYTES: usize = 250_000;

/// Whether standard output and the log file get a queue.
#[derive(Debug, Clone, Default)]
pub(crate) enum QueueChoice {
    /// As the environment says.
    #[default]
    Unsaid,
    Direct,
    Queued(QueueOptions),
}

impl QueueChoice {
    /// What code and environment amount to.
    pub(crate) fn resolve(
        code: Self,
        policy: Option<OverflowPolicy>,
        variables: &Variables<'_>,
    ) -> Result<Self, InvalidVariable> {
        if !matches!(code, Self::Unsaid) {
            return Ok(code);
        }
        let mut options = QueueOptions::new();
        if let Some(policy) = overflow(policy, variables)? {
            options = options.overflow(policy);
        }
        const BYTES: &str = "RADIOSONDE_LOG_QUEUE_BYTES";
        let allowed = "0, for no queue, or a number of bytes from 250000 to 4294967295";
        Ok(match variables.parse::<u32>(BYTES, allowed)?.map(|bytes| bytes as usize) {
            None => Self::Queued(options),
            Some(0) => Self::Direct,
            Some(bytes) if bytes < LEAST_BYTES => {
                return Err(InvalidVariable::new(BYTES, &bytes.to_string(), allowed));
            }
            Some(bytes) => Self::Queued(options.max_bytes(bytes)),
        })
    }

    pub(crate) fn before(&self, writer: Writer) -> Writer {
        match self {
            Self::Queued(options) => writer.queue(options.clone()),
            Self::Unsaid | Self::Direct => writer.direct(),
        }
    }
}

/// What is said about lines for which there is no room, if anything is.
pub(crate) fn overflow(
    code: Option<OverflowPolicy>,
    variables: &Variables<'_>,
) -> Result<Option<OverflowPolicy>, InvalidVariable> {
    const VARIABLE: &str = "RADIOSONDE_LOG_OVERFLOW";
    if code.is_some() {
        return Ok(code);
    }
    let Some(text) = variables.text(VARIABLE)? else { return Ok(None) };
    let allowed = "drop_newest, drop_oldest, block:5ms, or a list with level= or audit=, such as drop_newest,error=block:5ms";
    text.parse().map(Some).map_err(|cause| InvalidVariable::new(VARIABLE, &text, allowed).because(cause))
}
