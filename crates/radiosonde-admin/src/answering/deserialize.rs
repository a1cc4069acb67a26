//! Credentials from a configuration file.

use radiosonde_core::deserialize::without_value;
use serde::de::{Deserialize, Deserializer, Error as _};

use crate::answering::credentials::{Credentials, InvalidCredentials};

#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Plain {
    Bearer(String),
    Basic { user: String, password: String },
}

impl Plain {
    pub(super) fn check(self) -> Result<Credentials, InvalidCredentials> {
        match self {
            Self::Bearer(token) => Credentials::bearer(token),
            Self::Basic { user, password } => Credentials::basic(user, password),
        }
    }
}

const ONE: &str = "invalid credentials: expected a table with bearer or basic (user, password)";

impl<'de> Deserialize<'de> for Credentials {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        without_value::<_, Plain>(deserializer, ONE)?.check().map_err(D::Error::custom)
    }
}
