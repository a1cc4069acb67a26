use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use radiosonde_core::{Level, LevelNames};
use radiosonde_metrics::model::OVERFLOW;
use radiosonde_metrics::{Counter, DynFamily, RegisterError, Registry};

use crate::schemas::bounds::MAX_MODULE_BYTES;

/// The most targets with their own counters. Targets are usually modules, but records of `log` may have any.
const MAX_TARGETS: usize = 200;

/// Counts lines and their bytes by level and target. Clones share the counters.
#[derive(Debug, Clone)]
pub(crate) struct LineMetrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    lines: DynFamily<Counter>,
    bytes: DynFamily<Counter>,
    names: LevelNames,
    targets: RwLock<HashMap<Box<str>, Arc<ByLevel>>>,
    others: ByLevel,
}

type ByLevel = [OnceLock<LineCounters>; 6];

/// The counters of one level and target.
#[derive(Debug, Clone)]
pub(crate) struct LineCounters {
    lines: Counter,
    bytes: Counter,
}

impl LineCounters {
    /// Counts a line of this many bytes, including its line feed.
    pub(crate) fn line(&self, bytes: usize) {
        self.lines.inc();
        self.bytes.inc_by(bytes as u64);
    }
}

impl LineMetrics {
    pub(crate) fn new(registry: &Registry, names: LevelNames) -> Result<Self, RegisterError> {
        let counter = |name, help| registry.counter(name, help).labels(&["level", "target"]);
        Ok(Self(Arc::new(Inner {
            lines: counter("radiosonde_log_lines_total", "Log lines, by level and target.")?,
            bytes: counter(
                "radiosonde_log_bytes_total",
                "Bytes of log lines, as JSON or else in the format for people, by level and target.",
            )?,
            names,
            targets: RwLock::default(),
            others: ByLevel::default(),
        })))
    }

    /// The counters of a level and target, shortened to 256 bytes; beyond 200 targets, those of all others.
    ///
    /// # Cost
    /// A lock and a look-up: keep the counters where the target is known beforehand.
    pub(crate) fn of(&self, level: Level, target: &str) -> LineCounters {
        let Inner { targets, others, .. } = &*self.0;
        let mut end = target.len().min(MAX_MODULE_BYTES);
        while !target.is_char_boundary(end) {
            end -= 1;
        }
        let target = &target[..end];
        let (known, is_full) = {
            let targets = targets.read().unwrap_or_else(PoisonError::into_inner);
            (targets.get(target).map(Arc::clone), targets.len() >= MAX_TARGETS)
        };
        // A level's discriminant is its index among the six.
        let at = level as usize;
        match known {
            Some(by_level) => self.counters(&by_level[at], level, target),
            None if is_full => self.counters(&others[at], level, OVERFLOW),
            None => {
                let mut targets = targets.write().unwrap_or_else(PoisonError::into_inner);
                let by_level = Arc::clone(targets.entry(target.into()).or_default());
                drop(targets);
                self.counters(&by_level[at], level, target)
            }
        }
    }

    fn counters(&self, place: &OnceLock<LineCounters>, level: Level, target: &str) -> LineCounters {
        let Inner { lines, bytes, names, .. } = &*self.0;
        let labels = [level.name(*names), target];
        place
            .get_or_init(|| LineCounters { lines: lines.handle(&labels), bytes: bytes.handle(&labels) })
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_bounded_and_levels_are_always_right() {
        let registry = Registry::new();
        let self_metrics = LineMetrics::new(&registry, LevelNames::default()).unwrap();
        for target in 0..300 {
            for level in [Level::Info, Level::Error] {
                self_metrics.of(level, &format!("target{target}")).line(10);
            }
        }
        self_metrics.of(Level::Info, "target7").line(5);
        let text = registry.text();
        let has = |line: &str| assert!(text.contains(line), "{line} in {text}");
        has("radiosonde_log_lines_total{level=\"INFO\",target=\"target7\"} 2\n");
        has("radiosonde_log_bytes_total{level=\"INFO\",target=\"target7\"} 15\n");
        has("radiosonde_log_lines_total{level=\"ERROR\",target=\"_overflow\"} 100\n");
        has("radiosonde_log_bytes_total{level=\"INFO\",target=\"_overflow\"} 1000\n");
        assert!(!text.contains("FATAL"));
    }

    #[test]
    fn of_a_long_target_its_beginning_is_the_label() {
        let registry = Registry::new();
        let self_metrics = LineMetrics::new(&registry, LevelNames::default()).unwrap();
        for behind in ["a", "b"] {
            self_metrics.of(Level::Info, &format!("x{}{behind}", "ä".repeat(1000))).line(10);
        }
        let label = format!("target=\"x{}\"}} 2\n", "ä".repeat(127));
        assert!(registry.text().contains(&label), "{}", registry.text());
    }
}
