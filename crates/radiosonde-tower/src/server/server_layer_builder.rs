use std::fmt;
use std::sync::Arc;

use http::HeaderName;
use radiosonde_core::{SharedClock, SystemClock};
use radiosonde_metrics::{Buckets, RegisterError, Registry};

use crate::debugging::{DebugRequests, DebugVerifier};
use crate::describing::forwarded::TrustedProxies;
use crate::describing::method::MethodName;
use crate::describing::scheme::Scheme;
use crate::grpc::rpc::RpcSide;
use crate::grpc::rpc_metrics::RpcMetrics;
use crate::ids::id_options::IdOptions;
use crate::measuring::server_endpoint::StatusKey;
use crate::measuring::server_families::{FamilyOptions, ServerFamilies};
use crate::measuring::server_metrics::{ENDPOINTS, ServerMetrics};
use crate::measuring::server_names::ServerNames;
use crate::routing::find_label::FindLabel;
use crate::routing::find_route::FindRoute;
use crate::server::exclusion::Exclusion;
use crate::server::extra_label::{AnnotatedLabel, ExtraLabel};
use crate::server::line_policy::{LinePolicy, LineSampling};
use crate::server::server_layer::ServerLayer;
use crate::server::server_settings::ServerSettings;
use crate::server::signals::Signals;

/// Builds a [`ServerLayer`].
#[must_use]
#[derive(Clone)]
pub struct ServerLayerBuilder {
    registry: Option<Registry>,
    clock: SharedClock,
    pub(crate) debug: Option<DebugRequests>,
    is_edge: bool,
    proxies: Option<TrustedProxies>,
    signals: Signals,
    ids: IdOptions,
    families: FamilyOptions,
    exclusions: Vec<Exclusion>,
    find_route: Option<Arc<dyn FindRoute>>,
    streams: Vec<String>,
    labels: Vec<(String, usize, Arc<dyn FindLabel>)>,
    annotated_labels: Vec<AnnotatedLabel>,
    lines: LinePolicy,
    request_headers: Vec<HeaderName>,
    response_headers: Vec<HeaderName>,
    zeros: Vec<(MethodName, String)>,
}

impl ServerLayerBuilder {
    pub(crate) fn new() -> Self {
        Self {
            registry: None,
            clock: Arc::new(SystemClock),
            debug: None,
            is_edge: false,
            proxies: None,
            signals: Signals::ALL,
            ids: IdOptions::new(),
            families: FamilyOptions::default(),
            exclusions: Vec::new(),
            find_route: None,
            streams: Vec::new(),
            labels: Vec::new(),
            annotated_labels: Vec::new(),
            lines: LinePolicy::new(),
            request_headers: Vec::new(),
            response_headers: Vec::new(),
            zeros: Vec::new(),
        }
    }

    /// Sets the registry of the metrics; default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Sets the clock for durations and expiry; default: the system's.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the signals that requests leave; default: [`Signals::ALL`]. One that is off costs nothing, and without metrics none are
    /// registered.
    pub const fn signals(mut self, signals: Signals) -> Self {
        self.signals = signals;
        self
    }

    /// Requests with this path leave all signals but these. `path` is the path, a prefix that ends in `*`, or the route's
    /// template. Default: none.
    pub fn exclude(mut self, path: &str, signals: Signals) -> Self {
        self.exclusions.push(Exclusion::new(path, signals));
        self
    }

    /// Makes this a trust boundary: each request starts a new trace, which links to the one that the caller sent. For a public
    /// edge, where a caller must not decide on sampling, nor join its requests to traces or baggage of others.
    pub const fn trust_boundary(mut self) -> Self {
        self.is_edge = true;
        self
    }

