use radiosonde_core::SpanContext;

/// Samplers by the parent of a span.
///
/// # Source
/// <https://opentelemetry.io/docs/specs/otel/trace/sdk/#parentbased>
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Branches<S> {
    pub(crate) root: S,
    pub(crate) remote_sampled: S,
    pub(crate) remote_not_sampled: S,
    pub(crate) local_sampled: S,
    pub(crate) local_not_sampled: S,
}

impl<S> Branches<S> {
    pub(crate) const fn of(&self, parent: Option<(SpanContext, bool)>) -> &S {
        match parent {
            // The caller left the decision to this process.
            Some((parent, _)) if parent.flags().is_deferred() => &self.root,
            None => &self.root,
            Some((parent, is_remote)) => match (is_remote, parent.is_sampled()) {
                (true, true) => &self.remote_sampled,
                (true, false) => &self.remote_not_sampled,
                (false, true) => &self.local_sampled,
                (false, false) => &self.local_not_sampled,
            },
        }
    }

    pub(crate) fn samplers(&self) -> impl Iterator<Item = &S> {
        [
            &self.root,
            &self.remote_sampled,
            &self.remote_not_sampled,
            &self.local_sampled,
            &self.local_not_sampled,
        ]
        .into_iter()
    }
}
