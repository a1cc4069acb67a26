use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::families::any_family::{AnyFamily, downcast};
use crate::families::declaration::Declaration;
use crate::families::labels::LabelValue;
use crate::families::register_error::{RegisterError, RegisterErrorKind};
use crate::instruments::shared::Shared;
use crate::model::kind::Kind;
use crate::model::label_set::LabelSet;
use crate::model::name::check_label;
use crate::model::samples::Number;
use crate::model::visitor::Visitor;
use crate::registry::Registry;

/// The current states of something, from an enum: a circuit breaker, a job, the flags that are on.
///
/// # Shape
/// A series for each state, with a label that is called like the metric; 1 for the states that hold, 0 for the others. None holds
/// in the beginning. At most 64 states. In text 0.0.4 it is a gauge. Cloning copies a pointer.
///
/// [`Registry::state_set_by`] gives the label another name.
///
/// A scrape sees all states as of one moment: exactly one holds, if only [`set`](Self::set) is used.
///
/// # Cost
/// One relaxed atomic operation; no lock, no allocation. The labels of each state are rendered once.
///
/// # Source
/// OpenMetrics 1.0, "StateSet": <https://prometheus.io/docs/specs/om/open_metrics_spec/#stateset>
///
/// ```
/// use radiosonde_metrics::{LabelValue, Registry};
///
/// #[derive(LabelValue)]
/// enum Breaker {
///     Closed,
///     HalfOpen,
///     Open,
/// }
///
/// let registry = Registry::new();
/// let breaker = registry.state_set::<Breaker>("payment_breaker", "The state of the circuit breaker.")?;
/// breaker.set(Breaker::Closed);
/// breaker.set(Breaker::HalfOpen);
/// assert!(registry.text().contains("payment_breaker{payment_breaker=\"closed\"} 0\n"));
/// assert!(registry.text().contains("payment_breaker{payment_breaker=\"half_open\"} 1\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
pub struct StateSet<S> {
    family: Arc<StateSetFamily>,
    states: PhantomData<fn(S)>,
}

struct StateSetFamily {
    shared: Arc<Shared>,
    /// The labels of each state, by its number.
    states: Box<[LabelSet]>,
    /// A bit for each state that holds.
    holds: AtomicU64,
}

impl<S: LabelValue> StateSet<S> {
    /// Makes `state` the one that holds.
    pub fn set(&self, state: S) {
        // Relaxed: readers need the states alone, not an order against other metrics.
        self.family.holds.store(bit(&state), Ordering::Relaxed);
    }

    /// Makes `state` hold, beside those that do.
    pub fn enable(&self, state: S) {
        // Relaxed: as above.
        self.family.holds.fetch_or(bit(&state), Ordering::Relaxed);
    }

    /// Makes `state` hold no more.
    pub fn disable(&self, state: S) {
        // Relaxed: as above.
        self.family.holds.fetch_and(!bit(&state), Ordering::Relaxed);
    }

    /// Whether `state` holds.
    #[must_use]
    pub fn holds(&self, state: S) -> bool {
        // Relaxed: as above.
        self.family.holds.load(Ordering::Relaxed) & bit(&state) != 0
    }
}

/// None for a number that is too large, as a hand-written implementation may give it.
fn bit(state: &impl LabelValue) -> u64 {
    u32::try_from(state.index()).ok().and_then(|index| 1_u64.checked_shl(index)).unwrap_or(0)
}

impl Registry {
    /// Declares a [`StateSet`] over an enum that derives [`LabelValue`](macro@crate::LabelValue).
    ///
    /// # Errors
    /// [`RegisterError`] if the name cannot be a label's as well or is that of a label of the registry, the states cannot be listed or are more than 64, the help is
    /// empty, or the name is taken by another metric.
    #[track_caller]
    pub fn state_set<S: LabelValue>(&self, name: &str, help: &str) -> Result<StateSet<S>, RegisterError> {
        let site = Location::caller();
        // The label is called as the family is, with the namespace.
        let label = self.scope().name(name);
        let refuse = |kind| RegisterError::new(name, site, kind);
        check_label(&label).map_err(|invalid| refuse(RegisterErrorKind::Name(invalid)))?;
        if let Some(value) = self.constant_label(&label) {
            let (label, value) = ((&*label).into(), value.into());
            return Err(refuse(RegisterErrorKind::ConstantLabel { label, value }));
        }
        self.register_states(name, Kind::StateSet, &label, &[], help, site)
    }

