use std::error::Error;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// The result of one check of a condition: the value, or why it is not there yet.
///
/// Every error converts with `?`, and so do a `&str` and a `String` with `.into()`.
pub type Probe<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The pause between two attempts.
const REST: Duration = Duration::from_millis(50);

/// Polls until `probe` finds something, and gives up after `limit`.
///
/// A backend takes a while to show the data it received. A test that asks once fails now and then; a test that sleeps is
/// always slow. This polls every 50 milliseconds, and the failure contains the last result.
///
/// # Panics
/// If `limit` has passed, with `what` and the reason of the last attempt.
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// let mut looks = 0;
/// let third = e2e::wait_for("the third look", Duration::from_secs(5), || {
///     looks += 1;
///     if looks == 3 { Ok(looks) } else { Err(format!("only {looks} looks so far").into()) }
/// });
/// assert_eq!(third, 3);
/// ```
#[track_caller]
#[expect(clippy::panic, reason = "running out of time fails the test that waits")]
pub fn wait_for<T>(what: &str, limit: Duration, mut probe: impl FnMut() -> Probe<T>) -> T {
    let deadline = Deadline::after(limit);
    loop {
        match probe() {
            Ok(found) => return found,
            Err(reason) if deadline.passed() => {
                panic!("waited {limit:?} for {what}: {}", with_causes(&*reason))
            }
            Err(_) => thread::sleep(REST),
        }
    }
}

/// A point in time after which waiting is over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub(crate) fn after(limit: Duration) -> Self {
        Self(now() + limit)
    }

    pub(crate) fn passed(self) -> bool {
        now() >= self.0
    }

    /// Waits until the next attempt is due.
    pub(crate) fn rest(self) {
        thread::sleep(REST);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "other programs live in real time: there is no clock to move by hand"
)]
fn now() -> Instant {
    Instant::now()
}

/// Whole seconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "other programs live in real time: there is no clock to move by hand"
)]
pub(crate) fn now_unix_seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// An error and all its causes, on one line.
fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
