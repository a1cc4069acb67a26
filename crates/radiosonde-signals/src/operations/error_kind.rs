use std::any::Any;
use std::sync::Arc;

/// The kind of an error, from a fixed set: the `kind` label of [`Operation`](crate::Operation)'s errors, and the `error.type` of its span.
///
/// Derive it for an enum: the kind of a variant is its name in `snake_case`.
///
/// ```
/// use std::fmt;
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{ErrorKind, Operation};
///
/// #[derive(Debug)]
/// enum ChargeError { Declined, Provider(std::io::Error) }
///
/// impl ErrorKind for ChargeError {
///     const KINDS: &'static [&'static str] = &["declined", "provider"];
///
///     fn kind(&self) -> &'static str {
///         match self {
///             Self::Declined => "declined",
///             Self::Provider(_) => "provider",
///         }
///     }
/// }
///
/// impl fmt::Display for ChargeError {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.kind()) }
/// }
///
/// let registry = Registry::new();
/// let charge = Operation::builder("charge").registry(&registry).errors::<ChargeError>().build()?;
/// let declined = charge.run(|| Err::<(), _>(ChargeError::Declined));
/// # let _ = ChargeError::Provider(std::io::ErrorKind::Other.into());
/// assert!(declined.is_err());
/// let text = registry.text();
/// assert!(text.contains("operation_errors_total{kind=\"declined\",operation=\"charge\"} 1\n"));
/// assert!(text.contains("operation_errors_total{kind=\"provider\",operation=\"charge\"} 0\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
pub trait ErrorKind {
    /// All kinds.
    const KINDS: &'static [&'static str];

    /// The kind of this error: one of [`KINDS`](Self::KINDS). Any other is counted as `other`.
    fn kind(&self) -> &'static str;
}

/// The kinds of the errors of another crate, for the `errors` option of an operation or a ready set.
///
/// Every error type with an [`ErrorKind`] classifies itself. For a type of another crate, implement this for a type of your own.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{ClassifyErrors, Operation};
///
/// struct ParseErrors;
///
/// impl ClassifyErrors for ParseErrors {
///     type Error = std::num::ParseIntError;
///
///     const KINDS: &'static [&'static str] = &["empty", "invalid"];
///
///     fn kind_of(error: &Self::Error) -> &'static str {
///         if *error.kind() == std::num::IntErrorKind::Empty { "empty" } else { "invalid" }
///     }
/// }
///
/// let registry = Registry::new();
/// let parse = Operation::builder("parse").registry(&registry).errors::<ParseErrors>().build()?;
/// assert!(parse.run(|| "".parse::<u32>()).is_err());
/// assert!(registry.text().contains("operation_errors_total{kind=\"empty\",operation=\"parse\"} 1\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
pub trait ClassifyErrors {
    /// The type of the errors.
    type Error: 'static;

    /// All kinds.
    const KINDS: &'static [&'static str];

    /// The kind of an error: one of [`KINDS`](Self::KINDS). Any other is counted as `other`.
    fn kind_of(error: &Self::Error) -> &'static str;
}

impl<E: ErrorKind + 'static> ClassifyErrors for E {
    type Error = E;

    const KINDS: &'static [&'static str] = <E as ErrorKind>::KINDS;

    fn kind_of(error: &E) -> &'static str {
        error.kind()
    }
}

/// The kind of an error whose type is not known here.
pub(crate) const OTHER: &str = "other";

/// The error types whose kinds an operation knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct ErrorKinds(Arc<[KindsOf]>);

#[derive(Debug, Clone, Copy)]
struct KindsOf {
    kinds: &'static [&'static str],
    read: fn(&dyn Any) -> Option<&'static str>,
}

impl ErrorKinds {
    /// With the kinds of a further type.
    pub(crate) fn and<C: ClassifyErrors>(&self) -> Self {
        let of = KindsOf { kinds: C::KINDS, read: |error| error.downcast_ref::<C::Error>().map(C::kind_of) };
        Self(self.0.iter().copied().chain([of]).collect())
    }

    /// All kinds, without `other`.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().flat_map(|of| of.kinds).copied()
    }

    /// The kind of an error; `None` if its type is not known, or its kind is not listed.
    pub(crate) fn of(&self, error: &dyn Any) -> Option<&'static str> {
        self.0.iter().find_map(|of| (of.read)(error).filter(|kind| of.kinds.contains(kind)))
    }
}
