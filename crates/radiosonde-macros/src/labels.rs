use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Error, Field, Fields, Ident, LitStr, Path, Result, Type};

use crate::case::Case;
use crate::name::check_label;

pub(crate) fn labels(input: &DeriveInput, path: &Path) -> Result<TokenStream> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(input.ident.span(), "Labels is derived for structs; an enum is a LabelValue"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new(
            input.ident.span(),
            "each label needs a name: use a struct with named fields",
        ));
    };
    let case = rename_all(&input.attrs)?;
    let mut parts = Vec::new();
    let mut names: Vec<LitStr> = Vec::new();
    for field in &fields.named {
        let Some(part) = part(field, case)? else { continue };
        if let Role::Label(name) = &part.role {
            if names.iter().any(|other| other.value() == name.value()) {
                return Err(Error::new(name.span(), format!("two labels are called {:?}", name.value())));
            }
            names.push(name.clone());
        }
        parts.push(part);
    }
    let names = parts.iter().map(|part| part.names(path));
    let cardinalities: Vec<_> = parts.iter().map(|part| part.cardinality(path)).collect();
    let visits = parts.iter().map(|part| part.visit(path));
    let indices = parts.iter().map(|part| part.index(path));
    let values = parts.iter().map(|part| part.possible_values(path));
    let visit_nth = visit_nth(&parts, &cardinalities, path);
    let ident = &input.ident;
    let (generics, types, clause) = input.generics.split_for_impl();
    Ok(quote! {
        impl #generics #path::Labels for #ident #types #clause {
            fn names() -> ::std::vec::Vec<&'static str> {
                #[allow(unused_mut, reason = "there may be no label")]
                let mut names = ::std::vec::Vec::new();
                #(#names)*
                names
            }

            const CARDINALITY: ::std::option::Option<usize> = #path::model::LabelSet::cardinality(&[#(#cardinalities),*]);

            #[allow(unused_mut, unused_variables, reason = "there may be no label")]
            fn visit(&self, mut see: impl ::std::ops::FnMut(&str)) {
                #(#visits)*
            }

            fn index(&self) -> usize {
                let index = 0;
                // A label without an index leaves the array unused, and then this number as well.
                #(let index = index * #cardinalities.unwrap_or(1) + #indices;)*
                index
            }

            fn possible_values() -> ::std::vec::Vec<::std::vec::Vec<::std::string::String>> {
                #[allow(unused_mut, reason = "there may be no label")]
                let mut values = ::std::vec::Vec::new();
                #(#values)*
                values
            }

            #visit_nth
        }
    })
}

/// Generates `visit_nth`, which maps an index to the set's values.
fn visit_nth(parts: &[Part<'_>], cardinalities: &[TokenStream], path: &Path) -> TokenStream {
    let visits_nth = parts.iter().map(|part| part.visit_nth(path));
    quote! {
        #[allow(unused_mut, unused_variables, unused_assignments, reason = "there may be no label")]
        fn visit_nth(index: usize, mut see: impl ::std::ops::FnMut(&str)) -> bool {
            let ::std::option::Option::Some(mut weight) = <Self as #path::Labels>::CARDINALITY else {
                return false;
            };
            let mut known = index < weight;
            // The first label is the most significant, as in `index`.
            #(
                let values = #cardinalities.unwrap_or(1);
                weight /= values;
                let nth = index / weight % values;
                known = known && #visits_nth;
            )*
            known
        }
    }
}

/// What a field contributes.
enum Role {
    /// One label of this name.
    Label(LitStr),
    /// The labels of the field's own type.
    Flatten,
}

struct Part<'a> {
    ident: &'a Ident,
    ty: &'a Type,
    role: Role,
}

/// Reads a field's attributes; `None` if it is skipped.
fn part(field: &Field, case: Option<Case>) -> Result<Option<Part<'_>>> {
    let Some(ident) = &field.ident else { return Ok(None) };
    let mut renamed: Option<LitStr> = None;
    let (mut skip, mut flatten) = (false, false);
    for attribute in ours(&field.attrs) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                renamed = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("skip") {
                skip = true;
            } else if meta.path.is_ident("flatten") {
                flatten = true;
            } else {
                return Err(meta.error("expected `rename = \"...\"`, `skip` or `flatten`"));
            }
            if usize::from(skip) + usize::from(flatten) + usize::from(renamed.is_some()) > 1 {
                return Err(meta.error("`rename`, `skip` and `flatten` exclude each other"));
            }
            Ok(())
        })?;
    }
    if skip {
        return Ok(None);
    }
    let role = if flatten {
        Role::Flatten
    } else {
        let text = unraw(ident);
        let name = renamed.unwrap_or_else(|| {
            let text = case.map_or_else(|| text.clone(), |case| case.apply(&text));
            LitStr::new(&text, ident.span())
        });
        check_label(&name.value(), name.span())?;
        Role::Label(name)
    };
    Ok(Some(Part { ident, ty: &field.ty, role }))
}

