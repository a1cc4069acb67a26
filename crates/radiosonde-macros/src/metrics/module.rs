use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, Ident, Item, Result, Signature, Token, Visibility, braced};

/// A module whose functions without a body are metrics.
pub(crate) struct Module {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) ident: Ident,
    pub(crate) inner: Vec<Attribute>,
    pub(crate) signatures: Vec<Declared>,
    /// The other items, which are left unchanged.
    pub(crate) others: Vec<Item>,
}

/// A function without a body.
pub(crate) struct Declared {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
}

impl Parse for Module {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let there: Option<Token![mod]> = input.parse()?;
        if there.is_none() {
            return Err(input.error("`#[metrics]` is for modules"));
        }
        let ident: Ident = input.parse()?;
        if input.peek(Token![;]) {
            let message = format!("expected an inline module: `mod {ident} {{ ... }}`");
            return Err(Error::new(ident.span(), message));
        }
        let content;
        braced!(content in input);
        let inner = content.call(Attribute::parse_inner)?;
        let (mut signatures, mut others) = (Vec::new(), Vec::new());
        while !content.is_empty() {
            let ahead = content.fork();
            if Declared::parse(&ahead).is_ok() {
                signatures.push(content.parse()?);
            } else {
                others.push(content.parse()?);
            }
        }
        Ok(Self { attributes, visibility, ident, inner, signatures, others })
    }
}

impl Parse for Declared {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let (visibility, signature) = (input.parse()?, input.parse()?);
        input.parse::<Token![;]>()?;
        Ok(Self { attributes, visibility, signature })
    }
}
