//! The requests in flight, as a part of the service.

pub(crate) use crate::requests::part::RequestsPart;
