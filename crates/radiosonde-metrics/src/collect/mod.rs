//! For authors of collectors and of bridges to other metrics libraries.

pub(crate) mod collection;
pub(crate) mod collection_visitor;
pub(crate) mod collector;
pub(crate) mod collectors;
pub(crate) mod faults;
pub(crate) mod sample;
pub(crate) mod text_map;
pub(crate) mod unregistered;

pub use collection::{CollectedFamily, Collection, PROCESS_FAMILIES};
pub use collector::Collector;
pub use collectors::CollectorGuard;
pub use text_map::{TextMap, Texts};
pub use unregistered::{UnregisteredBuilder, UnregisteredFamily, UnregisteredSeries};
