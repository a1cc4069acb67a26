use crate::sampling::invalid_sampler::{InvalidSampler, InvalidSamplerKind};
use crate::sampling::reloadable::Reloadable;
use crate::sampling::sampler::Sampler;

/// Replaces a [reloadable](Sampler::reloadable) sampler while spans are made. Clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct SamplerHandle(Reloadable<Sampler>);

impl SamplerHandle {
    /// Replaces the sampler for spans that start from now on.
    ///
    /// # Errors
    /// [`InvalidSampler`] if the new sampler contains the one to replace.
    pub fn set(&self, sampler: Sampler) -> Result<(), InvalidSampler> {
        if sampler.contains(&self.0) {
            return Err(InvalidSampler::new("", InvalidSamplerKind::Circle));
        }
        self.0.set(sampler);
        Ok(())
    }

    /// The sampler now in use.
    pub fn get(&self) -> Sampler {
        Sampler::clone(&self.0.load())
    }
}

impl Sampler {
    /// Decides as `initial` until the handle replaces it, as for remote sampling.
    ///
    /// ```
    /// use radiosonde_trace::Sampler;
    ///
    /// let (root, handle) = Sampler::reloadable(Sampler::ratio(0.001)?);
    /// let sampler = Sampler::parent_based(root);
    /// handle.set(Sampler::ratio(0.1)?)?;
    /// assert_eq!(handle.get(), Sampler::ratio(0.1)?);
    /// assert!(handle.set(sampler).is_err(), "it contains itself");
    /// # Ok::<(), radiosonde_trace::InvalidSampler>(())
    /// ```
    ///
    /// # Cost
    /// One lock-free load for each decision.
    pub fn reloadable(initial: Self) -> (Self, SamplerHandle) {
        let reloadable = Reloadable::new(initial);
        (Self::of_reloadable(reloadable.clone()), SamplerHandle(reloadable))
    }
}
