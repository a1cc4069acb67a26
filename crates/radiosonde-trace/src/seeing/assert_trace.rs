/// Asserts that the spans in a [`CaptureSpans`](crate::CaptureSpans) are these trees, and no other spans.
///
/// # Shape
/// A span is its name, then `error` if its status must be one, then attributes that it must have, among others, in brackets,
/// then its children in braces. A span without `error` must not have failed. Siblings, and roots, stand in the order of their
/// start. A span whose parent was not captured is a root.
///
/// A failure prints both trees in one: lines that are expected and were not found begin with `-`, those that were found and
/// are not expected with `+`.
///
/// ```
/// use radiosonde_trace::assert_trace;
/// use tracing::{error, info_span};
/// # use radiosonde_trace::{CaptureSpans, TracePipeline};
/// # use tracing_subscriber::layer::SubscriberExt as _;
/// # let spans = CaptureSpans::new();
/// # let pipeline = TracePipeline::builder(&radiosonde_core::Resource::new("shop")).sink(spans.clone()).build()?;
/// # let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(pipeline.layer()));
///
/// info_span!("GET /orders/{id}", http.response.status_code = 500).in_scope(|| {
///     info_span!("load_order").in_scope(|| {
///         info_span!("SELECT orders").in_scope(|| ());
///     });
///     info_span!("price").in_scope(|| error!("no price"));
/// });
///
/// assert_trace!(spans, "GET /orders/{id}" [http.response.status_code = 500] {
///     "load_order" { "SELECT orders" }
///     "price" error
/// });
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
///
/// # Panics
/// If the spans are others.
#[macro_export]
macro_rules! assert_trace {
    (@spans $(
        $name:literal $($error:ident)? $([ $($attributes:tt)* ])? $({ $($children:tt)* })? $(,)?
    )*) => {
        ::std::vec![$(
            $crate::ExpectedSpan::new($name)
                $(.$error())?
                $(.attributes($crate::assert_trace!(@attributes $($attributes)*)))?
                $(.children($crate::assert_trace!(@spans $($children)*)))?
        ),*]
    };
    (@attributes $( $($key:ident).+ = $value:expr ),* $(,)?) => {
        ::std::vec![$((
            [$(::core::stringify!($key)),+].join("."),
            $crate::AttributeValue::from($value),
        )),*]
    };
    (@attributes $( $key:literal = $value:expr ),* $(,)?) => {
        ::std::vec![$((
            ::std::string::String::from($key),
            $crate::AttributeValue::from($value),
        )),*]
    };
    ($spans:expr, $($expected:tt)*) => {
        if let ::core::option::Option::Some(difference) =
            $crate::CaptureSpans::difference(&$spans, &$crate::assert_trace!(@spans $($expected)*))
        {
            ::core::panic!("{difference}");
        }
    };
}
