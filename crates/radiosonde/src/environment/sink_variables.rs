//! Reading variables of sinks: timeouts and certificates.

use std::time::Duration;

use radiosonde_delivery::{Pem, TlsOptions};

use crate::environment::variables::Variables;
use crate::error::InvalidVariable;

impl Variables<'_> {
    /// The first of these variables that is set, with its name.
    pub(crate) fn first(
        &self,
        names: &[&'static str],
    ) -> Result<Option<(&'static str, String)>, InvalidVariable> {
        let text = |name: &&'static str| Some(self.text(name).transpose()?.map(|text| (*name, text)));
        names.iter().find_map(text).transpose()
    }

    /// The first of these variables that is set, as milliseconds that the options of a sink take.
    pub(crate) fn first_timeout(&self, names: &[&'static str]) -> Result<Option<Duration>, InvalidVariable> {
        let Some((name, text)) = self.first(names)? else { return Ok(None) };
        match text.parse() {
            Ok(millis) if (1..=600_000).contains(&millis) => Ok(Some(Duration::from_millis(millis))),
            _ => Err(InvalidVariable::new(name, &text, "a number of milliseconds from 1 to 600000")),
        }
    }

    /// The PEM files that variables name; of several for one file, the first that is set.
    pub(crate) fn tls(
        &self,
        authorities: &[&'static str],
        certificate: &[&'static str],
        key: &[&'static str],
    ) -> Result<TlsOptions, InvalidVariable> {
        let file = |names: &[&'static str]| Ok(self.first(names)?.map(|(_, path)| Pem::file(path)));
        let tls = file(authorities)?.into_iter().fold(TlsOptions::new(), TlsOptions::ca);
        let tls = file(certificate)?.into_iter().fold(tls, TlsOptions::client_certificate);
        Ok(file(key)?.into_iter().fold(tls, TlsOptions::client_key))
    }
}
