use std::time::SystemTime;

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
    all: Vec<(SilenceId, Silence)>,
    last: u64,
}

impl Silences {
    pub(crate) fn add(&mut self, silence: Silence, now: SystemTime) -> Result<SilenceId, InvalidSilence> {
        self.forget_ended(now);
        let asks = silence.matchers().iter().any(|matcher| matcher.is_equal && !matcher.value.is_empty());
        if !asks {
            return Err(InvalidSilence::MatchesEverything);
        }
        let end = silence.ends_at(now).filter(|end| *end > now).ok_or(InvalidSilence::End)?;
        if self.all.len() >= MOST {
            return Err(InvalidSilence::TooMany(MOST));
        }
        self.last += 1;
        let id = SilenceId(self.last);
        self.all.push((id, silence.ending(end)));
        Ok(id)
    }

    /// Ends a silence now; whether there was one.
    pub(crate) fn expire(&mut self, id: SilenceId) -> bool {
        let before = self.all.len();
        self.all.retain(|(own, _)| *own != id);
        self.all.len() < before
    }

    pub(crate) fn forget_ended(&mut self, now: SystemTime) {
        self.all.retain(|(_, silence)| matches!(silence.end(), End::At(end) if end > now));
    }

    pub(crate) fn all(&self) -> &[(SilenceId, Silence)] {
        &self.all
    }

    pub(crate) fn silence(&self, alert: &Alert) -> bool {
        self.all.iter().any(|(_, silence)| silence.matches(alert))
    }
}
