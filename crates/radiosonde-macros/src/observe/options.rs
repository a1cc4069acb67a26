use proc_macro2::TokenStream;
use syn::parse::Parser as _;
use syn::{Error, ItemFn, LitStr, Result, Token, TraitItemFn};

/// The options of `#[observe(...)]`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
}

impl Options {
    pub(crate) fn parse(attribute: TokenStream) -> Result<Self> {
        let mut options = Self::default();
        let parser = syn::meta::parser(|meta| {
            if !meta.path.is_ident("name") || !meta.input.peek(Token![=]) {
                return Err(meta.error("expected `name = \"...\"`"));
            }
            let name: LitStr = meta.value()?.parse()?;
            if name.value().is_empty() {
                return Err(Error::new_spanned(name, "an operation's name cannot be empty"));
            }
            if options.name.replace(name).is_some() {
                return Err(meta.error("`name` is given twice"));
            }
            Ok(())
        });
        parser.parse2(attribute)?;
        Ok(options)
    }
}

/// The function under the attribute, unless it is bodiless or const.
pub(crate) fn function(item: TokenStream) -> Result<ItemFn> {
    let function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            return Err(match syn::parse2::<TraitItemFn>(item) {
                Ok(declared) => Error::new_spanned(
                    declared.sig,
                    "a function without a body cannot be observed: observe its implementations",
                ),
                Err(_) => error,
            });
        }
    };
    if let Some(token) = function.sig.constness {
        return Err(Error::new_spanned(
            token,
            "a const function cannot be observed: it may run at compile time",
        ));
    }
    Ok(function)
}
