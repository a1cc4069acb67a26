use crate::storage::values::Values;

use std::borrow::Cow;

/// A set of label values whose names are known from its type.
///
/// Derive it for a struct whose fields are [`LabelValue`]s; fields may borrow, so that a look-up allocates nothing. The
/// [derive](macro@crate::Labels) has options for fields: renamed, skipped, or a struct whose labels are flattened.
///
/// ```
/// use radiosonde_metrics::{LabelValue, Labels, Registry};
///
/// #[derive(LabelValue)]
/// enum Method {
///     Card,
///     #[label(rename = "bank")]
///     BankTransfer,
/// }
///
/// #[derive(Labels)]
/// struct Payment<'a> {
///     method: Method,
///     #[label(rename = "country")]
///     iso_country: &'a str,
/// }
///
/// let registry = Registry::new();
/// let payments = registry.counter("payments_total", "Payments taken.").family::<Payment<'_>>()?;
/// let country = String::from("nl");
/// payments.with(&Payment { method: Method::Card, iso_country: &country }).inc();
/// payments.with(&Payment { method: Method::BankTransfer, iso_country: "be" }).inc_by(2);
/// assert!(registry.text().contains("payments_total{country=\"be\",method=\"bank\"} 2\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
pub trait Labels {
    /// How many sets there are, where every label is an enum or a truth value: such a family is an array.
    const CARDINALITY: Option<usize> = None;

    /// The label names, in the order in which [`visit`](Self::visit) shows the values.
    fn names() -> Vec<&'static str>;

    /// Shows each value, one for each name. Has to show the same every time.
    fn visit(&self, see: impl FnMut(&str));

    /// The set's own number below [`CARDINALITY`](Self::CARDINALITY). Asked only where there is one.
    fn index(&self) -> usize {
        0
    }

    /// The possible values of each label, in the order of [`names`](Self::names); an empty list where they are not known from the type.
    ///
    /// For catalogues and generators, and made by the derive. A hand-written implementation may omit it.
    #[must_use]
    fn possible_values() -> Vec<Vec<String>> {
        Vec::new()
    }

    /// Shows each value of the set with this number, without there being one; `false` if there is no such set.
    ///
    /// For [`Family::initialise`](crate::Family::initialise), and made by the derive. A hand-written implementation may omit it.
    fn visit_nth(index: usize, see: impl FnMut(&str)) -> bool {
        let _ = (index, see);
        false
    }
}

/// Something that can be a label's value. Derive it for enums without fields.
pub trait LabelValue {
    /// How many values there are, if that is known from the type and few.
    const CARDINALITY: Option<usize> = None;

    /// Shows the value as text to `see`, once. Allocates nothing where the type allows it.
    fn show(&self, see: impl FnOnce(&str));

    /// The value's own number below [`CARDINALITY`](Self::CARDINALITY). Asked only where there is one.
    fn index(&self) -> usize {
        0
    }

    /// All values; empty if they cannot be listed.
    #[must_use]
    fn possible_values() -> Vec<String> {
        let mut values = Vec::new();
        for index in 0..Self::CARDINALITY.unwrap_or(0) {
            // An absent value is no value.
            Self::show_nth(index, |value| values.extend((!value.is_empty()).then(|| value.to_owned())));
        }
        values
    }

    /// Shows the value with this number, without there being one; `false` if there is no such value.
    ///
    /// For [`Family::initialise`](crate::Family::initialise), and made by the derive. A hand-written implementation may omit it.
    fn show_nth(index: usize, see: impl FnOnce(&str)) -> bool {
        let _ = (index, see);
        false
    }
}

impl LabelValue for str {
    fn show(&self, see: impl FnOnce(&str)) {
        see(self);
    }
}

impl LabelValue for String {
    fn show(&self, see: impl FnOnce(&str)) {
        see(self);
    }
}

impl LabelValue for Cow<'_, str> {
    fn show(&self, see: impl FnOnce(&str)) {
        see(self);
    }
}

impl LabelValue for bool {
    const CARDINALITY: Option<usize> = Some(2);

    fn show(&self, see: impl FnOnce(&str)) {
        see(if *self { "true" } else { "false" });
    }

    fn index(&self) -> usize {
        usize::from(*self)
    }

    fn show_nth(index: usize, see: impl FnOnce(&str)) -> bool {
        [false, true].get(index).map(|value| value.show(see)).is_some()
    }
}

impl<T: LabelValue + ?Sized> LabelValue for &T {
    const CARDINALITY: Option<usize> = T::CARDINALITY;

    fn show(&self, see: impl FnOnce(&str)) {
        (**self).show(see);
    }

    fn index(&self) -> usize {
        (**self).index()
    }

    fn show_nth(index: usize, see: impl FnOnce(&str)) -> bool {
        T::show_nth(index, see)
    }
}

/// Without a value there is no label: Prometheus takes an empty value for an absent one.
impl<T: LabelValue> LabelValue for Option<T> {
    const CARDINALITY: Option<usize> = match T::CARDINALITY {
        Some(values) => values.checked_add(1),
        None => None,
    };

    fn show(&self, see: impl FnOnce(&str)) {
        match self {
            Some(value) => value.show(see),
            None => see(""),
        }
    }

    fn index(&self) -> usize {
        self.as_ref().map_or(0, |value| value.index() + 1)
    }

    fn show_nth(index: usize, see: impl FnOnce(&str)) -> bool {
        match index.checked_sub(1) {
            Some(index) => T::show_nth(index, see),
            None => {
                see("");
                true
            }
        }
    }
}

macro_rules! integers {
    ($($integer:ty)*) => {
        $(impl LabelValue for $integer {
            fn show(&self, see: impl FnOnce(&str)) {
                see(itoa::Buffer::new().format(*self));
            }
        })*
    };
}

integers!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);

pub(crate) struct Typed<'a, L>(pub(crate) &'a L);

impl<L: Labels> Values for Typed<'_, L> {
    fn each(&self, see: impl FnMut(&str)) {
        self.0.visit(see);
    }
}
