use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, HeaderValue};
use http::{Method, Response, StatusCode, request};
use radiosonde_log::{LevelReload, ReloadError};

use crate::answering::access::Access;
use crate::answering::body::AdminBody;
use crate::answering::refusal::Refusal;
use crate::levels::request::{Change, MediaType, Ttl, check_length};

/// A tower service that shows log levels and changes them, whatever the path. Made by [`LevelsOptions::service`](crate::LevelsOptions::service).
///
/// # Shape
/// - `GET` and `HEAD` answer `{"current":"info,orders=debug","default":"info","expires_in_s":540}`; `expires_in_s` is `null` if the
///   current filter is permanent.
/// - `PUT` sets the filter in its body, which is the text of `RUST_LOG` (no content type, or `text/plain`), or
///   `{"filter":"info,orders=debug","ttl_s":600,"by":"ann"}` (`application/json`). `?ttl=10m` (`90`, `90s`, `10m`, `2h`, `1d`) and
///   `?by=ann` win over the body. Without a time to live the default applies; `?ttl=permanent` and `"permanent":true` have no end. `by`
///   is the name that the caller goes by, and is not checked.
/// - `DELETE` goes back to the default for good.
///
/// `PUT` and `DELETE` answer like `GET`, once every callsite has the new filter. Each change is audited, in the span of the request:
/// see [`LevelReload`].
///
/// # Errors
/// 400: a request that cannot be understood, with what is expected; 401: missing or unknown credentials; 403: a change without any
/// credentials set up; 405: another method; 413: a body of more than 8192 bytes; 415: another content type; 503: no thread can be
/// started.
///
/// # Examples
/// ```
/// use radiosonde_admin::{Credentials, LevelsOptions};
/// use radiosonde_log::{LevelReload, LogFilter};
/// use tower_service::Service as _;
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// let (_filter, reload) = LevelReload::new(LogFilter::default());
/// let options = LevelsOptions::new().credentials([Credentials::bearer("c29tZSB0b2tlbg==")?]);
/// let mut service = options.service(&reload);
/// let request = http::Request::put("/log/levels?ttl=10m").body(axum::body::Body::from("debug"))?;
/// assert_eq!(service.call(request).await?.status(), 401);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// With axum: `Router::route_service("/log/levels", service)`. By hand:
/// `curl -X PUT -H 'content-type: text/plain' -H "authorization: Bearer $TOKEN" -d info,orders=debug 'http://…/log/levels?ttl=10m&by=ann'`.
#[derive(Debug, Clone)]
pub struct LevelsService {
    pub(crate) reload: LevelReload,
    pub(crate) access: Access,
    pub(crate) may_change: bool,
    pub(crate) default_ttl: Duration,
    pub(crate) maximum_ttl: Duration,
}

impl LevelsService {
    /// The action of a request, before its body is read.
    ///
    /// A trusted request needs no credentials, and changes levels though none are set up.
    pub(crate) fn begin(&self, head: &request::Parts, is_trusted: bool) -> Result<Action, Refusal> {
        if !is_trusted {
            self.access.check(&head.headers)?;
        }
        match head.method {
            Method::GET => return Ok(Action::Show { is_head: false }),
            Method::HEAD => return Ok(Action::Show { is_head: true }),
            Method::PUT | Method::DELETE => {}
            _ => return Err(Refusal::method("GET, HEAD, PUT, DELETE")),
        }
        if !self.may_change && !is_trusted {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "levels are read-only: no credentials are set up",
            ));
        }
        let change = Change::from_query(head.uri.query())?;
        if head.method == Method::DELETE {
            return Ok(Action::Reset { by: change.by });
        }
        check_length(&head.headers)?;
        Ok(Action::Set { media_type: MediaType::of(&head.headers)?, change })
    }

    pub(crate) const fn has_credentials(&self) -> bool {
        self.access.has_credentials()
    }

    pub(crate) fn reset(&self, by: Option<&str>) -> Result<(), Refusal> {
        self.named(by).reset().map_err(refuse)
    }

    pub(crate) fn set(&self, change: &Change) -> Result<(), Refusal> {
        let reload = self.named(change.by.as_deref());
        let changed = match change.ttl {
            Some(Ttl::Permanent) => reload.set(&change.filter),
            Some(Ttl::For(ttl)) if ttl > self.maximum_ttl => {
                let (ttl, most) = (ttl.as_secs(), self.maximum_ttl.as_secs());
                return Err(Refusal::bad_request(format!(
                    "invalid time to live of {ttl} seconds: expected at most {most}, or permanent"
                )));
            }
            Some(Ttl::For(ttl)) => reload.set_for(&change.filter, ttl),
            None => reload.set_for(&change.filter, self.default_ttl),
        };
        changed.map_err(refuse)
    }

    fn named(&self, by: Option<&str>) -> LevelReload {
        by.map_or_else(|| self.reload.clone(), |by| self.reload.by(by))
    }

    /// The filters, as JSON.
    pub(crate) fn show(&self, is_head: bool) -> Response<AdminBody> {
        let (current, default, ends) = self.reload.snapshot();
        let text = serde_json::json!({
            "current": current.to_string(),
            "default": default.to_string(),
            // Rounded up: a filter in force does not end in zero seconds.
            "expires_in_s": ends.map(|ends| ends.as_secs() + u64::from(ends.subsec_nanos() > 0)),
        });
        let text = Bytes::from(format!("{text}\n"));
        let mut response = AdminBody::response(text, "application/json", is_head);
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

fn refuse(error: ReloadError) -> Refusal {
    let status = match error {
        ReloadError::Thread(_) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    };
    Refusal::new(status, error.to_string())
}

/// What a request does.
#[derive(Debug)]
pub(crate) enum Action {
    Show { is_head: bool },
    Reset { by: Option<String> },
    Set { media_type: MediaType, change: Change },
}
