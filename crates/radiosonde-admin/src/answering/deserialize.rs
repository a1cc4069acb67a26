//! Credentials from a configuration file.

use serde::de::{Deserialize, Deserializer, Error as _};

use crate::answering::credentials::Credentials;

#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Plain {
    Bearer(String),
    Basic { user: String, password: String },
}

impl<'de> Deserialize<'de> for Credentials {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let credentials = match Plain::deserialize(deserializer)? {
            Plain::Bearer(token) => Self::bearer(token),
            Plain::Basic { user, password } => Self::basic(user, password),
        };
        credentials.map_err(D::Error::custom)
    }
}
