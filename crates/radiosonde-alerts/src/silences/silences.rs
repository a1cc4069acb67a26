use std::time::{Duration, SystemTime};

use crate::alert::Alert;
use crate::silences::invalid_silence::InvalidSilence;
use crate::silences::silence::{End, Silence};

/// Names a silence of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SilenceId(pub(crate) u64);

/// More than one needs: silences are set by hand.
const MOST: usize = 1_000;

/// The silences of an engine that have not ended.
#[derive(Debug, Default)]
pub(crate) struct Silences {
    all: Vec<Kept>,
    last: u64,
}

#[derive(Debug)]
struct Kept {
    id: SilenceId,
    silence: Silence,
    until: Until,
}

/// The end of a silence that was added.
#[derive(Debug, Clone, Copy)]
enum Until {
    Wall(SystemTime),
    /// So that a step of the wall clock does not make an hour a day.
    Monotonic(Duration),
}

impl Until {
    /// `None` if it is not in the future, or beyond the calendar.
    fn new(end: End, wall: SystemTime, monotonic: Duration) -> Option<Self> {
        match end {
            End::At(end) => (end > wall).then_some(Self::Wall(end)),
            End::After(duration) => {
                let shown = wall.checked_add(duration).filter(|end| *end > wall);
                shown.and(monotonic.checked_add(duration)).map(Self::Monotonic)
            }
        }
    }

    fn has_passed(self, wall: SystemTime, monotonic: Duration) -> bool {
        match self {
            Self::Wall(end) => end <= wall,
            Self::Monotonic(end) => end <= monotonic,
        }
    }

    /// By the wall clock; `None` if that time cannot be written down any more.
    fn shown(self, wall: SystemTime, monotonic: Duration) -> Option<SystemTime> {
        match self {
            Self::Wall(end) => Some(end),
            Self::Monotonic(end) => wall.checked_add(end.saturating_sub(monotonic)),
        }
    }
}

impl Silences {
    pub(crate) fn add(
        &mut self,
        silence: Silence,
        wall: SystemTime,
        monotonic: Duration,
    ) -> Result<SilenceId, InvalidSilence> {
        self.forget_ended(wall, monotonic);
        let asks = silence.matchers().iter().any(|matcher| matcher.is_equal && !matcher.value.is_empty());
        if !asks {
            return Err(InvalidSilence::MatchesEverything);
        }
        let until = Until::new(silence.end(), wall, monotonic).ok_or(InvalidSilence::End)?;
        if self.all.len() >= MOST {
            return Err(InvalidSilence::TooMany(MOST));
        }
        self.last += 1;
        let id = SilenceId(self.last);
        self.all.push(Kept { id, silence, until });
        Ok(id)
    }

    /// Ends a silence now; whether there was one.
    pub(crate) fn expire(&mut self, id: SilenceId) -> bool {
        let before = self.all.len();
        self.all.retain(|kept| kept.id != id);
        self.all.len() < before
    }

    pub(crate) fn forget_ended(&mut self, wall: SystemTime, monotonic: Duration) {
        self.all.retain(|kept| !kept.until.has_passed(wall, monotonic));
    }

    /// Those that have not ended at this time, with their ends by the wall clock.
    pub(crate) fn all(&self, wall: SystemTime, monotonic: Duration) -> Vec<(SilenceId, Silence)> {
        let left = self.all.iter().filter(|kept| !kept.until.has_passed(wall, monotonic));
        let show = |kept: &Kept| {
            let silence = kept.silence.clone();
            match kept.until.shown(wall, monotonic) {
                Some(end) => (kept.id, silence.ending(end)),
                None => (kept.id, silence),
            }
        };
        left.map(show).collect()
    }

    pub(crate) fn silence(&self, alert: &Alert) -> bool {
        self.all.iter().any(|kept| kept.silence.matches(alert))
    }
}
