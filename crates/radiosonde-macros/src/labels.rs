use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Error, Fields, LitStr, Path, Result};

pub(crate) fn labels(input: &DeriveInput, path: &Path) -> Result<TokenStream> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(input.span(), "Labels is derived for structs; an enum is a LabelValue"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new(input.span(), "each label needs a name: use a struct with named fields"));
    };
    let mut names = Vec::new();
    for field in &fields.named {
        let Some(ident) = &field.ident else { continue };
        let name = rename(&field.attrs)?.unwrap_or_else(|| LitStr::new(&unraw(ident), ident.span()));
        check_label_name(&name)?;
        if names.iter().any(|other: &LitStr| other.value() == name.value()) {
            return Err(Error::new(name.span(), format!("two labels are called {:?}", name.value())));
        }
        names.push(name);
    }
    let idents: Vec<_> = fields.named.iter().filter_map(|field| field.ident.as_ref()).collect();
    let types_of: Vec<_> = fields.named.iter().map(|field| &field.ty).collect();
    let ident = &input.ident;
    let (generics, types, clause) = input.generics.split_for_impl();
    Ok(quote! {
        impl #generics #path::Labels for #ident #types #clause {
            fn names() -> ::std::vec::Vec<&'static str> {
                ::std::vec![#(#names),*]
            }

            const CARDINALITY: ::std::option::Option<usize> =
                #path::LabelSet::cardinality(&[#(<#types_of as #path::LabelValue>::CARDINALITY),*]);

            fn visit(&self, mut see: impl ::std::ops::FnMut(&str)) {
                #(#path::LabelValue::show(&self.#idents, &mut see);)*
            }

            fn index(&self) -> usize {
                let mut index = 0;
                #(
                    // A label without a number leaves the array unused; what comes out then is not looked at.
                    index = index * <#types_of as #path::LabelValue>::CARDINALITY.unwrap_or(1)
                        + #path::LabelValue::index(&self.#idents);
                )*
                index
            }
        }
    })
}

pub(crate) fn label_value(input: &DeriveInput, path: &Path) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new(input.span(), "LabelValue is derived for enums; a struct is Labels"));
    };
    let (mut texts, mut numbers) = (Vec::new(), Vec::new());
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new(variant.span(), "a label's value is a variant without fields"));
        }
        let ident = &variant.ident;
        let value =
            rename(&variant.attrs)?.unwrap_or_else(|| LitStr::new(&snake_case(&unraw(ident)), ident.span()));
        let number = texts.len();
        texts.push(quote! { Self::#ident => #value, });
        numbers.push(quote! { Self::#ident => #number, });
    }
    let cardinality = texts.len();
    if cardinality == 0 {
        return Err(Error::new(input.span(), "an enum without variants has no value"));
    }
    let ident = &input.ident;
    let (generics, types, clause) = input.generics.split_for_impl();
    Ok(quote! {
        impl #generics #path::LabelValue for #ident #types #clause {
            const CARDINALITY: ::std::option::Option<usize> = ::std::option::Option::Some(#cardinality);

            fn show(&self, see: impl ::std::ops::FnOnce(&str)) {
                see(match self { #(#texts)* });
            }

            fn index(&self) -> usize {
                match self { #(#numbers)* }
            }
        }
    })
}

fn rename(attributes: &[Attribute]) -> Result<Option<LitStr>> {
    let mut renamed = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("label")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("rename") {
                return Err(meta.error("allowed is `rename = \"...\"`"));
            }
            renamed = Some(meta.value()?.parse()?);
            Ok(())
        })?;
    }
    Ok(renamed)
}

/// The same rule as at registration, told where the name stands.
fn check_label_name(name: &LitStr) -> Result<()> {
    let text = name.value();
    let refuse = |why: &str| Err(Error::new(name.span(), format!("label name {text:?} {why}")));
    if text.starts_with("__") {
        return refuse("starts with `__`, which Prometheus keeps for itself");
    }
    if text == "le" || text == "quantile" {
        return refuse("is written by the exposition of histograms and summaries");
    }
    let head = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !head || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return refuse("is outside [a-zA-Z_][a-zA-Z0-9_]*");
    }
    Ok(())
}

fn unraw(ident: &syn::Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map_or_else(|| text.clone(), str::to_owned)
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for (at, c) in name.char_indices() {
        if c.is_uppercase() && at > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(input: &str) -> String {
        let input = syn::parse_str(input).unwrap();
        labels(&input, &syn::parse_str("::m").unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn names_the_label_that_it_refuses() {
        assert_eq!(
            refused("struct L { __a: u8 }"),
            "label name \"__a\" starts with `__`, which Prometheus keeps for itself"
        );
        assert!(refused("struct L { le: u8 }").contains("\"le\""));
        assert!(refused("struct L { #[label(rename = \"a-b\")] a: u8 }").contains("\"a-b\""));
        assert!(refused("struct L { a: u8, #[label(rename = \"a\")] b: u8 }").contains("two labels"));
        assert!(refused("struct L { #[label(name = \"a\")] b: u8 }").contains("rename"));
        assert!(refused("struct L(u8);").contains("named fields"));
        assert!(refused("enum L { A }").contains("LabelValue"));
    }

    #[test]
    fn variants_become_snake_case() {
        assert_eq!(snake_case("CreditCard"), "credit_card");
        assert_eq!(snake_case("Ok"), "ok");
    }
}
