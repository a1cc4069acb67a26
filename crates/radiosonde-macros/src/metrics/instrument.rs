use quote::format_ident;
use syn::{Error, Ident, Path, PathArguments, ReturnType, Signature, Type};

/// The kind of a metric, from its return type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instrument {
    Counter,
    FloatCounter,
    Gauge,
    IntGauge,
    Histogram,
}

impl Instrument {
    const ALL: [(&'static str, &'static str, Self); 5] = [
        ("Counter", "counter", Self::Counter),
        ("FloatCounter", "float_counter", Self::FloatCounter),
        ("Gauge", "gauge", Self::Gauge),
        ("IntGauge", "int_gauge", Self::IntGauge),
        ("Histogram", "histogram", Self::Histogram),
    ];

    pub(crate) fn of(signature: &Signature) -> syn::Result<Self> {
        let found = match &signature.output {
            ReturnType::Type(_, ty) => named(ty),
            ReturnType::Default => None,
        };
        found.ok_or_else(|| {
            let allowed: Vec<_> = Self::ALL.iter().map(|(name, ..)| format!("`{name}`")).collect();
            let message = format!("a metric returns its instrument: expected one of {}", allowed.join(", "));
            match &signature.output {
                ReturnType::Type(_, ty) => Error::new_spanned(ty, message),
                ReturnType::Default => Error::new(signature.ident.span(), message),
            }
        })
    }

    pub(crate) const fn is_counter(self) -> bool {
        matches!(self, Self::Counter | Self::FloatCounter)
    }

    /// The name of the type, and of the method that declares it.
    pub(crate) fn idents(self) -> (Ident, Ident) {
        let (ty, declare) = self.names();
        (format_ident!("{ty}"), format_ident!("{declare}"))
    }

    pub(crate) fn name(self) -> &'static str {
        self.names().0
    }

    fn names(self) -> (&'static str, &'static str) {
        // Every instrument is in the list.
        let found = Self::ALL.iter().find(|(.., instrument)| *instrument == self);
        found.map_or(("", ""), |(ty, declare, _)| (ty, declare))
    }
}

/// Finds the instrument by the last segment of its path, however it was imported.
fn named(ty: &Type) -> Option<Instrument> {
    let Type::Path(path) = ty else { return None };
    let Path { segments, .. } = &path.path;
    let last = segments.last().filter(|last| matches!(last.arguments, PathArguments::None))?;
    Instrument::ALL.iter().find(|(name, ..)| last.ident == name).map(|(.., instrument)| *instrument)
}
