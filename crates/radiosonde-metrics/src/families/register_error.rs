use std::fmt;
use std::panic::Location;

use crate::instruments::native::settings::InvalidNative;
use crate::model::label_value_limit::MAX_VALUE_BYTES;
use crate::model::name::InvalidName;

/// A metric that could not be registered. Names where it was declared, and where the one in its way was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterError {
    name: Box<str>,
    site: &'static Location<'static>,
    kind: RegisterErrorKind,
}

/// Why a metric could not be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterErrorKind {
    /// The name of the metric or of a label is refused.
    Name(InvalidName),
    /// The help text is empty.
    NoHelp,
    /// A counter whose name does not end in `_total`.
    NoTotal,
    /// Something else than a counter whose name ends in `_total`.
    Total,
    /// A former name that is the name of today.
    FormerName {
        /// The name.
        name: Box<str>,
    },
    /// An info whose name does not end in `_info`.
    NoInfo,
    /// The states of a state set cannot be listed, or are more than 64.
    States {
        /// How many there are, where that is known.
        states: Option<usize>,
    },
    /// A quantile that is not from 0 to 1.
    Quantile {
        /// The quantile.
        quantile: Box<str>,
    },
    /// A summary whose window has no length.
    NoWindow,
    /// The name does not end in the unit.
    Unit {
        /// The unit.
        unit: Box<str>,
    },
    /// The exponential buckets are refused.
    Native(InvalidNative),
    /// A label name stands twice.
    DuplicateLabel {
        /// The name.
        label: Box<str>,
    },
    /// A label that the registry or the declaration itself gives to every series.
    ConstantLabel {
        /// The name.
        label: Box<str>,
        /// The value that every series has.
        value: Box<str>,
    },
    /// Values of a label that the metric does not have were named.
    NoLabel {
        /// The name.
        label: Box<str>,
    },
    /// A value was named that the label never has, by its type.
    NoLabelValue {
        /// The name.
        label: Box<str>,
        /// The value.
        value: Box<str>,
    },
    /// A constant label without a value, which is the same as none.
    NoValue {
        /// The name.
        label: Box<str>,
    },
    /// A constant label, or one of an info, whose value has more than 1024 bytes.
    LongValue {
        /// The name.
        label: Box<str>,
        /// How many bytes the value has.
        bytes: usize,
    },
    /// The name is taken by a metric that was declared differently.
    Differs {
        /// What differs: the instrument, the help, the unit, the labels, the constant labels, the buckets, or the limit of series.
        what: &'static str,
        /// As it is registered.
        registered: Box<str>,
        /// As it was declared now.
        declared: Box<str>,
        /// Where the registered one was declared.
        site: &'static Location<'static>,
    },
    /// Another metric writes samples of the same name, or OpenMetrics keeps the name for it: a histogram `x` writes `x_count`, a counter
    /// `x_total` reserves `x` and `x_created`.
    Clash {
        /// The sample's name.
        sample: Box<str>,
        /// The other metric.
        with: Box<str>,
        /// Where the other one was declared.
        site: &'static Location<'static>,
    },
}

impl RegisterError {
    pub(crate) fn new(name: &str, site: &'static Location<'static>, kind: RegisterErrorKind) -> Self {
        Self { name: name.into(), site, kind }
    }

    /// A metric that a type made of instruments refuses by itself, declared where this is called.
    #[must_use]
    #[track_caller]
    pub fn refused(name: &str, kind: RegisterErrorKind) -> Self {
        Self::new(name, Location::caller(), kind)
    }

    /// The metric's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Why it was refused.
    #[must_use]
    pub const fn kind(&self) -> &RegisterErrorKind {
        &self.kind
    }

    /// Where it was declared.
    #[must_use]
    pub const fn site(&self) -> &'static Location<'static> {
        self.site
    }
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, site: here, kind } = self;
        write!(f, "metric {name:?} declared at {here}")?;
        match kind {
            RegisterErrorKind::Name(_) => f.write_str(" has a name that is refused"),
            RegisterErrorKind::NoHelp => f.write_str(" has no help text"),
            RegisterErrorKind::NoTotal => f.write_str(
                " is a counter; expected a name that ends in `_total`, or `unconventional_name()` in its declaration",
            ),
            RegisterErrorKind::Total => f.write_str(
                " is no counter; expected a name that does not end in `_total`, or `unconventional_name()` in its declaration",
            ),
            RegisterErrorKind::Quantile { quantile } => {
                write!(f, " has the quantile {quantile}; expected 0 to 1")
            }
            RegisterErrorKind::NoWindow => f.write_str(" has a window without length"),
            RegisterErrorKind::FormerName { name } => {
                write!(f, " was renamed from {name:?}, its name of today; expected a former name")
            }
            RegisterErrorKind::NoInfo => f.write_str(" is an info; its name must end in `_info`"),
            RegisterErrorKind::States { states: Some(states) } => {
                write!(f, " has {states} states; expected 1 to 64 that the type lists")
            }
            RegisterErrorKind::States { states: None } => {
                f.write_str(" has states without number; expected 1 to 64 that the type lists")
            }
            RegisterErrorKind::Unit { unit } => {
                write!(
                    f,
                    " has the unit {unit:?}; its name must end in `_{unit}`, before a counter's `_total`"
                )
            }
            RegisterErrorKind::Native(_) => f.write_str(" has native buckets that are refused"),
            RegisterErrorKind::DuplicateLabel { label } => write!(f, " has the label {label:?} twice"),
            RegisterErrorKind::ConstantLabel { label, value } => {
                write!(f, " has the label {label:?}, which is {value:?} for every series")
            }
            RegisterErrorKind::NoLabel { label } => {
                write!(f, " has no label {label:?}; expected one of its labels for the values that were named")
            }
            RegisterErrorKind::NoLabelValue { label, value } => {
                write!(f, " has the label {label:?}, whose value is never {value:?}")
            }
            RegisterErrorKind::NoValue { label } => {
                write!(f, " has the constant label {label:?} without a value, which is the same as no label")
            }
            RegisterErrorKind::LongValue { label, bytes } => {
                write!(
                    f,
                    " has a value of {bytes} bytes for the label {label:?}; expected at most {MAX_VALUE_BYTES}"
                )
            }
            RegisterErrorKind::Differs { what, registered, declared, site } => {
                write!(f, " has {what} {declared}, but was registered at {site} with {what} {registered}")
            }
            RegisterErrorKind::Clash { sample, with, site } => {
                write!(f, " would write samples called {sample:?}, as does {with:?}, registered at {site}")
            }
        }
    }
}

impl std::error::Error for RegisterError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            RegisterErrorKind::Name(invalid) => Some(invalid),
            RegisterErrorKind::Native(invalid) => Some(invalid),
            _ => None,
        }
    }
}
