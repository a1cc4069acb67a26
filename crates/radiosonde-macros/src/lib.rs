#![doc = include_str!("../README.md")]

use proc_macro::TokenStream;

mod case;
mod entry;
mod error_kind;
mod labels;
mod metrics;
mod name;
mod observe;

/// Derives `radiosonde_metrics::Labels` for a struct with named fields, each a label.
///
/// | Attribute | On | Effect |
/// |---|---|---|
/// | `#[label(rename = "name")]` | a field | names the label; default: the field's name |
/// | `#[label(skip)]` | a field | the field is not a label |
/// | `#[label(flatten)]` | a field that is itself `Labels` | adds its labels to the others; the family stays an array if all are enums |
/// | `#[label(rename_all = "camelCase")]` | the struct | the case of the names, as serde spells it; `rename` wins |
///
/// A label name that is reserved by Prometheus, malformed, or used twice does not compile. A name that is used twice because
/// of `flatten` is rejected when a family is declared.
#[proc_macro_derive(Labels, attributes(label))]
pub fn labels(input: TokenStream) -> TokenStream {
    entry::derive(labels::labels, input, "::radiosonde_metrics")
}

/// [`macro@Labels`] for code that depends on the facade only.
#[proc_macro_derive(FacadeLabels, attributes(label))]
pub fn facade_labels(input: TokenStream) -> TokenStream {
    entry::derive(labels::labels, input, "::radiosonde::metrics")
}

/// Derives `radiosonde_metrics::LabelValue` for an enum without fields: a variant's value is its name in `snake_case`.
///
/// `#[label(rename = "value")]` on a variant sets its value, `#[label(rename_all = "kebab-case")]` on the enum sets the case
/// of all. Two variants with the same value, and an empty value, do not compile.
#[proc_macro_derive(LabelValue, attributes(label))]
pub fn label_value(input: TokenStream) -> TokenStream {
    entry::derive(labels::label_value, input, "::radiosonde_metrics")
}

/// [`macro@LabelValue`] for code that depends on the facade only.
#[proc_macro_derive(FacadeLabelValue, attributes(label))]
pub fn facade_label_value(input: TokenStream) -> TokenStream {
    entry::derive(labels::label_value, input, "::radiosonde::metrics")
}

/// Derives `radiosonde_signals::ErrorKind` for an enum: a variant's kind is its name in `snake_case`, whatever its fields are.
///
/// | Attribute | On | Effect |
/// |---|---|---|
/// | `#[error_kind(rename = "name")]` | a variant | sets its kind |
/// | `#[error_kind(other)]` | a variant | counts it as `other`, like an error of an unknown type |
/// | `#[error_kind(rename_all = "kebab-case")]` | the enum | the case of the kinds, as serde spells it; `rename` wins |
///
/// Two variants with the same kind, and an empty kind, do not compile; any number of variants can be `other`.
#[proc_macro_derive(ErrorKind, attributes(error_kind))]
pub fn error_kind(input: TokenStream) -> TokenStream {
    entry::derive(error_kind::error_kind, input, "::radiosonde_signals")
}

/// [`macro@ErrorKind`] for code that depends on the facade only.
#[proc_macro_derive(FacadeErrorKind, attributes(error_kind))]
pub fn facade_error_kind(input: TokenStream) -> TokenStream {
    entry::derive(error_kind::error_kind, input, "::radiosonde::signals")
}

/// Makes each signature of a module a metric: the doc comment is the help text, the parameters are the labels, the return
/// type is the instrument.
///
/// ```text
/// #[radiosonde::metrics]
/// pub mod metrics {
///     /// Orders created.
///     pub fn orders_created_total(method: Payment, country: &str) -> Counter;
/// }
///
/// metrics::orders_created_total(Payment::Card, "nl").inc();
/// ```
///
/// | Attribute | On | Effect |
/// |---|---|---|
/// | `registry = expression` | the module | a `&'static Registry` other than the global one |
/// | `namespace = "shop"` | the module | names begin with `shop_` |
/// | `#[metric(rename = "name")]` | a signature | names the metric; default: the function's name |
/// | `#[metric(renamed_from = "name")]` | a signature | a name that it had before, with its namespace; several are possible |
/// | `#[metric(unit = "seconds")]` | a signature | the unit, which must end the name |
/// | `#[metric(buckets = [0.1, 1.0])]` | a histogram | the bounds, or an expression of type `Buckets` |
/// | `#[metric(native = expression)]` | a histogram | exponential buckets, from an expression of type `Native` |
/// | `#[metric(striped)]` | a counter or histogram | a separate cell for each thread |
/// | `#[metric(exemplars)]` | a counter | exemplars from the current span |
/// | `#[metric(max_series = 100)]` | a signature | the limit of series |
/// | `#[metric(constant_labels(region = "eu"))]` | a signature | labels on every series |
/// | `#[metric(unconventional_name)]` | a signature | a counter without `_total`, or anything else with it, is accepted |
/// | `#[label(rename = "name")]` | a parameter | names the label; default: the parameter's name |
///
/// The macro generates a function of the same name. With labels it returns a metric reference to the series; without, the
/// instrument itself. Neither takes a lock or allocates once the series exists. `register()` declares all metrics of the
/// module and returns every error; otherwise each is declared at its first use. The instruments need no import.
///
/// The help text is the first paragraph of the doc comment. These do not compile: a metric without help text, an invalid
/// name, a label reserved for the exposition, a unit that does not end the name, a counter without `_total` or another
/// metric with it, two metrics with the same name, and a return type that is not an instrument.
#[proc_macro_attribute]
pub fn metrics(attribute: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(metrics::metrics, attribute, item, "::radiosonde_metrics")
}

/// [`macro@metrics`] for code that depends on the facade only.
#[proc_macro_attribute]
pub fn facade_metrics(attribute: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(metrics::metrics, attribute, item, "::radiosonde::metrics")
}

/// Makes a function an `Operation`: every call is counted, timed, traced and logged with its outcome.
///
/// It applies to functions and methods: sync, async, and those that return `impl Future`, `impl Stream`, or either of them
/// boxed. A function that returns a `Result` fails with its `Err`; any other completes when it returns. A stream is one call.
///
/// ```text
/// #[radiosonde::observe(name = "ship_order", fields(order.id = order.id, items = %order.items.len()), err = kind)]
/// async fn ship(order: Order) -> Result<Parcel, ShippingError> { ... }
/// ```
///
/// | Option | Effect |
/// |---|---|
/// | `name = "..."` | names the operation; default: the function's name |
/// | `namespace = "..."` | what the names of the metrics begin with, before an underscore |
/// | `per_operation` | metrics of its own, named for the operation: `<name>_total{status}` and so on |
/// | `buckets = [...]` | with `per_operation`: the buckets of its durations, as bounds or an expression of type `Buckets` |
/// | `fields(...)` | fields of the span, in the syntax of `tracing`'s macros; default: no argument is recorded |
/// | `err = path` | a function that is called with `&E`; it may return the error's kind |
/// | `ok = path` | a function that is called with `&T` |
///
/// Functions with the same name share one operation, and the second is reported to the diagnostics.
#[proc_macro_attribute]
pub fn observe(attribute: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(observe::observe, attribute, item, "::radiosonde_signals")
}

/// [`macro@observe`] for code that depends on the facade only.
#[proc_macro_attribute]
pub fn facade_observe(attribute: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(observe::observe, attribute, item, "::radiosonde::signals")
}
