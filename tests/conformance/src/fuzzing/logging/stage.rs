use std::io;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use radiosonde_core::{LevelNames, Resource};
use radiosonde_log::{
    Format, JsonLayer, JsonLayerBuildError, LogOptions, Profile, TimestampPrecision, Writer,
};
use tracing::dispatcher::Dispatch;
use tracing_subscriber::layer::SubscriberExt as _;

use super::input::Input;

/// A subscriber with its output, and the limits of its lines.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) dispatch: Dispatch,
    pub(super) max_line_bytes: usize,
    pub(super) profile: Profile,
    /// Whether a name that is not reserved is certain to be under `metadata`.
    pub(super) is_known: bool,
    written: Buffer,
}

/// A static field of every stage, and its value.
pub(super) const STATIC: (&str, &str) = ("zone", "eu-1\u{85}");

/// Kept for ever, since a new subscriber is asked about every callsite.
static STAGES: LazyLock<[Arc<Stage>; 4]> = LazyLock::new(|| {
    [(250_000, 256), (20_000, 256), (4_000, 256), (4_000, 6)].map(|(bytes, fields)| {
        let stage = Stage::new(Profile::Native, bytes, true, |builder| builder.max_fields(fields));
        #[allow(clippy::panic, reason = "a fuzz target fails by panicking")]
        Arc::new(stage.unwrap_or_else(|error| panic!("{error}")))
    })
});

/// The output belongs to one scene at a time.
static TURN: Mutex<()> = Mutex::new(());

impl Stage {
    /// One of the kept stages, with the exclusive use of it.
    pub(super) fn known(input: &mut Input<'_>) -> (Arc<Self>, MutexGuard<'static, ()>) {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let stage = Arc::clone(&STAGES[usize::from(input.byte()) % STAGES.len()]);
        stage.take();
        (stage, turn)
    }

    /// A stage whose keys are taken from the input, unless they are refused.
    pub(super) fn of_any_schema(input: &mut Input<'_>) -> Result<Self, JsonLayerBuildError> {
        let profile = Profile::ALL[usize::from(input.byte()) % Profile::ALL.len()];
        let bytes = [250_000, 20_000, 4_000, 3_200][usize::from(input.byte()) % 4];
        let settings = input.byte();
        let names = input.byte() % 4;
        let promoted: Vec<String> = (0..names).map(|_| input.name()).collect();
        Self::new(profile, bytes, false, |mut builder| {
            if settings & 1 != 0 {
                builder = builder.metadata_key(input.name());
            }
            if settings & 2 != 0 {
                builder = builder.precision(TimestampPrecision::Micros);
            }
            if settings & 4 != 0 {
                builder = builder.level_names(LevelNames::WarningCritical);
            }
            if settings & 8 != 0 {
                builder = builder.google_cloud_project(input.text());
            }
            promoted.into_iter().fold(builder, LogOptions::promote)
        })
    }

    fn new(
        profile: Profile,
        max_line_bytes: usize,
        is_known: bool,
        set: impl FnOnce(LogOptions) -> LogOptions,
    ) -> Result<Self, JsonLayerBuildError> {
        let written = Buffer::default();
        let builder = JsonLayer::builder(&Resource::new("a \"service\"\u{2029}"))
            .format(Format::Json)
            .profile(profile)
            .max_line_bytes(max_line_bytes)
            .field(STATIC.0, STATIC.1)
            .writer(Writer::new("buffer", written.clone()));
        let layer = set(builder).build()?;
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer));
        Ok(Self { dispatch, max_line_bytes, profile, is_known, written })
    }

    /// Keys of every line, with text values.
    pub(super) const fn keys(&self) -> &'static [&'static str] {
        match self.profile {
            Profile::Ecs => &["@timestamp", "log.level", "message", "ecs.version"],
            Profile::Otel => &["timestamp", "severity_text", "body"],
            Profile::Gcp => &["time", "severity", "message"],
            _ => &["timestamp", "level", "service", "module", "message"],
        }
    }

    /// The lines written since the last call.
    pub(super) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.written.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Debug, Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
