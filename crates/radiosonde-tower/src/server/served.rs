use http::Extensions;
use radiosonde_trace::RemoteContext;

/// Stored in a request by a server layer, for another server layer further in.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    /// The context received with the request.
    incoming: Option<RemoteContext>,
    /// The context of the span created for it.
    span: Option<RemoteContext>,
}

impl Served {
    pub(crate) const fn new(incoming: Option<RemoteContext>, span: Option<RemoteContext>) -> Self {
        Self { incoming, span }
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

/// The parent of a request's span.
///
/// The received context is the parent of the outermost layer's span, unless that layer is a trust boundary. The span of a
/// further layer is a child of that one, whether a context was received or not. A request that a client layer has forwarded
/// in between has another context, which is the parent.
pub(crate) fn parent(extensions: &Extensions, incoming: Option<&RemoteContext>, is_edge: bool) -> Parent {
    let served = extensions.get::<Served>().filter(|served| served.incoming.as_ref() == incoming);
    let Some(outer) = served.and_then(|served| served.span.as_ref()) else {
        return match incoming.cloned() {
            incoming if is_edge => Parent::LinkedRoot(incoming),
            Some(incoming) => Parent::Context(incoming),
            None => Parent::Current,
        };
    };
    let is_current = RemoteContext::current()
        .is_some_and(|current| current.context().trace_id() == outer.context().trace_id());
    // Not current if a queue in between moved the request to another thread.
    if is_current { Parent::Current } else { Parent::Context(outer.clone()) }
}
