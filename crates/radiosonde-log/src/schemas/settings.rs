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

impl SchemaSettings {
    pub(crate) fn new(resource: &Resource) -> Self {
        Self {
            resource: resource.clone(),
            profile: Profile::default(),
            names: LevelNames::default(),
            precision: None,
            promoted: Vec::new(),
            metadata: None,
            project: None,
        }
    }
}