impl Part<'_> {
    fn names(&self, path: &Path) -> TokenStream {
        let ty = self.ty;
        match &self.role {
            Role::Label(name) => quote! { names.push(#name); },
            Role::Flatten => quote! { names.extend(<#ty as #path::Labels>::names()); },
        }
    }

    fn possible_values(&self, path: &Path) -> TokenStream {
        let ty = self.ty;
        match &self.role {
            Role::Label(_) => quote! { values.push(<#ty as #path::LabelValue>::possible_values()); },
            Role::Flatten => quote! { values.extend(<#ty as #path::Labels>::possible_values()); },
        }
    }

    /// The trait of the field's type, and its functions that show a value and the value of an index.
    fn of(&self, path: &Path) -> (TokenStream, TokenStream, TokenStream) {
        match self.role {
            Role::Label(_) => (quote! { #path::LabelValue }, quote! { show }, quote! { show_nth }),
            Role::Flatten => (quote! { #path::Labels }, quote! { visit }, quote! { visit_nth }),
        }
    }

    fn cardinality(&self, path: &Path) -> TokenStream {
        let (ty, (of, ..)) = (self.ty, self.of(path));
        quote! { <#ty as #of>::CARDINALITY }
    }

    fn visit(&self, path: &Path) -> TokenStream {
        let (ident, (of, show, _)) = (self.ident, self.of(path));
        quote! { #of::#show(&self.#ident, &mut see); }
    }

    fn visit_nth(&self, path: &Path) -> TokenStream {
        let (ty, (of, _, show_nth)) = (self.ty, self.of(path));
        quote! { <#ty as #of>::#show_nth(nth, &mut see) }
    }

    fn index(&self, path: &Path) -> TokenStream {
        let (ident, (of, ..)) = (self.ident, self.of(path));
        quote! { #of::index(&self.#ident) }
    }
}

pub(crate) fn label_value(input: &DeriveInput, path: &Path) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new(input.ident.span(), "LabelValue is derived for enums; a struct is Labels"));
    };
    let case = rename_all(&input.attrs)?.unwrap_or(Case::Snake);
    let (mut values, mut idents) = (Vec::<LitStr>::new(), Vec::new());
    for variant in &data.variants {
        let ident = &variant.ident;
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new(variant.span(), "a label's value is a variant without fields"));
        }
        let value =
            rename(&variant.attrs)?.unwrap_or_else(|| LitStr::new(&case.apply(&unraw(ident)), ident.span()));
        let text = value.value();
        if text.is_empty() {
            return Err(Error::new(
                value.span(),
                "an empty value is the same as no label: make the field an Option",
            ));
        }
        // Each variant is a series of its own, and a series must not be exposed twice.
        if values.iter().any(|other| other.value() == text) {
            return Err(Error::new(value.span(), format!("two variants have the value {text:?}")));
        }
        values.push(value);
        idents.push(ident);
    }
    let cardinality = idents.len();
    if cardinality == 0 {
        return Err(Error::new(input.ident.span(), "an enum without variants has no value"));
    }
    let numbers: Vec<_> = (0..cardinality).collect();
    let ident = &input.ident;
    let (generics, types, clause) = input.generics.split_for_impl();
    Ok(quote! {
        impl #generics #path::LabelValue for #ident #types #clause {
            const CARDINALITY: ::std::option::Option<usize> = ::std::option::Option::Some(#cardinality);

            fn show(&self, see: impl ::std::ops::FnOnce(&str)) {
                see(match self { #(Self::#idents => #values,)* });
            }

            fn index(&self) -> usize {
                match self { #(Self::#idents => #numbers,)* }
            }

            fn show_nth(index: usize, see: impl ::std::ops::FnOnce(&str)) -> bool {
                see(match index {
                    #(#numbers => #values,)*
                    _ => return false,
                });
                true
            }
        }
    })
}

fn ours(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("label"))
}

fn rename(attributes: &[Attribute]) -> Result<Option<LitStr>> {
    let mut renamed = None;
    for attribute in ours(attributes) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("rename") {
                return Err(meta.error("expected `rename = \"...\"`"));
            }
            renamed = Some(meta.value()?.parse()?);
            Ok(())
        })?;
    }
    Ok(renamed)
}

fn rename_all(attributes: &[Attribute]) -> Result<Option<Case>> {
    let mut case = None;
    for attribute in ours(attributes) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("rename_all") {
                return Err(meta.error("expected `rename_all = \"...\"`"));
            }
            case = Some(Case::parse(&meta.value()?.parse()?)?);
            Ok(())
        })?;
    }
    Ok(case)
}

pub(crate) fn unraw(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map_or_else(|| text.clone(), str::to_owned)
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
            "label name \"__a\" starts with `__`, which is reserved by Prometheus"
        );
        assert!(refused("struct L { le: u8 }").contains("\"le\""));
        assert!(refused("struct L { #[label(rename = \"a-b\")] a: u8 }").contains("\"a-b\""));
        assert!(refused("struct L { a: u8, #[label(rename = \"a\")] b: u8 }").contains("two labels"));
        assert!(refused("struct L { #[label(name = \"a\")] b: u8 }").contains("rename"));
        assert!(refused("struct L { #[label(skip, flatten)] b: u8 }").contains("exclude"));
        assert!(refused("#[label(rename_all = \"kebab-case\")] struct L { a_b: u8 }").contains("\"a-b\""));
        assert!(refused("struct L(u8);").contains("named fields"));
        assert!(refused("enum L { A }").contains("LabelValue"));
    }
}
