//! Headers and credentials from a configuration file.

use std::collections::BTreeMap;

use radiosonde_core::Secret;
use radiosonde_core::deserialize::without_value;
use serde::Deserializer;

use crate::transport::credentials::Authorization;

pub(crate) fn headers<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Secret<String>>, D::Error> {
    without_value(deserializer, "invalid headers: expected a table of texts")
}

pub(crate) fn authorization<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Authorization>, D::Error> {
    let expected = "a table with one of bearer, bearer_file, basic (user, password) and basic_file (user, password_file)";
    without_value(deserializer, &format!("invalid authorization: expected {expected}"))
}
