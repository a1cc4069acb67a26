//! Lists of credentials from a configuration file.

use radiosonde_core::deserialize::without_value;
use serde::de::{Deserializer, Error as _};

use crate::answering::credentials::Credentials;
use crate::answering::deserialize::Plain;

const LIST: &str = "invalid credentials: expected a list of tables with bearer or basic (user, password)";

/// Reads a list that may be left out.
pub(crate) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Credentials>>, D::Error> {
    let Some(list) = without_value::<_, Option<Vec<Plain>>>(deserializer, LIST)? else { return Ok(None) };
    list.into_iter().map(Plain::check).collect::<Result<_, _>>().map(Some).map_err(D::Error::custom)
}
