//! The series of a name: how they are declared, found and limited.

pub(crate) mod any_family;
pub(crate) mod bounded;
pub(crate) mod declaration;
pub(crate) mod dense;
pub(crate) mod descriptor;
pub(crate) mod dyn_family;
pub(crate) mod family;
pub(crate) mod family_data;
pub(crate) mod initialise;
pub(crate) mod labels;
pub(crate) mod metric_ref;
pub(crate) mod register_error;
pub(crate) mod rendered;
pub(crate) mod shared_series;
pub(crate) mod status_class;
