//! The fields of a span, in the syntax of `tracing`'s macros.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, LitStr, Path, Result, Token};

const EXPECTED: &str =
    "expected a field: `name`, `?name`, `%name`, `name = value`, `name = ?value` or `name = %value`";

/// Fields that the operation sets itself, and what to write instead.
const RESERVED: [(&str, &str); 4] = [
    ("operation", "`name = \"...\"` names the operation"),
    ("otel.name", "`name = \"...\"` names the operation"),
    ("otel.status_code", "the status follows from the outcome"),
    ("otel.status_description", "the status follows from the outcome"),
];

/// One field.
pub(crate) struct Field {
    name: Name,
    format: Format,
    value: TokenStream,
}

enum Name {
    Dotted(Punctuated<Ident, Token![.]>),
    Quoted(LitStr),
}

#[derive(Clone, Copy)]
enum Format {
    Value,
    Debug,
    Display,
}

/// Parses the fields between the parentheses, each name once.
pub(crate) fn parse(input: ParseStream<'_>) -> Result<Vec<Field>> {
    let mut fields: Vec<Field> = Vec::new();
    for field in Punctuated::<Field, Token![,]>::parse_terminated(input)? {
        let name = field.name.text();
        if let Some((_, instead)) = RESERVED.iter().find(|(reserved, _)| *reserved == name) {
            let message = format!("the field `{name}` is set by `#[observe]`: {instead}");
            return Err(Error::new_spanned(&field.name, message));
        }
        if fields.iter().any(|other| other.name.text() == name) {
            return Err(Error::new_spanned(&field.name, format!("the field `{name}` is given twice")));
        }
        fields.push(field);
    }
    Ok(fields)
}

impl Field {
    /// The field as `tracing`'s macros take it.
    pub(crate) fn recorded(&self) -> TokenStream {
        let Self { name, format, value } = self;
        let sigil = match format {
            Format::Value => quote! {},
            Format::Debug => quote! { ? },
            Format::Display => quote! { % },
        };
        quote! { #name = #sigil #value }
    }

    /// The value as a `&dyn Value`, to be kept.
    pub(crate) fn value(&self, path: &Path) -> TokenStream {
        let (value, field) = (&self.value, quote! { #path::__private::tracing::field });
        let value = match self.format {
            Format::Value => quote! { #value },
            Format::Debug => quote! { #field::debug(&#value) },
            Format::Display => quote! { #field::display(&#value) },
        };
        quote! { &#value as &dyn #field::Value }
    }

    /// The field with its kept value.
    pub(crate) fn kept(&self, kept: &Ident, at: usize) -> TokenStream {
        let name = &self.name;
        quote! { #name = #kept[#at].value() }
    }
}

impl Parse for Field {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let shorthand = sigil(input)?;
        let name: Name = input.parse()?;
        if !input.peek(Token![=]) {
            let Name::Dotted(path) = &name else {
                return Err(input.error("expected `= value` after a quoted name"));
            };
            if !input.is_empty() && !input.peek(Token![,]) {
                return Err(input.error(EXPECTED));
            }
            let value = path.to_token_stream();
            return Ok(Self { name, format: shorthand.unwrap_or(Format::Value), value });
        }
        if shorthand.is_some() {
            return Err(
                input.error("expected `name = ?value` or `name = %value`: the sigil stands before the value")
            );
        }
        input.parse::<Token![=]>()?;
        let format = sigil(input)?.unwrap_or(Format::Value);
        let value: Expr = input.parse()?;
        Ok(Self { name, format, value: quote! { (#value) } })
    }
}

fn sigil(input: ParseStream<'_>) -> Result<Option<Format>> {
    if input.parse::<Option<Token![?]>>()?.is_some() {
        return Ok(Some(Format::Debug));
    }
    Ok(input.parse::<Option<Token![%]>>()?.map(|_| Format::Display))
}

impl Name {
    fn text(&self) -> String {
        match self {
            Self::Dotted(parts) => parts.iter().map(Ident::to_string).collect::<Vec<_>>().join("."),
            Self::Quoted(text) => text.value(),
        }
    }
}

impl Parse for Name {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(LitStr) {
            return Ok(Self::Quoted(input.parse()?));
        }
        if !input.peek(Ident::peek_any) {
            return Err(input.error(EXPECTED));
        }
        Punctuated::parse_separated_nonempty_with(input, Ident::parse_any).map(Self::Dotted)
    }
}

impl ToTokens for Name {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Dotted(parts) => parts.to_tokens(tokens),
            Self::Quoted(text) => text.to_tokens(tokens),
        }
    }
}
