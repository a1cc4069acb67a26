use syn::ext::IdentExt as _;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, Expr, Ident, LitStr, Result, Token};

use crate::metrics::instrument::Instrument;
use crate::name::{check_label, is_name};

/// The options of `#[metric(...)]`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) rename: Option<LitStr>,
    pub(crate) renamed_from: Vec<LitStr>,
    pub(crate) unit: Option<LitStr>,
    pub(crate) buckets: Option<Expr>,
    pub(crate) native: Option<Expr>,
    pub(crate) max_series: Option<Expr>,
    pub(crate) constant_labels: Vec<(LitStr, LitStr)>,
    pub(crate) striped: Option<Ident>,
    pub(crate) exemplars: Option<Ident>,
    pub(crate) unconventional_name: Option<Ident>,
}

impl Options {
    pub(crate) fn parse(attributes: &[Attribute], instrument: Instrument) -> Result<Self> {
        let mut options = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("metric")) {
            attribute.parse_nested_meta(|meta| options.take(&meta, instrument))?;
        }
        Ok(options)
    }

    fn take(&mut self, meta: &ParseNestedMeta<'_>, instrument: Instrument) -> Result<()> {
        let is = |name| meta.path.is_ident(name);
        let only = |allowed: &[Instrument]| {
            if allowed.contains(&instrument) {
                return Ok(());
            }
            let names: Vec<_> = allowed.iter().map(|instrument| instrument.name()).collect();
            Err(meta.error(format!(
                "a {} does not have this option: expected {}",
                instrument.name(),
                names.join(", ")
            )))
        };
        if is("rename") {
            self.rename = Some(meta.value()?.parse()?);
        } else if is("renamed_from") {
            let name: LitStr = meta.value()?.parse()?;
            if !is_name(&name.value()) {
                let message = format!("former name {:?} is outside [a-zA-Z_][a-zA-Z0-9_]*", name.value());
                return Err(Error::new(name.span(), message));
            }
            self.renamed_from.push(name);
        } else if is("unit") {
            self.unit = Some(meta.value()?.parse()?);
        } else if is("buckets") {
            only(&[Instrument::Histogram])?;
            self.buckets = Some(meta.value()?.parse()?);
        } else if is("native") {
            only(&[Instrument::Histogram])?;
            self.native = Some(meta.value()?.parse()?);
        } else if is("max_series") {
            self.max_series = Some(meta.value()?.parse()?);
        } else if is("striped") {
            only(&[Instrument::Counter, Instrument::Histogram])?;
            self.striped = meta.path.get_ident().cloned();
        } else if is("exemplars") {
            only(&[Instrument::Counter, Instrument::FloatCounter])?;
            self.exemplars = meta.path.get_ident().cloned();
        } else if is("unconventional_name") {
            self.unconventional_name = meta.path.get_ident().cloned();
        } else if is("constant_labels") {
            meta.parse_nested_meta(|label| self.constant_label(&label))?;
        } else {
            return Err(meta.error(
                "expected `rename`, `renamed_from`, `unit`, `buckets`, `native`, `max_series`, `striped`, `exemplars`, `unconventional_name` or \
                 `constant_labels`",
            ));
        }
        Ok(())
    }

    fn constant_label(&mut self, label: &ParseNestedMeta<'_>) -> Result<()> {
        let Some(ident) = label.path.get_ident() else { return Err(label.error("a label is a name")) };
        let name = LitStr::new(&ident.unraw().to_string(), ident.span());
        check_label(&name.value(), name.span())?;
        let value: LitStr = label.value()?.parse()?;
        if value.value().is_empty() {
            return Err(Error::new(value.span(), "a label without a value is the same as no label"));
        }
        self.constant_labels.push((name, value));
        Ok(())
    }
}

/// The options of `#[metrics(...)]`, for the whole module.
#[derive(Default)]
pub(crate) struct ModuleOptions {
    pub(crate) registry: Option<Expr>,
    pub(crate) namespace: Option<LitStr>,
}

impl syn::parse::Parse for ModuleOptions {
    fn parse(input: syn::parse::ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let ident: Ident = input.call(Ident::parse_any)?;
            let allowed = || Error::new(ident.span(), "expected `registry = ...` or `namespace = \"...\"`");
            if ident == "registry" {
                input.parse::<Token![=]>()?;
                options.registry = Some(input.parse()?);
            } else if ident == "namespace" {
                input.parse::<Token![=]>()?;
                options.namespace = Some(input.parse()?);
            } else {
                return Err(allowed());
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}
