use std::ptr;
use std::sync::OnceLock;

/// Size of the first table; each further table is four times as large.
const FIRST: usize = 256;

/// Entries probed in one table before the next one.
const PROBES: usize = 8;

/// What a layer knows of each callsite, by the address of its metadata.
///
/// # Cost
/// Entries are only added, so a look-up takes neither a lock nor a write to shared memory. Their number is bounded by the
/// callsites of the program.
#[derive(Debug)]
pub struct CallsiteTable<M: 'static, T> {
    first: Table<M, T>,
}

#[derive(Debug)]
struct Table<M: 'static, T> {
    places: Box<[Place<M, T>]>,
    next: OnceLock<Box<Self>>,
}

type Place<M, T> = OnceLock<Box<Known<M, T>>>;

#[derive(Debug)]
struct Known<M: 'static, T> {
    callsite: &'static M,
    value: T,
}

impl<M, T> CallsiteTable<M, T> {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self { first: Table::with_places(FIRST) }
    }

    /// The callsite's value, made if needed.
    #[inline]
    pub fn of(&self, callsite: &'static M, make: impl Fn() -> T) -> &T {
        let mut table = &self.first;
        loop {
            let start = start_of(callsite);
            for probe in 0..PROBES {
                let place = &table.places[(start + probe) % table.places.len()];
                let known = place.get_or_init(|| Box::new(Known { callsite, value: make() }));
                if ptr::eq(known.callsite, callsite) {
                    return &known.value;
                }
            }
            let larger = || Box::new(Table::with_places(table.places.len().saturating_mul(4)));
            table = table.next.get_or_init(larger);
        }
    }
}

impl<M, T> Default for CallsiteTable<M, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M, T> Table<M, T> {
    fn with_places(places: usize) -> Self {
        Self { places: (0..places).map(|_| OnceLock::new()).collect(), next: OnceLock::new() }
    }
}

/// Fibonacci hashing: statics are aligned and close together, so the low bits of an address carry little information.
#[inline]
fn start_of<M>(callsite: &'static M) -> usize {
    let address = ptr::from_ref(callsite).addr();
    (address >> 3).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as usize) >> (usize::BITS / 2)
}
