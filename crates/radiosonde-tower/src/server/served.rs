use http::Extensions;
use radiosonde_core::WorkIds;
use radiosonde_trace::RemoteContext;

use crate::server::signals::Signals;

/// Stored in a request by a server layer, for another server layer further in and for handlers.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    /// The context of the span created for it.
    span: Option<RemoteContext>,
    /// The signals that the layers outside record.
    signals: Signals,
    ids: WorkIds,
}

impl Served {
    pub(crate) const fn new(span: Option<RemoteContext>, signals: Signals, ids: WorkIds) -> Self {
        Self { span, signals, ids }
    }

    /// The ids of the request.
    pub(crate) const fn ids(&self) -> &WorkIds {
        &self.ids
    }

    /// Removes what a layer stored.
    pub(crate) fn forget(extensions: &mut Extensions) {
        extensions.remove::<Self>();
    }

    /// What the layer outside stored. A client layer takes it out: what it forwards is another request.
    pub(crate) fn by_outer_layer(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    /// The signals that the request has already.
    pub(crate) fn signals(&self) -> Signals {
        // A queue in between moved the request to another task, which is in no span.
        if self.is_current() { self.signals } else { self.signals.without(Signals::SPAN) }
    }

    fn is_current(&self) -> bool {
        let Some(span) = &self.span else { return true };
        RemoteContext::current()
            .is_some_and(|current| current.context().trace_id() == span.context().trace_id())
    }
}

/// Where a request's span belongs.
pub(crate) enum Parent {
    /// To what is current.
    Current,
    Context(RemoteContext),
    /// To no trace yet; it links to the caller's.
    LinkedRoot(Option<RemoteContext>),
}

impl Parent {
    /// The parent of a request's span.
    ///
    /// The received context is the parent of the outermost layer's span, unless that layer is a trust boundary. The span of a
    /// further layer is a child of that one, whether a context was received or not.
    pub(crate) fn of(outer: Option<&Served>, incoming: Option<&RemoteContext>, is_edge: bool) -> Self {
        match (outer.and_then(|served| served.span.as_ref()), incoming.cloned()) {
            (Some(outer), _) => Self::Context(outer.clone()),
            (None, incoming) if is_edge => Self::LinkedRoot(incoming),
            (None, Some(incoming)) => Self::Context(incoming),
            (None, None) => Self::Current,
        }
    }
}
