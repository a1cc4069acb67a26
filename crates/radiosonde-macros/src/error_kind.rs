use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Error, LitStr, Path, Result, Variant};

use crate::case::Case;
use crate::labels::unraw;

/// The kind of errors that no kind is known of.
const OTHER: &str = "other";

pub(crate) fn error_kind(input: &DeriveInput, path: &Path) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new(
            input.ident.span(),
            "ErrorKind is derived for enums: implement the trait for any other error",
        ));
    };
    if data.variants.is_empty() {
        return Err(Error::new(input.ident.span(), "an enum without variants has no kind"));
    }
    let case = rename_all(&input.attrs)?;
    let mut kinds = Vec::<LitStr>::new();
    let mut arms = Vec::new();
    for variant in &data.variants {
        let kind = kind(variant, case)?;
        let (ident, text) = (&variant.ident, kind.value());
        arms.push(quote! { Self::#ident { .. } => #kind });
        if text == OTHER {
            continue;
        }
        if kinds.iter().any(|known| known.value() == text) {
            return Err(Error::new(kind.span(), format!("two variants have the kind {text:?}")));
        }
        kinds.push(kind);
    }
    let ident = &input.ident;
    let (generics, types, clause) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics #path::ErrorKind for #ident #types #clause {
            const KINDS: &'static [&'static str] = &[#(#kinds),*];

            #[allow(deprecated, reason = "a variant that is deprecated can still occur")]
            fn kind(&self) -> &'static str {
                match self { #(#arms,)* }
            }
        }
    })
}

/// The kind of a variant: chosen, `other`, or its name.
fn kind(variant: &Variant, case: Case) -> Result<LitStr> {
    if let Some(misplaced) = variant.fields.iter().find_map(|field| ours(&field.attrs).next()) {
        return Err(Error::new(misplaced.span(), "expected `error_kind` on a variant, not on its field"));
    }
    let mut chosen: Option<LitStr> = None;
    for attribute in ours(&variant.attrs) {
        attribute.parse_nested_meta(|meta| {
            let kind = if meta.path.is_ident("rename") {
                meta.value()?.parse()?
            } else if meta.path.is_ident("other") {
                LitStr::new(OTHER, meta.path.span())
            } else {
                return Err(meta.error("expected `rename = \"...\"` or `other`"));
            };
            match chosen.replace(kind) {
                Some(_) => Err(meta.error("a variant has one kind: expected one `rename` or `other`")),
                None => Ok(()),
            }
        })?;
    }
    let name = || LitStr::new(&case.apply(&unraw(&variant.ident)), variant.ident.span());
    let kind = chosen.unwrap_or_else(name);
    if kind.value().is_empty() {
        return Err(Error::new(kind.span(), "a kind cannot be empty"));
    }
    Ok(kind)
}

/// The case of all kinds that are not chosen.
fn rename_all(attributes: &[Attribute]) -> Result<Case> {
    let mut case = Case::Snake;
    for attribute in ours(attributes) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("rename_all") {
                return Err(meta.error("expected `rename_all = \"...\"`"));
            }
            case = Case::parse(&meta.value()?.parse()?)?;
            Ok(())
        })?;
    }
    Ok(case)
}

fn ours(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("error_kind"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(input: &str) -> String {
        let input = syn::parse_str(input).unwrap();
        error_kind(&input, &syn::parse_str("::s").unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn a_kind_that_cannot_be_is_refused() {
        assert!(refused("struct E;").contains("derived for enums"));
        assert!(refused("enum E {}").contains("without variants"));
        assert_eq!(
            refused("enum E { A, #[error_kind(rename = \"a\")] B(u8) }"),
            "two variants have the kind \"a\""
        );
        assert!(refused("enum E { #[error_kind(rename = \"\")] A }").contains("empty"));
        assert!(refused("enum E { #[error_kind(rename = \"a\", other)] A }").contains("one kind"));
        assert!(refused("enum E { #[error_kind(name = \"a\")] A }").contains("`rename"));
        assert!(refused("#[error_kind(rename = \"a\")] enum E { A }").contains("`rename_all"));
        assert!(refused("enum E { A(#[error_kind(other)] u8) }").contains("not on its field"));
    }
}
