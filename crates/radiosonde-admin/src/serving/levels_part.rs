//! The log levels, as a part of the service.

pub(crate) use crate::levels::future::LevelsFuture as LevelsPartFuture;
pub(crate) use crate::levels::service::LevelsService as LevelsPart;