    /// As [`state_set`](Self::state_set), with a label of another name: `homeostasis_status{status="active"}`.
    ///
    /// OpenMetrics has no state set with such a label, so it is a gauge in every format.
    ///
    /// # Errors
    /// [`RegisterError`] if the name or the label is refused, and as [`state_set`](Self::state_set).
    ///
    /// ```
    /// use radiosonde_metrics::{LabelValue, Registry};
    ///
    /// #[derive(LabelValue)]
    /// enum Homeostasis {
    ///     Active,
    ///     Paused,
    /// }
    ///
    /// let registry = Registry::new();
    /// let status = registry.state_set_by::<Homeostasis>("homeostasis_status", "status", "State of the homeostasis.")?;
    /// status.set(Homeostasis::Active);
    /// assert!(registry.text().contains("homeostasis_status{status=\"active\"} 1\n"));
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    #[track_caller]
    pub fn state_set_by<S: LabelValue>(
        &self,
        name: &str,
        label: &str,
        help: &str,
    ) -> Result<StateSet<S>, RegisterError> {
        self.register_states(name, Kind::Gauge, label, &[label], help, Location::caller())
    }

    fn register_states<S: LabelValue>(
        &self,
        name: &str,
        kind: Kind,
        label: &str,
        label_names: &[&str],
        help: &str,
        site: &'static Location<'static>,
    ) -> Result<StateSet<S>, RegisterError> {
        let refuse = |kind| RegisterError::new(name, site, kind);
        let count = S::CARDINALITY.unwrap_or(0);
        let mut states = Vec::new();
        let listed = (1..=64).contains(&count)
            && (0..count).all(|index| S::show_nth(index, |state| states.push(state.to_owned())));
        if !listed {
            return Err(refuse(RegisterErrorKind::States { states: S::CARDINALITY }));
        }
        let values: Vec<&str> = states.iter().map(String::as_str).collect();
        let possible_values = [(label, &*values)];
        let mut declaration = Declaration::new(name, help, site);
        declaration.possible_values = &possible_values;
        let shared = declaration.into_shared(kind, label_names)?;
        let family = self.register(shared, "StateSet", |shared| {
            let constant = shared.label_set(std::iter::empty());
            let labels = |state: &String| LabelSet::new([(label, state.as_str())]).and(&constant);
            let states = states.iter().map(labels).collect();
            Arc::new(StateSetFamily { states, shared: Arc::new(shared), holds: AtomicU64::new(0) })
        })?;
        let there: Arc<StateSetFamily> = downcast(family, "StateSet", name, site)?;
        let same = there.states.len() == states.len()
            && there.states.iter().zip(&states).all(|(labels, state)| {
                labels.iter().any(|(own, value)| own == label && value == state.as_str())
            });
        if !same {
            let registered =
                there.states.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ").into();
            let declared = format!("{states:?}").into();
            let site = there.shared.site;
            return Err(refuse(RegisterErrorKind::Differs {
                what: "the states",
                registered,
                declared,
                site,
            }));
        }
        Ok(StateSet { family: there, states: PhantomData })
    }
}

