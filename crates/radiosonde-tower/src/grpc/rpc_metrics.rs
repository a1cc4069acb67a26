use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use radiosonde_core::{SpanContext, diagnostics};
use radiosonde_metrics::model::OVERFLOW;
use radiosonde_metrics::{Buckets, Counter, DynFamily, Histogram, RegisterError, Registry};

use radiosonde_signals::BoundedNames;

use crate::grpc::rpc::RpcSide;
use crate::grpc::rpc_method;
use crate::grpc::status::GrpcStatus;

/// The metrics of gRPC calls, registered at the first call: a service without gRPC does not have them.
///
/// # Shape
/// | | classic | otel |
/// |---|---|---|
/// | calls | `grpc_server_handled_total{grpc_service,grpc_method,grpc_code}` | the count of the next |
/// | duration | `grpc_server_handling_seconds{grpc_service,grpc_method}` | `rpc_server_call_duration_seconds{rpc_system_name,rpc_method,rpc_response_status_code,error_type}` |
/// | messages of responses | `grpc_server_msg_sent_total{grpc_service,grpc_method}` | `rpc_server_msg_sent_total{rpc_method}` |
///
/// Those of a client have `client` and `received` in their names.
pub(crate) struct RpcMetrics {
    registry: Registry,
    side: RpcSide,
    is_otel: bool,
    buckets: Buckets,
    families: OnceLock<Option<Families>>,
    /// The methods that have series.
    known: BoundedNames<()>,
}

struct Families {
    handled: Option<DynFamily<Counter>>,
    duration: DynFamily<Histogram>,
    messages: DynFamily<Counter>,
}

/// A call that has ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EndedRpc<'a> {
    pub(crate) path: &'a str,
    /// Whether the path may have a label of its own.
    pub(crate) has_method: bool,
    pub(crate) status: GrpcStatus,
    pub(crate) error_type: Option<&'static str>,
    pub(crate) messages: u64,
    pub(crate) took: Duration,
    pub(crate) exemplar: Option<&'a SpanContext>,
}

/// The label value of a method that the service is not known to have.
pub(crate) const OTHER: &str = "_OTHER";

/// Further methods share one label value.
const METHODS: usize = 500;

/// Room for every method with each of its statuses.
const SERIES: usize = METHODS * 18;

impl RpcMetrics {
    pub(crate) fn new(registry: &Registry, side: RpcSide, is_otel: bool, buckets: Buckets) -> Self {
        let registry = registry.clone();
        let (families, known) = (OnceLock::new(), BoundedNames::new("gRPC methods", METHODS));
        Self { registry, side, is_otel, buckets, families, known }
    }

    pub(crate) fn record(&self, call: &EndedRpc<'_>) {
        let Some(families) = self.families() else { return };
        let method = self.label(call.path, call.has_method);
        let took = call.took.as_secs_f64();
        if self.is_otel {
            let labels = ["grpc", method, call.status.as_str(), call.error_type.unwrap_or_default()];
            families.duration.with(&labels).observe_in(took, call.exemplar);
            families.messages.with(&[method]).inc_by(call.messages);
            return;
        }
        let (service, method) = method.split_once('/').unwrap_or((method, method));
        if let Some(handled) = &families.handled {
            handled.with(&[service, method, call.status.classic()]).inc();
        }
        families.duration.with(&[service, method]).observe_in(took, call.exemplar);
        families.messages.with(&[service, method]).inc_by(call.messages);
    }

    /// Whether the method of this path has series of its own.
    pub(crate) fn knows(&self, path: &str) -> bool {
        rpc_method::of_path(path).is_some_and(|method| self.known.find(method).is_some())
    }

