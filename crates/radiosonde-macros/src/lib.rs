#![doc = include_str!("../README.md")]

use proc_macro::TokenStream;

mod case;
mod labels;
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
    expand(labels::labels, input, "::radiosonde_metrics")
}

/// [`macro@Labels`] for code that depends on the facade alone.
#[proc_macro_derive(FacadeLabels, attributes(label))]
pub fn facade_labels(input: TokenStream) -> TokenStream {
    expand(labels::labels, input, "::radiosonde::metrics")
}

/// Derives `radiosonde_metrics::LabelValue` for an enum without fields: a variant's value is its name in `snake_case`.
///
/// `#[label(rename = "value")]` on a variant gives it another value, `#[label(rename_all = "kebab-case")]` on the enum another case to
/// all. Two variants of one value, and an empty value, do not compile.
#[proc_macro_derive(LabelValue, attributes(label))]
pub fn label_value(input: TokenStream) -> TokenStream {
    expand(labels::label_value, input, "::radiosonde_metrics")
}

/// [`macro@LabelValue`] for code that depends on the facade alone.
#[proc_macro_derive(FacadeLabelValue, attributes(label))]
pub fn facade_label_value(input: TokenStream) -> TokenStream {
    expand(labels::label_value, input, "::radiosonde::metrics")
}

/// Makes a function an `Operation`: every call is counted, timed, traced and logged by how it ended.
///
/// On sync and async functions. `#[observe(name = "...")]` names the operation; without it the function's name is taken.
/// A function that returns a `Result` fails with its `Err`; any other completes when it returns.
#[proc_macro_attribute]
pub fn observe(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand_attribute(attribute, item, "::radiosonde_signals")
}

/// [`macro@observe`] for code that depends on the facade alone.
#[proc_macro_attribute]
pub fn facade_observe(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand_attribute(attribute, item, "::radiosonde::signals")
}

type Derive = fn(&syn::DeriveInput, &syn::Path) -> syn::Result<proc_macro2::TokenStream>;

fn expand(derive: Derive, input: TokenStream, path: &str) -> TokenStream {
    syn::parse(input)
        .and_then(|input| derive(&input, &syn::parse_str(path)?))
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

fn expand_attribute(attribute: TokenStream, item: TokenStream, path: &str) -> TokenStream {
    let expanded =
        syn::parse_str(path).and_then(|path| observe::observe(attribute.into(), item.into(), &path));
    expanded.unwrap_or_else(|error| error.to_compile_error()).into()
}
