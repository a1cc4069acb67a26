use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::quote;
use syn::{Path, Result, Type, parse_quote};

use crate::metrics::metric::Metric;

/// The labels of a metric as a type: its name and generics, and its definition.
pub(crate) struct LabelsStruct {
    /// The type with `'static` in place of borrowed lifetimes.
    pub(crate) kept: TokenStream,
    pub(crate) definition: TokenStream,
}

impl LabelsStruct {
    pub(crate) fn new(metric: &Metric, ident: &Ident, path: &Path) -> Result<Self> {
        let mut borrows = false;
        let (mut fields, mut plain) = (Vec::new(), Vec::new());
        for label in &metric.labels {
            let ty = &label.ty;
            let ty: Type = syn::parse2(with_lifetime(quote! { #ty }, &mut borrows))?;
            let (attributes, name) = (&label.attributes, &label.ident);
            fields.push(quote! { #(#attributes)* #name: #ty });
            plain.push(quote! { #name: #ty });
        }
        let generics = borrows.then(|| quote! { <'labels> });
        let lasting = borrows.then(|| quote! { <'static> });
        // Derived here and not by an attribute, so that an error points to the parameter.
        let input = parse_quote! { struct #ident #generics { #(#fields),* } };
        let implementation = crate::labels::labels(&input, path)?;
        let conditions = metric.conditions();
        let definition = quote! {
            #(#conditions)*
            #[allow(non_camel_case_types, reason = "named as the metric")]
            struct #ident #generics { #(#plain),* }

            #(#conditions)*
            #implementation
        };
        Ok(Self { kept: quote! { #ident #lasting }, definition })
    }
}

/// Adds `'labels` wherever a signature may elide a lifetime and a struct may not.
fn with_lifetime(ty: TokenStream, borrows: &mut bool) -> TokenStream {
    let mut out = TokenStream::new();
    let mut tokens = ty.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(and) if and.as_char() == '&' => {
                out.extend([TokenTree::Punct(and)]);
                let named = matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '\'');
                if !named {
                    *borrows = true;
                    out.extend(lifetime());
                }
            }
            TokenTree::Punct(quote) if quote.as_char() == '\'' => {
                let elided = matches!(tokens.peek(), Some(TokenTree::Ident(name)) if name == "_");
                if elided {
                    *borrows = true;
                    tokens.next();
                    out.extend(lifetime());
                } else {
                    out.extend([TokenTree::Punct(quote)]);
                }
            }
            TokenTree::Group(group) => {
                let inner = with_lifetime(group.stream(), borrows);
                // A group without delimiters is a type passed to a macro.
                let delimiter = group.delimiter();
                match delimiter {
                    Delimiter::None => out.extend(inner),
                    _ => out.extend([TokenTree::Group(Group::new(delimiter, inner))]),
                }
            }
            other => out.extend([other]),
        }
    }
    out
}

fn lifetime() -> [TokenTree; 2] {
    let quote = Punct::new('\'', Spacing::Joint);
    [TokenTree::Punct(quote), TokenTree::Ident(Ident::new("labels", Span::call_site()))]
}
