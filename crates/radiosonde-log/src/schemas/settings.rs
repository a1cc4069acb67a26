use radiosonde_core::{LevelNames, Resource};

use crate::schemas::precision::TimestampPrecision;
use crate::schemas::profile::Profile;

/// The settings of a schema.
#[derive(Debug, Clone)]
pub(crate) struct SchemaSettings {
    pub(crate) resource: Resource,
    pub(crate) profile: Profile,
    pub(crate) names: LevelNames,
    pub(crate) precision: Option<TimestampPrecision>,
    pub(crate) promoted: Vec<String>,
    /// The name of the object for the other fields.
    pub(crate) metadata: Option<String>,
    pub(crate) project: Option<String>,
}
