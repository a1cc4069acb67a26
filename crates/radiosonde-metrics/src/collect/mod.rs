//! For authors of collectors and of bridges to other metrics libraries: what a [`Collector`](crate::Collector) needs beyond giving values.

pub(crate) mod collection;
pub(crate) mod collection_visitor;
pub(crate) mod collector;
pub(crate) mod collectors;
pub(crate) mod faults;
pub(crate) mod sample;
pub(crate) mod text_map;
pub(crate) mod unregistered;

pub use crate::collect::collection::PROCESS_FAMILIES;
pub use crate::collect::text_map::{TextMap, Texts};
pub use crate::collect::unregistered::{UnregisteredBuilder, UnregisteredFamily, UnregisteredSeries};
pub use crate::families::descriptor::Descriptor;
pub use crate::model::label_value_limit::MAX_VALUE_BYTES;
pub use crate::model::name::{MAX_NAME_BYTES, check_label_name, check_metric_name};
pub use crate::model::samples::normal_nan;
