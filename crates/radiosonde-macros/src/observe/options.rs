use proc_macro2::TokenStream;
use syn::meta::ParseNestedMeta;
use syn::parse::Parser as _;
use syn::{Error, Expr, Ident, ItemFn, LitStr, Path, Result, Token, TraitItemFn, parenthesized};

use crate::name::is_name;
use crate::observe::fields::{self, Field};

const EXPECTED: &str = "expected `name = \"...\"`, `namespace = \"...\"`, `per_operation`, `buckets = [...]`, `fields(...)`, \
                        `err = path` or `ok = path`";

/// The options of `#[observe(...)]`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) namespace: Option<LitStr>,
    /// The metrics are named for the operation.
    pub(crate) per_operation: Option<Ident>,
    pub(crate) buckets: Option<Expr>,
    pub(crate) fields: Vec<Field>,
    /// Called with a reference to the error.
    pub(crate) err: Option<Path>,
    /// Called with a reference to the value.
    pub(crate) ok: Option<Path>,
}

impl Options {
    pub(crate) fn parse(attribute: TokenStream) -> Result<Self> {
        let mut options = Self::default();
        let parser = syn::meta::parser(|meta| options.take(&meta));
        parser.parse2(attribute)?;
        options.check()?;
        Ok(options)
    }

    /// Checks what the options mean for each other.
    fn check(&self) -> Result<()> {
        if self.per_operation.is_some() {
            if let Some(name) = self.name.as_ref().filter(|name| !is_name(&name.value())) {
                let message = "with `per_operation` the name is part of the metrics' names: expected [a-zA-Z_][a-zA-Z0-9_]*";
                return Err(Error::new_spanned(name, message));
            }
        } else if let Some(buckets) = &self.buckets {
            let message =
                "`buckets` needs `per_operation`: operations that share their metrics have the same buckets";
            return Err(Error::new_spanned(buckets, message));
        }
        Ok(())
    }

    fn take(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let is_assigned = meta.input.peek(Token![=]);
        if meta.path.is_ident("fields") && meta.input.peek(syn::token::Paren) {
            let content;
            parenthesized!(content in meta.input);
            if !self.fields.is_empty() {
                return Err(meta.error("`fields` is given twice"));
            }
            self.fields = fields::parse(&content)?;
            return Ok(());
        }
        if meta.path.is_ident("name") && is_assigned {
            let name: LitStr = meta.value()?.parse()?;
            if name.value().is_empty() {
                return Err(Error::new_spanned(name, "an operation's name cannot be empty"));
            }
            return once(meta, &mut self.name, name, "name");
        }
        if meta.path.is_ident("namespace") && is_assigned {
            let namespace: LitStr = meta.value()?.parse()?;
            if !is_name(&namespace.value()) {
                return Err(Error::new_spanned(namespace, "expected a namespace: [a-zA-Z_][a-zA-Z0-9_]*"));
            }
            return once(meta, &mut self.namespace, namespace, "namespace");
        }
        if let Some(ident) = meta.path.get_ident().filter(|ident| *ident == "per_operation" && !is_assigned) {
            return once(meta, &mut self.per_operation, ident.clone(), "per_operation");
        }
        if meta.path.is_ident("buckets") && is_assigned {
            return once(meta, &mut self.buckets, meta.value()?.parse()?, "buckets");
        }
        if meta.path.is_ident("err") && is_assigned {
            return once(meta, &mut self.err, hook(meta)?, "err");
        }
        if meta.path.is_ident("ok") && is_assigned {
            return once(meta, &mut self.ok, hook(meta)?, "ok");
        }
        Err(meta.error(EXPECTED))
    }
}

fn once<T>(meta: &ParseNestedMeta<'_>, option: &mut Option<T>, value: T, name: &str) -> Result<()> {
    match option.replace(value) {
        Some(_) => Err(meta.error(format_args!("`{name}` is given twice"))),
        None => Ok(()),
    }
}

fn hook(meta: &ParseNestedMeta<'_>) -> Result<Path> {
    let value = meta.value()?;
    let at = value.span();
    value.parse().map_err(|_| Error::new(at, "expected the path of a function"))
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
