//! A weather service: routes, what they call, and a counter of its own.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use radiosonde::metrics::{Counter, Family, RegisterError};
use radiosonde::{LabelValue, Labels, Registry};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use tracing::{error, info, instrument, warn};

/// The labels of `readings_stored_total`: a type, so that a wrong name or a forgotten one does not compile.
#[derive(Debug, Labels)]
struct Stored {
    sensor: Sensor,
    /// Whether the value is one that the sensor can measure.
    plausible: bool,
}

#[derive(Debug, Clone, Copy, LabelValue, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sensor {
    Thermometer,
    Barometer,
    Hygrometer,
}

#[derive(Debug, Clone)]
struct Weather {
    stored: Family<Counter, Stored>,
}

/// Their series exist from the start: the ratio of errors needs both, and the first error may be the first request.
pub(crate) const ROUTES: [(&str, &str); 3] =
    [("GET", "/stations/{id}"), ("GET", "/forecast"), ("POST", "/readings")];

pub(crate) fn routes(registry: &Registry) -> Result<Router, RegisterError> {
    let stored = registry.counter("readings_stored_total", "Readings that were stored.").family()?;
    Ok(Router::new()
        .route("/stations/{id}", get(station))
        .route("/forecast", get(forecast))
        .route("/readings", post(store_reading))
        .with_state(Weather { stored }))
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Station {
    name: &'static str,
    metres: u16,
}

const STATIONS: [Station; 3] = [
    Station { name: "Lindenberg", metres: 112 },
    Station { name: "Payerne", metres: 491 },
    Station { name: "Sodankylä", metres: 179 },
];

async fn station(Path(id): Path<usize>) -> Result<Json<Station>, StatusCode> {
    look_up(id).await.map(Json).ok_or(StatusCode::NOT_FOUND)
}

/// A span of its own, with the argument as a field: nothing of ours is needed for that.
#[instrument]
async fn look_up(id: usize) -> Option<Station> {
    sleep(Duration::from_millis(5)).await;
    let station = STATIONS.get(id.checked_sub(1)?).copied();
    if station.is_none() {
        warn!(stations = STATIONS.len(), "no such station");
    }
    station
}

#[derive(Debug, Deserialize)]
struct Range {
    hours: u64,
}

async fn forecast(Query(range): Query<Range>) -> Result<Json<Vec<u64>>, (StatusCode, String)> {
    // In the request's one line and in its span.
    radiosonde::annotate!(forecast.hours = range.hours);
    match compute_forecast(range.hours).await {
        Ok(forecast) => Ok(Json(forecast)),
        Err(too_far) => Err((StatusCode::BAD_REQUEST, too_far.to_string())),
    }
}

/// The golden signals of a piece of work: `operation_calls_total`, `operation_duration_seconds`, `operation_in_flight`, a span,
/// and a line when it fails.
#[radiosonde::observe]
async fn compute_forecast(hours: u64) -> Result<Vec<u64>, TooFar> {
    if hours > 240 {
        return Err(TooFar { hours });
    }
    // The farther, the slower.
    sleep(Duration::from_millis(10 * hours)).await;
    info!(hours, "forecast computed");
    Ok((0..hours).map(|hour| 12 + hour % 24 / 3).collect())
}

#[derive(Debug)]
struct TooFar {
    hours: u64,
}

impl fmt::Display for TooFar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a forecast for {} hours; at most 240 can be computed", self.hours)
    }
}

impl Error for TooFar {}

#[derive(Debug, Deserialize)]
struct Reading {
    sensor: Sensor,
    value: f64,
}

async fn store_reading(State(weather): State<Weather>, Json(reading): Json<Reading>) -> StatusCode {
    let Reading { sensor, value } = reading;
    if let Err(error) = append(&reading) {
        // An error with what it was caused by: the line holds the whole chain.
        error!(error = &error as &dyn Error, ?sensor, value, "reading lost");
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    let plausible = match sensor {
        Sensor::Thermometer => (-90.0..60.0).contains(&value),
        Sensor::Barometer => (850.0..1090.0).contains(&value),
        Sensor::Hygrometer => (0.0..=100.0).contains(&value),
    };
    weather.stored.with(&Stored { sensor, plausible }).inc();
    StatusCode::CREATED
}

/// Stands for a disk; the hygrometer's is full.
#[instrument(skip(reading))]
fn append(reading: &Reading) -> Result<(), StoreError> {
    match reading.sensor {
        Sensor::Hygrometer => Err(StoreError { source: io::ErrorKind::StorageFull.into() }),
        Sensor::Thermometer | Sensor::Barometer => Ok(()),
    }
}

#[derive(Debug)]
struct StoreError {
    source: io::Error,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot append to the journal")
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}
