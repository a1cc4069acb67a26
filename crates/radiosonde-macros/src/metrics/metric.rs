use syn::{
    Attribute, Error, Expr, ExprLit, FnArg, Ident, Lit, LitStr, Meta, Pat, Result, Signature, Type,
    Visibility,
};

use crate::labels::unraw;
use crate::metrics::instrument::Instrument;
use crate::metrics::module::Declared;
use crate::metrics::options::Options;
use crate::name::{check_label, is_name};

/// A metric, as far as its signature describes it.
pub(crate) struct Metric {
    /// Attributes that are not for the macro: the doc comment, `cfg` and so on.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) ident: Ident,
    pub(crate) name: LitStr,
    pub(crate) help: String,
    pub(crate) instrument: Instrument,
    pub(crate) labels: Vec<Label>,
    pub(crate) options: Options,
}

pub(crate) struct Label {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
}

impl Metric {
    pub(crate) fn new(declared: Declared, namespace: Option<&LitStr>) -> Result<Self> {
        let Declared { attributes, visibility, signature } = declared;
        check_plain(&signature)?;
        let instrument = Instrument::of(&signature)?;
        let options = Options::parse(&attributes, instrument)?;
        let ident = signature.ident.clone();
        let name = options.rename.clone().unwrap_or_else(|| LitStr::new(&unraw(&ident), ident.span()));
        check_name(&name, instrument, &options)?;
        let help = help(&attributes);
        if help.is_empty() {
            let message = format!("metric {:?} has no help text: give it a doc comment", name.value());
            return Err(Error::new(ident.span(), message));
        }
        let labels: Vec<_> = signature.inputs.into_iter().map(label).collect::<Result<_>>()?;
        for (name, _) in &options.constant_labels {
            // A renamed label is checked when the metric is declared.
            let is_renamed =
                |label: &Label| label.attributes.iter().any(|attribute| attribute.path().is_ident("label"));
            if labels.iter().any(|label| !is_renamed(label) && unraw(&label.ident) == name.value()) {
                let message = format!("label {:?} is constant and a parameter", name.value());
                return Err(Error::new(name.span(), message));
            }
        }
        let name = match namespace {
            Some(namespace) => LitStr::new(&format!("{}_{}", namespace.value(), name.value()), name.span()),
            None => name,
        };
        let attributes = attributes.into_iter().filter(|one| !one.path().is_ident("metric")).collect();
        Ok(Self { attributes, visibility, ident, name, help, instrument, labels, options })
    }

    /// The `cfg` attributes of the metric.
    pub(crate) fn conditions(&self) -> Vec<&Attribute> {
        self.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).collect()
    }
}

/// Rejects signatures with parts that a metric cannot have.
fn check_plain(signature: &Signature) -> Result<()> {
    let refuse = |tokens: &dyn quote::ToTokens, what: &str| {
        let tokens = tokens.to_token_stream();
        Err(Error::new_spanned(tokens, format!("a metric is a plain signature, without {what}")))
    };
    if !signature.generics.params.is_empty() {
        return refuse(&signature.generics, "generics: each label has a concrete type");
    }
    if let Some(clause) = &signature.generics.where_clause {
        return refuse(clause, "a `where` clause");
    }
    if let Some(token) = &signature.asyncness {
        return refuse(token, "`async`");
    }
    if let Some(token) = &signature.constness {
        return refuse(token, "`const`");
    }
    if let Some(token) = &signature.abi {
        return refuse(token, "`extern`");
    }
    if signature.ident == "register" {
        let message = "`register` is the function that declares all metrics of the module";
        return Err(Error::new(signature.ident.span(), message));
    }
    Ok(())
}

fn check_name(name: &LitStr, instrument: Instrument, options: &Options) -> Result<()> {
    let text = name.value();
    let refuse = |why: String| Err(Error::new(name.span(), format!("metric name {text:?} {why}")));
    if !is_name(&text.replace(':', "_")) {
        return refuse("is outside [a-zA-Z_:][a-zA-Z0-9_:]*".into());
    }
    let base = match (instrument.is_counter(), text.strip_suffix("_total")) {
        (true, Some(base)) if !base.is_empty() => base,
        (false, None) => &text,
        _ if options.unconventional_name.is_some() => &text,
        (true, _) => {
            return refuse("is a counter's and must end in `_total`, or be `unconventional_name`".into());
        }
        (false, Some(_)) => {
            return refuse(
                "is not a counter's and must not end in `_total`, or be `unconventional_name`".into(),
            );
        }
    };
    let Some(unit) = &options.unit else { return Ok(()) };
    let ends = base.strip_suffix(&*unit.value()).is_some_and(|rest| rest.ends_with('_'));
    if ends && !unit.value().is_empty() {
        return Ok(());
    }
    let message = format!(
        "metric name {text:?} must end in its unit, `_{}`, before a counter's `_total`",
        unit.value()
    );
    Err(Error::new(unit.span(), message))
}

/// The first paragraph of the doc comment, on one line.
fn help(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    let text: Vec<_> = lines.collect();
    let lines = text.iter().flat_map(|text| text.lines().map(str::trim).chain(text.is_empty().then_some("")));
    let first: Vec<_> =
        lines.skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty()).collect();
    first.join(" ")
}

fn label(argument: FnArg) -> Result<Label> {
    let FnArg::Typed(argument) = argument else {
        return Err(Error::new_spanned(argument, "a metric has no `self`; each parameter is a label"));
    };
    let Pat::Ident(pattern) = &*argument.pat else {
        return Err(Error::new_spanned(&argument.pat, "a label is a parameter with a name"));
    };
    let ident = pattern.ident.clone();
    let renamed = argument.attrs.iter().any(|attribute| attribute.path().is_ident("label"));
    if !renamed {
        check_label(&unraw(&ident), ident.span())?;
    }
    Ok(Label { attributes: argument.attrs, ident, ty: *argument.ty })
}
