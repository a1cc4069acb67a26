#![doc = include_str!("../README.md")]

use proc_macro::TokenStream;

mod case;
mod entry;
mod labels;
mod metrics;
mod name;
mod observe;

/// Derives `radiosonde_metrics::Labels` for a struct with named fields, each a label.
///
/// | Attribute | On | Effect |
/// |---|---|---|
/// | `#[label(rename = "name")]` | a field | the label has another name than the field |
/// | `#[label(skip)]` | a field | the field is no label |
/// | `#[label(flatten)]` | a field that is itself `Labels` | its labels stand among the others, and stay an array if all are enums |
/// | `#[label(rename_all = "camelCase")]` | the struct | the case of the names, by serde's spellings; `rename` wins |
///
/// A name that Prometheus keeps for itself, that is outside its alphabet, or that stands twice does not compile. A name that
/// stands twice because of `flatten` is refused when a family is declared.
#[proc_macro_derive(Labels, attributes(label))]
pub fn labels(input: TokenStream) -> TokenStream {
    entry::derive(labels::labels, input, "::radiosonde_metrics")
}

/// [`macro@Labels`] for code that depends on the facade alone.
#[proc_macro_derive(FacadeLabels, attributes(label))]
pub fn facade_labels(input: TokenStream) -> TokenStream {
    entry::derive(labels::labels, input, "::radiosonde::metrics")
}

/// Derives `radiosonde_metrics::LabelValue` for an enum without fields: a variant's value is its name in `snake_case`.
///
/// `#[label(rename = "value")]` on a variant gives it another value, `#[label(rename_all = "kebab-case")]` on the enum another case to
/// all. Two variants of one value, and an empty value, do not compile.
#[proc_macro_derive(LabelValue, attributes(label))]
pub fn label_value(input: TokenStream) -> TokenStream {
    entry::derive(labels::label_value, input, "::radiosonde_metrics")
}

/// [`macro@LabelValue`] for code that depends on the facade alone.
#[proc_macro_derive(FacadeLabelValue, attributes(label))]
pub fn facade_label_value(input: TokenStream) -> TokenStream {
    entry::derive(labels::label_value, input, "::radiosonde::metrics")
}

/// Makes each signature of a module a metric: its doc comment the help text, its parameters the labels, its return type the instrument.
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
/// | `#[metric(rename = "name")]` | a signature | the metric has another name than the function |
/// | `#[metric(unit = "seconds")]` | a signature | the unit, in which the name must end |
/// | `#[metric(buckets = [0.1, 1.0])]` | a histogram | the bounds, or an expression that is `Buckets` |
/// | `#[metric(native = expression)]` | a histogram | exponential buckets, by an expression that is `Native` |
/// | `#[metric(striped)]` | a counter or histogram | a part for each thread |
/// | `#[metric(exemplars)]` | a counter | exemplars from the current span |
/// | `#[metric(max_series = 100)]` | a signature | the limit of series |
/// | `#[metric(constant_labels(region = "eu"))]` | a signature | labels on every series |
/// | `#[metric(unconventional_name)]` | a signature | a counter without `_total`, or anything else with it, is accepted |
/// | `#[label(rename = "name")]` | a parameter | the label has another name than the parameter |
///
/// What comes out is a function of the same name. With labels it gives the series, lent by its family; without, the instrument itself. Neither
/// takes a lock or allocates once the series is there. `register()` declares all metrics of the module and gives every
/// refusal; without it, each is declared when it is first used. The instruments need no import.
///
/// The help text is the first paragraph of the doc comment. A metric without one does not compile, and neither does a bad name, a label
/// that the exposition writes itself, a unit that the name does not end in, a counter without `_total` and anything else with it, two
/// metrics of one name, or a return type that is no instrument.
#[proc_macro_attribute]
pub fn metrics(attribute: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(metrics::metrics, attribute, item, "::radiosonde_metrics")
}

/// [`macro@metrics`] for code that depends on the facade alone.
#[proc_macro_attribute]
pub fn facade_metrics(attribute: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(metrics::metrics, attribute, item, "::radiosonde::metrics")
}

/// Makes a function an `Operation`: every call is counted, timed, traced and logged by how it ended.
///
/// On functions and methods, sync ones, async ones, and those that return `impl Future` or a future in a `Box`.
/// `#[observe(name = "...")]` names the operation; default: the function's name. Functions of one name are one operation, and the
/// second is reported to the diagnostics. A function that returns a `Result` fails with its `Err`; any other completes when it returns.
#[proc_macro_attribute]
pub fn observe(attribute: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(observe::observe, attribute, item, "::radiosonde_signals")
}

/// [`macro@observe`] for code that depends on the facade alone.
#[proc_macro_attribute]
pub fn facade_observe(attribute: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute(observe::observe, attribute, item, "::radiosonde::signals")
}
