use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned as _;
use syn::{Error, Expr, Ident, Path, Result};

use crate::labels::unraw;
use crate::metrics::labels_struct::LabelsStruct;
use crate::metrics::metric::Metric;
use crate::metrics::module::Module;
use crate::metrics::options::ModuleOptions;
use crate::name::is_name;

pub(crate) fn metrics(attribute: TokenStream, item: TokenStream, path: &Path) -> Result<TokenStream> {
    let options: ModuleOptions = syn::parse2(attribute)?;
    let module: Module = syn::parse2(item)?;
    if let Some(namespace) = options.namespace.as_ref().filter(|namespace| !is_name(&namespace.value())) {
        let message = format!("namespace {:?} is outside [a-zA-Z_][a-zA-Z0-9_]*", namespace.value());
        return Err(Error::new(namespace.span(), message));
    }
    let mut refused: Option<Error> = None;
    let mut refuse = |error: Error| match &mut refused {
        Some(all) => all.combine(error),
        None => refused = Some(error),
    };
    let mut metrics: Vec<Metric> = Vec::new();
    for declared in module.signatures {
        match Metric::new(declared, options.namespace.as_ref()) {
            // Under different conditions, two metrics may have the same name.
            Ok(metric) if metric.conditions().is_empty() && has(&metrics, &metric) => {
                let message = format!("two metrics are called {:?}", metric.name.value());
                refuse(Error::new(metric.name.span(), message));
            }
            Ok(metric) => metrics.push(metric),
            Err(error) => refuse(error),
        }
    }
    let mut items = Vec::new();
    let registry = options.registry.as_ref().map(|_| registry_function(&module.ident));
    for metric in &metrics {
        expand(metric, registry.as_ref(), path).map_or_else(&mut refuse, |item| items.push(item));
    }
    if let Some(error) = refused {
        return Err(error);
    }
    let Module { attributes, visibility, ident, inner, others, .. } = module;
    let register = register(&metrics, path);
    let registry = options.registry.map(|registry| {
        let function = registry_function(&ident);
        let conditions = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
        quote! {
            #(#conditions)*
            // Outside the module, so that it resolves names where the attribute stands.
            #[allow(non_snake_case, reason = "named as the module")]
            fn #function() -> &'static #path::Registry {
                #registry
            }
        }
    });
    Ok(quote! {
        #registry

        #(#attributes)*
        #visibility mod #ident {
            #(#inner)*
            #(#others)*
            #(#items)*
            #register
        }
    })
}

fn registry_function(module: &Ident) -> Ident {
    format_ident!("__registry_of_{}", unraw(module))
}

fn has(metrics: &[Metric], metric: &Metric) -> bool {
    metrics.iter().any(|other| other.name.value() == metric.name.value() && other.conditions().is_empty())
}

/// Generates the function of a metric, the static behind it, and the type of its labels.
fn expand(metric: &Metric, registry: Option<&Ident>, path: &Path) -> Result<TokenStream> {
    let Metric { attributes, visibility, ident, .. } = metric;
    let hidden = format_ident!("__{}", unraw(ident));
    let (instrument, _) = metric.instrument.idents();
    let declare = declare(metric, registry, path);
    let conditions = metric.conditions();
    if metric.labels.is_empty() {
        return Ok(quote! {
            #(#conditions)*
            #[allow(non_upper_case_globals, reason = "named as the metric")]
            static #hidden: #path::Lazy<#path::#instrument> = #declare.lazy();

            #(#attributes)*
            #[inline]
            #visibility fn #ident() -> &'static #path::#instrument {
                &#hidden
            }
        });
    }
    let LabelsStruct { kept, definition } = LabelsStruct::new(metric, &hidden, path)?;
    let names: Vec<_> = metric.labels.iter().map(|label| &label.ident).collect();
    let types = metric.labels.iter().map(|label| &label.ty);
    Ok(quote! {
        #definition

        #(#conditions)*
        #[allow(non_upper_case_globals, reason = "named as the metric")]
        static #hidden: #path::Lazy<#path::Family<#path::#instrument, #kept>> = #declare.lazy_family();

        #(#attributes)*
        #[inline]
        #visibility fn #ident(#(#names: #types),*) -> #path::MetricRef<'static, #path::#instrument> {
            #path::Family::__with_alike(&#hidden, &#hidden { #(#names),* })
        }
    })
}

fn declare(metric: &Metric, registry: Option<&Ident>, path: &Path) -> TokenStream {
    let Metric { name, help, options, .. } = metric;
    let (_, declare) = metric.instrument.idents();
    let unit = options.unit.iter();
    let (max_series, native) = (options.max_series.iter(), options.native.iter());
    let (striped, exemplars) = (options.striped.iter(), options.exemplars.iter());
    let unconventional_name = options.unconventional_name.iter();
    let buckets = options.buckets.iter().map(|buckets| match buckets {
        // A list of bounds, or the user's constant.
        Expr::Array(bounds) => at(bounds.span(), quote! { #path::Buckets::from_static(&#bounds) }),
        other => quote! { #other },
    });
    let registry = registry.iter();
    let former = &options.renamed_from;
    let former = (!former.is_empty()).then(|| quote! { &[#(#former),*] });
    let former = former.iter();
    let labels = options.constant_labels.iter().map(|(name, value)| quote! { (#name, #value) });
    let labels = (!options.constant_labels.is_empty()).then(|| quote! { &[#(#labels),*] });
    let labels = labels.iter();
    // The call has the span of the signature, so that the registry's messages point there too.
    let call = at(metric.ident.span(), quote! { #path::MetricBuilder::#declare(#name, #help) });
    quote! {
        #call
            #(.in_registry(super::#registry))*
            #(.renamed_from(#former))*
            #(.unit(#unit))*
            #(.max_series(#max_series))*
            #(.constant_labels(#labels))*
            #(.buckets(#buckets))*
            #(.native(#native))*
            #(.#striped())*
            #(.#exemplars())*
            #(.#unconventional_name())*
    }
}

/// The same tokens with another span.
fn at(span: Span, tokens: TokenStream) -> TokenStream {
    let moved = tokens.into_iter().map(|mut token| {
        token.set_span(span);
        token
    });
    moved.collect()
}

/// Generates the function that declares every metric.
fn register(metrics: &[Metric], path: &Path) -> TokenStream {
    let all = metrics.iter().map(|metric| {
        let hidden = format_ident!("__{}", unraw(&metric.ident));
        let conditions = metric.conditions();
        quote! { #(#conditions)* errors.extend(#hidden.register().err()); }
    });
    quote! {
        /// Declares every metric of this module, so that those without labels are exposed from the start.
        ///
        /// # Errors
        /// The error of every declaration that failed.
        #[allow(dead_code, reason = "a metric declares itself when it is used")]
        pub fn register() -> ::std::result::Result<(), #path::RegisterErrors> {
            #[allow(unused_mut, reason = "there may be no metric")]
            let mut errors = ::std::vec::Vec::new();
            #(#all)*
            #path::RegisterErrors::check(errors)
        }
    }
}
