use std::sync::{Arc, Mutex, PoisonError};

use radiosonde_core::SharedClock;
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::model::OVERFLOW;
use radiosonde_metrics::{Buckets, DynFamily, Gauge, IntGauge, RegisterError};

use crate::bounded_names::BoundedNames;
use crate::operations::set_options::{SetOptions, set_options};
use crate::system_health::component::Component;
use crate::system_health::component_state::ComponentState;

/// How healthy a process is, by its components.
///
/// # Metrics
/// - `system_health_score{component}`: from 0 to 100, by the formula of [`Component`]. The score of `overall` is that of the worst
///   component.
/// - `system_health_state{component,state}`: 1 for the state of the component, `healthy`, `degraded` or `unhealthy`, and 0 for the others.
///
/// Both are computed at the scrape. It has no golden signals of its own, not even a saturation: a score is no share of a limit, and latency,
/// traffic and errors of the components' work are with that work.
///
/// # With `/readyz`
/// The checks of `radiosonde-admin`'s `Health` are components in the same registry, named for the checks; with a namespace, after
/// `Health::set_scores`. `Health::component` makes a component declared here a check.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{ComponentState, SystemHealth};
///
/// let registry = Registry::new();
/// let health = SystemHealth::builder().namespace("valtronics").registry(&registry).build()?;
/// let broker = health.component("broker");
/// for is_good in [true, true, true, false] {
///     broker.record(is_good);
/// }
/// assert_eq!((broker.score(), broker.state()), (75.0, ComponentState::Degraded));
///
/// let text = registry.text();
/// assert!(text.contains("valtronics_system_health_score{component=\"broker\"} 75\n"));
/// assert!(text.contains("valtronics_system_health_score{component=\"overall\"} 75\n"));
/// assert!(text.contains("valtronics_system_health_state{component=\"broker\",state=\"degraded\"} 1\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SystemHealth(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    components: BoundedNames<Component>,
    /// The same, to be listed.
    all: Mutex<Vec<Component>>,
    overflow: Component,
    clock: SharedClock,
    score: DynFamily<Gauge>,
    state: DynFamily<IntGauge>,
}

/// The component that stands for all of them.
const OVERALL: &str = "overall";
/// The most components.
const LIMIT: usize = 100;

impl SystemHealth {
    /// Declares the health of a process. With the same registry and namespace it is the same one.
    pub fn builder() -> SystemHealthBuilder {
        SystemHealthBuilder { options: SetOptions::new(Buckets::NONE) }
    }

    /// The component of this name; healthy if it is new. At most 100; all further ones are `_overflow`. `overall` is the name of all
    /// of them together.
    #[must_use]
    pub fn component(&self, name: &str) -> Component {
        let make = || {
            let component = Component::new(name, &self.0.clock);
            self.0.all.lock().unwrap_or_else(PoisonError::into_inner).push(component.clone());
            component
        };
        if let Some(component) = self.0.components.admit(name, make) {
            return Component::clone(&component);
        }
        let mut all = self.0.all.lock().unwrap_or_else(PoisonError::into_inner);
        if all.iter().all(|component| component.name() != OVERFLOW) {
            all.push(self.0.overflow.clone());
        }
        drop(all);
        self.0.overflow.clone()
    }

    /// The score of the worst component; 100 without components.
    #[must_use]
    pub fn score(&self) -> f64 {
        self.components().iter().map(Component::score).fold(100.0, f64::min)
    }

    fn components(&self) -> Vec<Component> {
        self.0.all.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Collector for SystemHealth {
    fn collect(&self, _: &mut Collection) {
        let scores = self.components().into_iter().map(|component| (component.score(), component));
        let scores: Vec<(f64, Component)> = scores.collect();
        if scores.is_empty() {
            return;
        }
        let mut worst = 100.0_f64;
        for (score, component) in &scores {
            if component.name() != OVERALL {
                self.show(component.name(), *score);
            }
            worst = worst.min(*score);
        }
        self.show(OVERALL, worst);
    }
}

impl SystemHealth {
    fn show(&self, component: &str, score: f64) {
        self.0.score.with(&[component]).set(score);
        let current = ComponentState::of_score(score);
        for state in ComponentState::ALL {
            self.0.state.with(&[component, state.as_str()]).set(i64::from(state == current));
        }
    }
}

/// Builder of a [`SystemHealth`].
#[must_use = "a builder declares nothing until `build`"]
#[derive(Debug)]
pub struct SystemHealthBuilder {
    options: SetOptions,
}

set_options!(SystemHealthBuilder);

/// Those of a registry, by namespace.
#[derive(Default)]
struct Declared(Mutex<Vec<(String, SystemHealth)>>);

impl SystemHealthBuilder {
    /// Declares the metrics, or returns what was built of the same registry and namespace.
    ///
    /// # Errors
    /// [`RegisterError`] if a name is refused or the registry has another metric with it.
    pub fn build(self) -> Result<SystemHealth, RegisterError> {
        let registry = self.options.registry();
        let declared = registry.attachment::<Declared>();
        let mut declared = declared.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = declared.iter().find(|(namespace, _)| *namespace == *self.options.namespace);
        if let Some((_, known)) = same {
            return Ok(known.clone());
        }
        let help = "Health of a component, from 0 to 100.";
        let score = registry.gauge(&self.options.name("system_health_score"), help).labels(&["component"])?;
        let help = "State of a component: 1 for the current state, 0 for the others.";
        let states = ComponentState::ALL.map(ComponentState::as_str);
        let name = self.options.name("system_health_state");
        let state = registry.int_gauge(&name, help);
        let state = state.possible_values(&[("state", &states)]).labels(&["component", "state"])?;
        let clock = Arc::clone(&self.options.clock);
        let health = SystemHealth(Arc::new(Inner {
            components: BoundedNames::new("components of a system", LIMIT),
            all: Mutex::default(),
            overflow: Component::new(OVERFLOW, &clock),
            clock,
            score,
            state,
        }));
        declared.push((self.options.namespace.clone().into_owned(), health.clone()));
        registry.collect_as(&self.options.name("system_health"), health.clone());
        Ok(health)
    }
}
