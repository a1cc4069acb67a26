//! The push to Loki: its variables, and the sink.

use std::num::NonZeroUsize;
use std::sync::Arc;

use radiosonde_core::Resource;
use radiosonde_delivery::{Delivery, Endpoint, HttpOptions, SinkOptions};
use radiosonde_log::{LineSink, LogOptions};
pub(crate) use radiosonde_loki::LokiOptions as Options;
use radiosonde_loki::{LokiBuildError, LokiOptions};

use crate::environment::variables::{Given, Variables};
use crate::error::{InitError, InvalidVariable};

const URL: &str = "RADIOSONDE_LOKI_URL";
const TENANT: &str = "RADIOSONDE_LOKI_TENANT";
const LABELS: &str = "RADIOSONDE_LOKI_LABELS";
const USER: &str = "RADIOSONDE_LOKI_USER";
const PASSWORD: &str = "RADIOSONDE_LOKI_PASSWORD";
const PASSWORD_FILE: &str = "RADIOSONDE_LOKI_PASSWORD_FILE";
const BEARER_TOKEN: &str = "RADIOSONDE_LOKI_BEARER_TOKEN";
const BEARER_TOKEN_FILE: &str = "RADIOSONDE_LOKI_BEARER_TOKEN_FILE";

pub(crate) fn options(variables: &Variables<'_>) -> Result<LokiOptions, InvalidVariable> {
    let (url, tenant, labels) = (variables.text(URL)?, variables.text(TENANT)?, variables.pairs(LABELS)?);
    url.iter().for_each(|url| variables.give(URL, url));
    tenant.iter().for_each(|tenant| variables.give(TENANT, tenant));
    labels.iter().for_each(|(name, _)| variables.give(LABELS, name));
    let options = url.map_or_else(LokiOptions::default, LokiOptions::new);
    let options = tenant.into_iter().fold(options, LokiOptions::tenant);
    let mut options = labels.into_iter().fold(options, |options, (name, value)| options.label(name, value));
    let sink = SinkOptions::default();
    let timeout = variables.first_timeout(&["RADIOSONDE_LOKI_TIMEOUT"])?.map(|timeout| sink.timeout(timeout));
    let bytes = variables.parse::<NonZeroUsize>("RADIOSONDE_LOKI_QUEUE_BYTES", "a number of bytes from 1")?;
    if let Some(sink) = bytes.map_or(timeout, |bytes| Some(timeout.unwrap_or(sink).max_bytes(bytes.get()))) {
        options = options.sink(sink);
    }
    let tls = variables.tls(
        &["RADIOSONDE_LOKI_CERTIFICATE"],
        &["RADIOSONDE_LOKI_CLIENT_CERTIFICATE"],
        &["RADIOSONDE_LOKI_CLIENT_KEY"],
    )?;
    Ok(options.http(authorization(variables)?.tls(tls)))
}

/// A user with a password, or a token, each as itself or as the file that holds it.
fn authorization(variables: &Variables<'_>) -> Result<HttpOptions, InvalidVariable> {
    let http = HttpOptions::new();
    let user = variables.text(USER)?;
    let password = (variables.secret(PASSWORD)?, variables.text(PASSWORD_FILE)?);
    let token = (variables.secret(BEARER_TOKEN)?, variables.text(BEARER_TOKEN_FILE)?);
    match (user, password, token) {
        (None, (None, None), (None, None)) => Ok(http),
        (Some(user), (Some(password), None), (None, None)) => Ok(http.basic_auth(user, password)),
        (Some(user), (None, Some(file)), (None, None)) => Ok(http.basic_auth_file(user, file)),
        (None, (None, None), (Some(token), None)) => Ok(http.bearer_token(token)),
        (None, (None, None), (None, Some(file))) => Ok(http.bearer_token_file(file)),
        (user, password, _) => {
            let expected = "a user with one of RADIOSONDE_LOKI_PASSWORD and RADIOSONDE_LOKI_PASSWORD_FILE, or else one of \
                            RADIOSONDE_LOKI_BEARER_TOKEN and RADIOSONDE_LOKI_BEARER_TOKEN_FILE";
            let name = match (user, password) {
                (Some(_), _) => USER,
                (None, (Some(_), _)) => PASSWORD,
                (None, (None, Some(_))) => PASSWORD_FILE,
                (None, (None, None)) => BEARER_TOKEN,
            };
            Err(InvalidVariable::secret(name, expected))
        }
    }
}

/// The sink, if there is a URL.
pub(crate) fn sink(
    options: Options,
    service_label: Option<&str>,
    logs: &LogOptions,
    given: &[Given],
    (resource, delivery): (&Resource, &Delivery),
) -> Result<Option<Arc<dyn LineSink>>, InitError> {
    if !options.has_url() {
        return Ok(None);
    }
    let lines = LokiOptions::default().level_names(logs.names()).overflow(logs.overflow_policy());
    let options = options.or(match service_label {
        Some(label) => lines.label(label, resource.service_name()),
        None => lines,
    });
    let refuse = |error| blame(&error, given).map_or(InitError::Loki(Box::new(error)), InitError::Variable);
    Ok(Some(Arc::new(options.build(resource, delivery).map_err(refuse)?)))
}

/// The variable that a refused setting is from.
fn blame(error: &LokiBuildError, given: &[Given]) -> Option<InvalidVariable> {
    let of = |name: &'static str| given.iter().filter(move |given| given.variable == name);
    match error {
        LokiBuildError::Endpoint(cause) => {
            let is_from = |given: &&Given| Endpoint::parse(&given.text).is_err_and(|error| error == *cause);
            Some(of(URL).find(is_from)?.refuse("an http or https URL", cause.clone()))
        }
        LokiBuildError::Tenant(cause) => {
            let is_from = |given: &&Given| given.text == cause.tenant();
            Some(of(TENANT).find(is_from)?.refuse("a tenant's name as Loki takes it", cause.clone()))
        }
        LokiBuildError::Label(cause) => {
            let is_from = |given: &&Given| given.text == cause.name();
            Some(of(LABELS).find(is_from)?.refuse("labels as Loki takes them", cause.clone()))
        }
        _ => None,
    }
}
