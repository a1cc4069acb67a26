use std::ptr;
use std::sync::OnceLock;

use tracing_core::Metadata;

use crate::planning::plan::Plan;

/// Size of the first table; each further table is four times as large.
const FIRST: usize = 256;

/// Entries probed in one table before the next one.
const PROBES: usize = 8;

/// The plans of the known callsites, by the address of their metadata.
///
/// Entries are only added, so a look-up takes neither a lock nor a write to shared memory. Their number is bounded by the
/// callsites of the program.
#[derive(Debug)]
pub(crate) struct Plans {
    table: Table,
}

#[derive(Debug)]
struct Table {
    places: Box<[OnceLock<Box<Known>>]>,
    next: OnceLock<Box<Table>>,
}

#[derive(Debug)]
struct Known {
    callsite: &'static Metadata<'static>,
    plan: Plan,
}

impl Plans {
    pub(crate) fn new() -> Self {
        Self { table: Table::with_places(FIRST) }
    }

    /// The callsite's plan, created if needed.
    pub(crate) fn of(&self, callsite: &'static Metadata<'static>, make: impl Fn() -> Plan) -> &Plan {
        let mut table = &self.table;
        loop {
            let start = table.start(callsite);
            for probe in 0..PROBES {
                let place = &table.places[(start + probe) % table.places.len()];
                let known = place.get_or_init(|| Box::new(Known { callsite, plan: make() }));
                if ptr::eq(known.callsite, callsite) {
                    return &known.plan;
                }
            }
            let larger = || Box::new(Table::with_places(table.places.len().saturating_mul(4)));
            table = table.next.get_or_init(larger);
        }
    }
}

impl Table {
    fn with_places(places: usize) -> Self {
        Self { places: (0..places).map(|_| OnceLock::new()).collect(), next: OnceLock::new() }
    }

    fn start(&self, callsite: &'static Metadata<'static>) -> usize {
        // Fibonacci hashing: statics are aligned and close together, so the low bits of an address carry little information.
        let address = ptr::from_ref(callsite).addr();
        (address >> 3).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as usize) >> (usize::BITS / 2)
    }
}
