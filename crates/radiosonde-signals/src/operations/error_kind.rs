use std::any::Any;
use std::sync::Arc;

use radiosonde_core::survive;

/// The kind of an error, from a fixed set: the `kind` label of [`Operation`](crate::Operation)'s errors, and the `error.type` of its span.
///
/// Derive it for an enum: the kind of a variant is its name in `snake_case`. A box or an `Arc` of an error has its kind.
///
/// An [observed](macro@crate::observe) function counts its error by kind. An operation has to know the types of its errors, by
/// [`OperationBuilder::errors`](crate::OperationBuilder::errors).
///
/// ```
/// use std::fmt;
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{ErrorKind, Operation};
///
/// #[derive(Debug, ErrorKind)]
/// enum ChargeError {
///     Declined { code: u16 },
///     #[error_kind(rename = "provider")]
///     Io(std::io::Error),
///     #[error_kind(other)]
///     Bug(String),
/// }
///
/// impl fmt::Display for ChargeError {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.kind()) }
/// }
///
/// let registry = Registry::new();
/// let charge = Operation::builder("charge").registry(&registry).errors::<ChargeError>().build()?;
/// let declined = charge.run(|| Err::<(), _>(ChargeError::Declined { code: 51 }));
/// # let _ = (ChargeError::Io(std::io::ErrorKind::Other.into()), ChargeError::Bug(String::new()));
/// assert!(declined.is_err());
/// let text = registry.text();
/// assert!(text.contains("operation_errors_total{kind=\"declined\",operation=\"charge\"} 1\n"));
/// assert!(text.contains("operation_errors_total{kind=\"provider\",operation=\"charge\"} 0\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
pub trait ErrorKind {
    /// All kinds, without `other`.
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

impl<E: ErrorKind> ErrorKind for Box<E> {
    const KINDS: &'static [&'static str] = E::KINDS;

    fn kind(&self) -> &'static str {
        E::kind(self)
    }
}

impl<E: ErrorKind> ErrorKind for Arc<E> {
    const KINDS: &'static [&'static str] = E::KINDS;

    fn kind(&self) -> &'static str {
        E::kind(self)
    }
}

/// The kind of an error, if it is listed.
pub(crate) fn listed_kind<E: ErrorKind>(error: &E) -> Option<&'static str> {
    listed(<E as ErrorKind>::KINDS, || error.kind())
}

fn listed(kinds: &[&'static str], kind: impl FnOnce() -> &'static str) -> Option<&'static str> {
    survive(kind).filter(|kind| kinds.contains(kind))
}

/// The kind of an error whose type is not known here.
pub(crate) const OTHER: &str = "other";

/// The error types whose kinds an operation knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct ErrorKinds(Arc<[KindsOf]>);

#[derive(Debug, Clone, Copy)]
struct KindsOf {
    kinds: &'static [&'static str],
    /// The kind of an error of the type.
    read: fn(&dyn Any) -> Option<&'static str>,
}

impl ErrorKinds {
    /// With the kinds of a further type.
    pub(crate) fn and<C: ClassifyErrors>(&self) -> Self {
        let read = |error: &dyn Any| {
            let error = error.downcast_ref::<C::Error>()?;
            listed(C::KINDS, || C::kind_of(error))
        };
        self.with(KindsOf { kinds: C::KINDS, read })
    }

    /// With further kinds, of errors that come with their kind.
    pub(crate) fn and_listed(&self, kinds: &'static [&'static str]) -> Self {
        self.with(KindsOf { kinds, read: |_| None })
    }

    fn with(&self, of: KindsOf) -> Self {
        Self(self.0.iter().copied().chain([of]).collect())
    }

    /// All kinds.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().flat_map(|of| of.kinds).copied()
    }

    /// The kind of an error; `None` if its type is not known, or its kind is not listed.
    pub(crate) fn of(&self, error: &dyn Any) -> Option<&'static str> {
        self.0.iter().find_map(|of| (of.read)(error))
    }
}
