//! What a program holds and records with.

pub(crate) mod biased;
pub(crate) mod buckets;
pub(crate) mod counter;
pub(crate) mod exemplar_slot;
pub(crate) mod float_counter;
pub(crate) mod gauge;
pub(crate) mod histogram;
pub(crate) mod instrument;
pub(crate) mod native;
pub(crate) mod observations;
pub(crate) mod possible_values;
pub(crate) mod refusal;
pub(crate) mod retention;
pub(crate) mod search;
pub(crate) mod shared;
pub(crate) mod sketch;
pub(crate) mod stripe;
pub(crate) mod summary;
pub(crate) mod timer;