    /// The method as a label.
    ///
    /// A server's caller may send any path. So a method has a label of its own once the service has shown that it has it.
    fn label<'a>(&self, path: &'a str, has_method: bool) -> &'a str {
        let Some(method) = rpc_method::of_path(path) else { return OTHER };
        if !has_method && self.known.find(method).is_none() {
            return OTHER;
        }
        self.known.admit(method, || ()).map_or(OVERFLOW, |_| method)
    }

    fn families(&self) -> Option<&Families> {
        let register = || match self.register() {
            Ok(families) => Some(families),
            Err(conflict) => {
                let message = format_args!("gRPC calls are not counted: {conflict}");
                diagnostics::report("tower", "grpc metrics", message);
                None
            }
        };
        self.families.get_or_init(register).as_ref()
    }

    fn register(&self) -> Result<Families, RegisterError> {
        let (side, messages, of) = match self.side {
            RpcSide::Server => ("server", "sent", "served"),
            RpcSide::Client => ("client", "received", "made"),
        };
        let counter = |name: &str, help: &str, labels: &[&str]| {
            self.registry.counter(name, help).max_series(SERIES).labels(labels)
        };
        let help = format!("Duration of gRPC calls {of}, until their status.");
        let histogram = |name: &str, labels: &[&str]| {
            let duration = self.registry.histogram(name, &help).unit("seconds").buckets(self.buckets.clone());
            duration.max_series(SERIES).labels(labels)
        };
        let messages_help = format!("Number of gRPC response messages {messages}, by method.");
        if self.is_otel {
            let labels = ["rpc_system_name", "rpc_method", "rpc_response_status_code", "error_type"];
            return Ok(Families {
                handled: None,
                duration: histogram(&format!("rpc_{side}_call_duration_seconds"), &labels)?,
                messages: counter(
                    &format!("rpc_{side}_msg_{messages}_total"),
                    &messages_help,
                    &["rpc_method"],
                )?,
            });
        }
        let handled_help = format!("Number of gRPC calls {of}, by service, method and status.");
        let labels = ["grpc_service", "grpc_method", "grpc_code"];
        let by_method = &labels[..2];
        Ok(Families {
            handled: Some(counter(&format!("grpc_{side}_handled_total"), &handled_help, &labels)?),
            duration: histogram(&format!("grpc_{side}_handling_seconds"), by_method)?,
            messages: counter(&format!("grpc_{side}_msg_{messages}_total"), &messages_help, by_method)?,
        })
    }
}

impl fmt::Debug for RpcMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcMetrics").field("side", &self.side).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(registry: &Registry, side: RpcSide) -> RpcMetrics {
        RpcMetrics::new(registry, side, false, Buckets::HTTP_SECONDS)
    }

    #[test]
    fn a_refused_path_has_no_label_of_its_own() {
        let metrics = metrics(&Registry::new(), RpcSide::Server);
        assert_eq!(metrics.label("/shop.Orders/Get", false), OTHER);
        assert_eq!(metrics.label("/shop.Orders/Get", true), "shop.Orders/Get");
        assert_eq!(metrics.label("/shop.Orders/Get", false), "shop.Orders/Get");
        assert_eq!(metrics.label("/../etc/passwd", true), OTHER);
    }

    #[test]
    fn a_client_names_what_it_called_up_to_a_limit() {
        let metrics = metrics(&Registry::new(), RpcSide::Client);
        for at in 0..METHODS {
            let path = format!("/shop.Orders/Get{at}");
            assert_eq!(metrics.label(&path, true), &path[1..]);
        }
        assert_eq!(metrics.label("/shop.Orders/Get", true), OVERFLOW);
        assert_eq!(metrics.label("/shop.Orders/Get0", true), "shop.Orders/Get0");
    }

    #[test]
    fn the_metrics_exist_from_the_first_call() {
        let registry = Registry::new();
        let metrics = metrics(&registry, RpcSide::Server);
        assert!(!registry.text().contains("grpc_"));
        metrics.record(&EndedRpc {
            path: "/shop.Orders/Get",
            has_method: true,
            status: GrpcStatus::NotFound,
            error_type: None,
            messages: 2,
            took: Duration::from_millis(20),
            exemplar: None,
        });
        let text = registry.text();
        let labels = "grpc_method=\"Get\",grpc_service=\"shop.Orders\"";
        let code = "grpc_server_handled_total{grpc_code=\"NotFound\",";
        assert!(text.contains(&format!("{code}{labels}}} 1\n")), "{text}");
        assert!(text.contains(&format!("grpc_server_msg_sent_total{{{labels}}} 2\n")), "{text}");
        assert!(text.contains(&format!("grpc_server_handling_seconds_count{{{labels}}} 1\n")), "{text}");
    }
}
