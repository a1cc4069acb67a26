//! Golden signals of a service's own work: `radiosonde-signals`, with `#[observe]` for code that depends on the facade alone.
//!
//! # Messages in a trace
//! The context of a trace travels in the headers of a message, whatever client of a broker sends it: a map, pairs of texts or bytes, or
//! a [`Carrier`](crate::trace::Carrier) of one's own. A message is processed in the trace of its sender; a batch is a trace of its own, with
//! a link to each sender.
//!
//! ```
//! use std::collections::HashMap;
//!
//! use radiosonde::signals::Messaging;
//! use radiosonde::trace::{continue_from, inject, link_from};
//! # type Message = (HashMap<String, String>, &'static str);
//! # async fn send(_: Message) -> std::io::Result<()> { Ok(()) }
//! # async fn handle(_: &str) -> std::io::Result<()> { Ok(()) }
//!
//! async fn publish(kafka: &Messaging, body: &'static str) -> std::io::Result<()> {
//!     let publish = async {
//!         let mut headers = HashMap::new();
//!         inject(&mut headers);
//!         send((headers, body)).await
//!     };
//!     kafka.publish("orders").run_async(publish).await
//! }
//!
//! async fn process(kafka: &Messaging, (headers, body): Message) -> std::io::Result<()> {
//!     let record = kafka.process("orders").track_with(|open| continue_from(&headers, open));
//!     record.run_async(handle(body)).await
//! }
//!
//! async fn process_all(kafka: &Messaging, batch: &[Message]) -> std::io::Result<()> {
//!     let record = kafka.process("orders").set_items(batch.len() as u64).track();
//!     for (headers, _) in batch {
//!         link_from(record.span(), headers);
//!     }
//!     let handled = async {
//!         for (_, body) in batch {
//!             handle(body).await?;
//!         }
//!         Ok(())
//!     };
//!     record.run_async(handled).await
//! }
//! # let registry = radiosonde::metrics::Registry::new();
//! # let kafka = Messaging::builder("kafka").registry(&registry).build()?;
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! # publish(&kafka, "7").await?;
//! # process(&kafka, Message::default()).await?;
//! # process_all(&kafka, &[Message::default(), Message::default()]).await
//! # })?;
//! # let processed = [("direction", "subscribe"), ("system", "kafka"), ("topic", "orders")];
//! # assert_eq!(registry.snapshot().value("messaging_messages_total", &processed), Some(3.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use radiosonde_macros::{FacadeErrorKind as ErrorKind, facade_observe as observe};
#[doc(hidden)]
pub use radiosonde_signals::__private;
pub use radiosonde_signals::__traits::ErrorKind;
pub use radiosonde_signals::{
    AddedCapacity, Anomalies, AnomalyDetector, AnomalyDirection, AnomalyError, AnomalyErrorKind,
    AnomalyOptions, AnomalyState, AnomalyStatus, Bound, BoundedNames, BurnWindow, BusinessMetric,
    BusinessMetricBuilder, BusinessMetricFamily, Cache, CacheBuilder, CacheSize, ClassifyErrors, Component,
    ComponentState, ConnectionNames, Connections, ConnectionsBuilder, Counts, DataPipeline,
    DataPipelineBuilder, Database, DatabaseBuilder, DatabaseNames, Dependency, DependencyBuilder, Ended,
    EvictionCause, GoldenSignals, Indicator, InvalidAnomalyOptions, LatencyBuckets, Limit, Match, Measure,
    Messaging, MessagingBuilder, MessagingNames, Model, ModelBuilder, ModelNames, ObjectiveTable, Objectives,
    Operation, OperationBuilder, OperationFamily, OperationNames, PoolState, Queue, QueueBuilder,
    QueueRefusal, QueueState, Record, Saturation, ScheduledJob, ScheduledJobBuilder, Season, Series,
    Sessions, SessionsBuilder, Severity, Slo, SloError, SloErrorKind, SloStatus, SystemHealth,
    SystemHealthBuilder, UnitOfWork, Waiting, WindowStatus, Work, Worker, WorkerBuilder, WorkerNames,
    annotate,
};
