//! The reentrancy guard of gathering: a registry that its own collector reads does not ask that collector again.

use std::cell::Cell;

/// How many registries may read one another. A further one does not ask its collectors.
const DEEPEST: usize = 8;

thread_local! {
    /// Addresses of registries; 0 is a free place. Has no destructor, so it is there until the thread ends.
    static GATHERING: Cell<[usize; DEEPEST]> = const { Cell::new([0; DEEPEST]) };
}

/// A registry is being gathered on this thread until this is dropped.
pub(crate) struct Gathering(usize);

impl Gathering {
    /// `None` if it is being gathered already, or too many others are.
    pub(crate) fn enter(address: usize) -> Option<Self> {
        let mut all = GATHERING.get();
        if all.contains(&address) {
            return None;
        }
        let free = all.iter().position(|&there| there == 0)?;
        all[free] = address;
        GATHERING.set(all);
        Some(Self(free))
    }
}

impl Drop for Gathering {
    fn drop(&mut self) {
        let mut all = GATHERING.get();
        all[self.0] = 0;
        GATHERING.set(all);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use crate::collect::collection::Collection;
    use crate::collect::collector::Collector;
    use crate::model::kind::Kind;
    use crate::model::samples::Number;
    use crate::registry::Registry;

    struct Asks {
        registry: Registry,
        seen: Mutex<String>,
    }

    impl Collector for Asks {
        fn collect(&self, out: &mut Collection) {
            *self.seen.lock().unwrap() = self.registry.text();
            out.number("asked", "Asked.", Kind::Gauge, Number::Signed(1));
        }
    }

    #[test]
    fn a_collector_that_reads_its_own_registry_sees_all_but_what_is_collected() {
        let registry = Registry::new();
        registry.gauge("ours", "Ours.").build().unwrap();
        let seen = std::sync::Arc::new(Asks { registry: registry.clone(), seen: Mutex::default() });
        struct Shared(std::sync::Arc<Asks>);
        impl Collector for Shared {
            fn collect(&self, out: &mut Collection) {
                self.0.collect(out);
            }
        }
        registry.collect_from(Shared(std::sync::Arc::clone(&seen)));
        for _ in 0..2 {
            assert!(registry.text().contains("asked 1\n"));
            let inside = seen.seen.lock().unwrap().clone();
            assert!(inside.contains("ours 0\n") && !inside.contains("asked"), "{inside}");
        }
    }

    #[test]
    fn registries_that_show_one_another_come_to_an_end() {
        let all: Vec<_> = (0..3).map(|_| Registry::new()).collect();
        for (at, registry) in all.iter().enumerate() {
            let next = all[(at + 1) % all.len()].clone();
            registry.collect_from(Asks { registry: next, seen: Mutex::default() });
        }
        assert!(all[0].text().contains("asked 1\n"));
    }
}
