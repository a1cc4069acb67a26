use radiosonde_core::{LevelNames, Resource};

use crate::schemas::precision::TimestampPrecision;
use crate::schemas::profile::Profile;

/// What a schema is made from.
#[derive(Debug, Clone)]
pub(crate) struct SchemaSettings {
    pub(crate) resource: Resource,
    pub(crate) profile: Profile,
    pub(crate) names: LevelNames,
    pub(crate) precision: Option<TimestampPrecision>,
    pub(crate) promoted: Vec<String>,
    /// How the object of the other fields is called.
    pub(crate) metadata: Option<String>,
    pub(crate) project: Option<String>,
}
