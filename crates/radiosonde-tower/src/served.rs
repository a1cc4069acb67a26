use http::Extensions;
use radiosonde_trace::RemoteContext;

/// Left in a request by a server layer, for another one further in.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    /// What came along with the request.
    incoming: Option<RemoteContext>,
    /// The span that was made for it.
    span: Option<RemoteContext>,
}

impl Served {
    pub(crate) const fn new(incoming: Option<RemoteContext>, span: Option<RemoteContext>) -> Self {
        Self { incoming, span }
    }
}

/// The parent to set for a request's span; `None` to make it the child of what is current.
///
/// What came along is the parent of the outermost layer's span. A further layer's span is within that one, whether something came
/// along or not. A request that a client layer has sent on in between has another context, and that one is the parent.
pub(crate) fn parent(extensions: &Extensions, incoming: Option<&RemoteContext>) -> Option<RemoteContext> {
    let served = extensions.get::<Served>().filter(|served| served.incoming.as_ref() == incoming);
    let Some(outer) = served.and_then(|served| served.span.as_ref()) else { return incoming.cloned() };
    let is_current = RemoteContext::current()
        .is_some_and(|current| current.context().trace_id() == outer.context().trace_id());
    // Not current on a thread that a queue in between has handed the request to.
    (!is_current).then(|| outer.clone())
}
