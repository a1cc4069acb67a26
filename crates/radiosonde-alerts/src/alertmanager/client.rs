use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response};
use radiosonde_core::SharedClock;
use radiosonde_delivery::{Endpoint, HttpClient};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::alertmanager::active_alert::{ActiveAlert, GettableAlert};
use crate::alertmanager::alertmanager_error::AlertmanagerError;
use crate::alertmanager::new_silence::NewSilence;
use crate::alertmanager::response_future::{AlertmanagerFuture, Read};
use crate::alertmanager::silence::{AlertmanagerSilence, GettableSilence};

/// Creates, lists and ends the silences of an Alertmanager, and lists its alerts.
///
/// Built by [`AlertmanagerOptions::client`](crate::AlertmanagerOptions::client). Each request has the timeout of the options' sink, 10
/// seconds by default, and is sent once. Cheap to clone; all clones are the same thread.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_alerts::{AlertmanagerOptions, NewSilence, SilenceMatcher};
/// use radiosonde_testkit::{HttpFake, Reaction};
///
/// let server = HttpFake::start([Reaction::status(200).body(r#"{"silenceID":"3b2f"}"#)]); // an Alertmanager
///
/// let client = AlertmanagerOptions::new(server.url()).client()?;
/// let silence = NewSilence::new(Duration::from_secs(1800), "deployment").matching(SilenceMatcher::equal("service", "orders"));
/// let id = client.silence(&silence).wait()?; // or `.await`, on any runtime
/// assert_eq!(id, "3b2f");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct AlertmanagerClient {
    http: HttpClient,
    endpoint: Endpoint,
    clock: SharedClock,
}

#[derive(Deserialize)]
struct Created {
    #[serde(rename = "silenceID")]
    id: String,
}

impl AlertmanagerClient {
    pub(super) const fn new(http: HttpClient, endpoint: Endpoint, clock: SharedClock) -> Self {
        Self { http, endpoint, clock }
    }

    /// Creates a silence, whose id is the result.
    ///
    /// # Errors
    /// The future's: [`AlertmanagerError`].
    pub fn silence(&self, silence: &NewSilence) -> AlertmanagerFuture<String> {
        let read: Read<String> = |response| read_json::<Created>(response).map(|created| created.id);
        match silence.to_json(self.clock.now()) {
            Ok(body) => self.send(Method::POST, "/api/v2/silences", body, read),
            Err(error) => AlertmanagerFuture::failed(AlertmanagerError::malformed(error), read),
        }
    }

    /// Ends a silence.
    ///
    /// # Errors
    /// The future's: [`AlertmanagerError`]; refused with 404 if there is no such silence.
    pub fn expire(&self, id: &str) -> AlertmanagerFuture<()> {
        let read: Read<()> = |_| Ok(());
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return AlertmanagerFuture::failed(AlertmanagerError::InvalidId { id: id.into() }, read);
        }
        self.send(Method::DELETE, &format!("/api/v2/silence/{id}"), Vec::new(), read)
    }

    /// All silences, active ones first and expired ones last.
    ///
    /// # Errors
    /// The future's: [`AlertmanagerError`].
    pub fn silences(&self) -> AlertmanagerFuture<Vec<AlertmanagerSilence>> {
        self.send(Method::GET, "/api/v2/silences", Vec::new(), read_all::<GettableSilence, _>)
    }

    /// All alerts that fire, silenced and inhibited ones included.
    ///
    /// # Errors
    /// The future's: [`AlertmanagerError`].
    pub fn alerts(&self) -> AlertmanagerFuture<Vec<ActiveAlert>> {
        self.send(Method::GET, "/api/v2/alerts", Vec::new(), read_all::<GettableAlert, _>)
    }

    fn send<T>(&self, method: Method, path: &str, body: Vec<u8>, read: Read<T>) -> AlertmanagerFuture<T> {
        let endpoint = match self.endpoint.join(path) {
            Ok(endpoint) => endpoint,
            Err(error) => return AlertmanagerFuture::failed(AlertmanagerError::malformed(error), read),
        };
        let mut request = Request::new(Bytes::from(body));
        if !request.body().is_empty() {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        *request.method_mut() = method;
        *request.uri_mut() = endpoint.uri().clone();
        AlertmanagerFuture::sent(self.http.send(request), read)
    }
}

fn read_json<T: DeserializeOwned>(response: &Response<Bytes>) -> Result<T, AlertmanagerError> {
    serde_json::from_slice(response.body()).map_err(AlertmanagerError::malformed)
}

fn read_all<W, T>(response: &Response<Bytes>) -> Result<Vec<T>, AlertmanagerError>
where
    W: DeserializeOwned,
    T: TryFrom<W, Error = &'static str>,
{
    let read: Vec<W> = read_json(response)?;
    read.into_iter().map(T::try_from).collect::<Result<_, _>>().map_err(AlertmanagerError::malformed)
}

impl fmt::Debug for AlertmanagerClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlertmanagerClient").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}
