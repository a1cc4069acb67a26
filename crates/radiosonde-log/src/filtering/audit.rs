use std::sync::Arc;
use std::time::Duration;

use tracing::Span;

use crate::events::target::AUDIT_TARGET;
use crate::filtering::levels::Change;

/// The audit event of a change of levels.
#[derive(Debug)]
pub(crate) struct Audit {
    pub(crate) kind: Kind,
    change: Change,
    ttl: Option<Duration>,
    by: Arc<str>,
    /// The span in which the change was made, so that the line has the ids of that request.
    span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Set,
    Reset,
    Ended,
}

impl Kind {
    const fn message(self) -> &'static str {
        match self {
            Self::Set => "log levels changed",
            Self::Reset => "log levels reset",
            Self::Ended => "log levels ended and fell back",
        }
    }
}

impl Audit {
    pub(crate) const fn new(
        kind: Kind,
        change: Change,
        ttl: Option<Duration>,
        by: Arc<str>,
        span: Span,
    ) -> Self {
        Self { kind, change, ttl, by, span }
    }

    pub(crate) fn ended(change: Change) -> Self {
        Self::new(Kind::Ended, change, None, "ttl".into(), Span::none())
    }

    pub(crate) fn write(&self) {
        tracing::info!(
            target: AUDIT_TARGET,
            parent: &self.span,
            from = %self.change.from,
            to = %self.change.to,
            // Absent if the change does not expire.
            ttl_s = self.ttl.map(|ttl| ttl.as_secs()),
            by = &*self.by,
            message = self.kind.message(),
        );
    }
}