impl AnyFamily for StateSetFamily {
    fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    fn instrument(&self) -> &'static str {
        "StateSet"
    }

    fn visit(&self, out: &mut dyn Visitor) {
        // Relaxed: as above. Once, so that all are shown as of one moment.
        let holds = self.holds.load(Ordering::Relaxed);
        for (at, labels) in self.states.iter().enumerate() {
            out.number(labels, &Number::Unsigned(holds >> at & 1).into());
        }
    }

    fn series(&self) -> usize {
        self.states.len()
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl<S> Clone for StateSet<S> {
    fn clone(&self) -> Self {
        Self { family: Arc::clone(&self.family), states: PhantomData }
    }
}

impl<S> fmt::Debug for StateSet<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateSet").field("name", &self.family.shared.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition::format::Format;
    use crate::families::status_class::StatusClass;

    #[test]
    fn states_hold_one_by_one_or_together() {
        let registry = Registry::new();
        let seen = registry.state_set::<StatusClass>("seen", "Seen.").unwrap();
        seen.enable(StatusClass::Successful);
        seen.enable(StatusClass::ServerError);
        seen.disable(StatusClass::Successful);
        seen.enable(StatusClass::Redirection);
        let shown = |values: [u8; 5]| {
            let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"].into_iter().zip(values);
            classes.map(|(class, value)| format!("seen{{seen=\"{class}\"}} {value}\n")).collect::<String>()
        };
        let text = registry.encode(Format::OpenMetrics);
        assert!(
            text.contains(&format!("# TYPE seen stateset\n# HELP seen Seen.\n{}", shown([0, 0, 1, 0, 1])))
        );
        seen.set(StatusClass::Successful);
        assert!(registry.text().contains(&shown([0, 1, 0, 0, 0])));
        assert!(seen.holds(StatusClass::Successful) && !seen.holds(StatusClass::Redirection));
    }

    #[test]
    fn a_label_of_another_name_makes_it_a_gauge() {
        let registry = Registry::builder().namespace("aetherra").label("region", "eu").build().unwrap();
        let status = || registry.state_set_by::<bool>("homeostasis_status", "status", "Status.");
        status().unwrap().set(true);
        assert!(status().unwrap().holds(true));
        let declared = registry.descriptors();
        assert_eq!(declared[0].label_values("status").collect::<Vec<_>>(), ["false", "true"]);
        for format in [Format::Text, Format::OpenMetrics] {
            let text = registry.encode(format);
            assert!(text.contains("# TYPE aetherra_homeostasis_status gauge\n"), "{text}");
            assert!(
                text.contains("aetherra_homeostasis_status{region=\"eu\",status=\"true\"} 1\n"),
                "{text}"
            );
        }
        let refused = |name, label| registry.state_set_by::<bool>(name, label, "X.").unwrap_err();
        let kind = refused("x", "region").kind().clone();
        assert!(matches!(kind, RegisterErrorKind::ConstantLabel { .. }), "{kind:?}");
        assert!(matches!(refused("x", "a:b").kind(), RegisterErrorKind::Name(_)));
        assert!(matches!(refused("homeostasis_status", "state").kind(), RegisterErrorKind::Differs { .. }));
    }

    #[test]
    fn states_that_differ_or_cannot_be_listed_are_refused() {
        let registry = Registry::new();
        registry.state_set::<StatusClass>("x", "X.").unwrap();
        registry.state_set::<StatusClass>("x", "X.").unwrap();
        let message = registry.state_set::<bool>("x", "X.").unwrap_err().to_string();
        assert!(message.contains("the states"), "{message}");
        let error = registry.state_set::<String>("y", "Y.").unwrap_err();
        assert_eq!(error.kind(), &RegisterErrorKind::States { states: None });
        assert!(registry.state_set::<bool>("a:b", "Y.").is_err());
    }

    #[test]
    fn a_state_set_called_like_a_label_of_the_registry_is_refused() {
        let registry = Registry::builder().namespace("shop").label("shop_mode", "x").build().unwrap();
        let error = registry.state_set::<bool>("mode", "Mode.").unwrap_err();
        let (label, value) = ("shop_mode".into(), "x".into());
        assert_eq!(error.kind(), &RegisterErrorKind::ConstantLabel { label, value });
        assert!(registry.state_set::<bool>("other", "Other.").is_ok());
    }
}
