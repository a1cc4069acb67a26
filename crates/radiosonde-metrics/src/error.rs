//! Why an operation failed, in detail: the kinds of the errors that the root has.

pub use crate::families::initialise::InitialiseErrorKind;
pub use crate::families::register_error::RegisterErrorKind;
pub use crate::registry::record_error::RecordErrorKind;