    /// Trusts proxies in front: the client's address and the scheme are those that the outermost of them wrote. Default: none, so that
    /// no client can choose its address.
    pub const fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.proxies = Some(proxies);
        self
    }

    /// Sets how the ids of requests are received, made and answered; default: [`IdOptions::new`].
    pub fn ids(mut self, options: IdOptions) -> Self {
        self.ids = options;
        self
    }

    /// Sets the names of the metrics; default: [`ServerNames::classic`].
    pub fn names(mut self, names: ServerNames) -> Self {
        self.families.names = names;
        self
    }

    /// Sets the buckets of durations; default: [`Buckets::HTTP_SECONDS`]. The thresholds of latency objectives are added to them.
    pub fn buckets(mut self, buckets: Buckets) -> Self {
        self.families.buckets = buckets;
        self
    }

    /// Leaves out the histograms of bytes, which are most of the series of a service with many routes.
    pub const fn without_sizes(mut self) -> Self {
        self.families.has_sizes = false;
        self
    }

    /// Adds the histogram of the time to the head of the response. The access line always has it, as `ttfb_ms`.
    pub const fn with_time_to_first_byte(mut self) -> Self {
        self.families.has_first_byte = true;
        self
    }

    /// Adds a label to requests and duration, whose value a closure finds; `_overflow` beyond `limit` values. A panic in it leaves
    /// the label empty.
    ///
    /// # Cost
    /// Series with further labels are looked up for each request, with an allocation.
    pub fn label(mut self, name: impl Into<String>, limit: usize, find: impl FindLabel + 'static) -> Self {
        self.labels.push((name.into(), limit, Arc::new(find)));
        self
    }

    /// Adds a label to requests and duration, whose value is that of an annotation of the request: `annotate!(customer.tier = "gold")`
    /// with `annotated_label("customer.tier", ["gold", "silver"])` sets the label `customer_tier`. It is empty without the
    /// annotation, and `_OTHER` for a value that is not in the list.
    ///
    /// # Cost
    /// That of [`label`](Self::label).
    pub fn annotated_label<V: Into<String>>(
        mut self,
        key: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.annotated_labels.push(AnnotatedLabel::new(key.into(), values));
        self
    }

    /// Finds the route of a request by this closure, if neither the router nor a [`Route`](crate::Route) names it.
    pub fn route_by(mut self, find: impl FindRoute + 'static) -> Self {
        self.find_route = Some(Arc::new(find));
        self
    }

    /// Names routes whose responses are streams, such as long polls; see [`ServerLayer`].
    pub fn streams<R: Into<String>>(mut self, routes: impl IntoIterator<Item = R>) -> Self {
        self.streams.extend(routes.into_iter().map(Into::into));
        self
    }

    /// Sets what decides on the access line; default: [`LinePolicy::new`].
    pub fn lines(mut self, policy: LinePolicy) -> Self {
        self.lines = policy;
        self
    }

    /// Records these headers of requests as attributes `http.request.header.<name>` of the span; default: none.
    pub fn capture_request_headers(mut self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        self.request_headers.extend(names);
        self
    }

    /// Records these headers of responses as attributes `http.response.header.<name>` of the span; default: none.
    pub fn capture_response_headers(mut self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        self.response_headers.extend(names);
        self
    }

    /// Publishes zeros for these methods and routes, with the statuses 200 and 500: the ratio of errors needs both series before
    /// the first request.
    pub fn zero_init<R: Into<String>>(mut self, routes: impl IntoIterator<Item = (&'static str, R)>) -> Self {
        self.zeros.extend(
            routes
                .into_iter()
                .map(|(method, route)| (MethodName::parse(&method.to_ascii_uppercase()), route.into())),
        );
        self
    }

    /// Registers the metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics with these names.
    pub fn build(self) -> Result<ServerLayer, RegisterError> {
        let registry = self.registry.as_ref().unwrap_or_else(|| Registry::global());
        let (clock, mut options) = (self.clock, self.families);
        options.labels.extend(self.labels.iter().map(|(name, ..)| name.clone()));
        options.labels.extend(self.annotated_labels.iter().map(AnnotatedLabel::name));
        let has_metrics = self.signals.contains(Signals::METRICS);
        let families = has_metrics.then(|| ServerFamilies::new(registry, &options));
        let metrics = ServerMetrics::new(families.transpose()?, ENDPOINTS);
        let empty = vec![""; options.labels.len()];
        self.zeros.iter().for_each(|(method, route)| zero(&metrics, *method, route, &empty));
        let left_out = (self.lines.keep_one_in > 1).then(|| {
            let name = "radiosonde_access_lines_sampled_out_total";
            registry.counter(name, "Access lines of good requests that sampling left out.").build()
        });
        let labels = self.labels.into_iter();
        let settings = ServerSettings {
            metrics,
            rpc: has_metrics.then(|| {
                RpcMetrics::new(registry, RpcSide::Server, options.names.0.is_otel, options.buckets.clone())
            }),
            signals: self.signals,
            ids: self.ids,
            exclusions: self.exclusions,
            debug: self
                .debug
                .map(|requests| DebugVerifier::new(requests, registry, Arc::clone(&clock)))
                .transpose()?,
            clock,
            proxies: self.proxies,
            find_route: self.find_route,
            streams: self.streams,
            labels: labels.map(|(name, limit, find)| ExtraLabel::new(name, limit, find)).collect(),
            annotated_labels: self.annotated_labels,
            lines: self.lines,
            sampling: LineSampling::new(left_out.transpose()?),
            request_headers: attributes("http.request.header.", self.request_headers),
            response_headers: attributes("http.response.header.", self.response_headers),
        };
        Ok(ServerLayer::of(settings, self.is_edge))
    }
}

/// The key of each header's attribute.
fn attributes(prefix: &str, names: Vec<HeaderName>) -> Vec<(HeaderName, String)> {
    names.into_iter().map(|name| (name.clone(), format!("{prefix}{name}"))).collect()
}

fn zero(metrics: &ServerMetrics, method: MethodName, route: &str, labels: &[&str]) {
    let Some(families) = &metrics.families else { return };
    let endpoint = metrics.endpoint(Some(route));
    for (status, error_type) in [("200", ""), ("500", "500")] {
        let error_type = if families.is_otel { error_type } else { "" };
        let key = StatusKey { status, error_type, scheme: Scheme::Http };
        endpoint.of_status(families, method, key, labels, |_| ());
    }
    if families.errors.is_some() {
        endpoint.once(families);
    }
}

impl fmt::Debug for ServerLayerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerLayerBuilder").field("signals", &self.signals).finish_non_exhaustive()
    }
}
