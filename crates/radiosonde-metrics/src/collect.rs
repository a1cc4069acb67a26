//! For authors of collectors and of bridges to other metrics libraries: what a [`Collector`](crate::Collector) needs beyond giving values.

pub use crate::declaring::descriptor::Descriptor;
pub use crate::declaring::name::{MAX_NAME_BYTES, check_label_name, check_metric_name};
pub use crate::exposition::message::normal_nan;
pub use crate::families::bounded::MAX_VALUE_BYTES;
pub use crate::families::text_map::{TextMap, Texts};
pub use crate::families::unregistered::{UnregisteredBuilder, UnregisteredFamily, UnregisteredSeries};
pub use crate::gathering::gather::PROCESS_FAMILIES;
