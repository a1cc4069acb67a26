/// A photo to be scaled.
#[derive(Debug, Clone)]
pub struct Photo {
    /// The format: `jpeg`, `png` or another.
    pub format: &'static str,
    /// The size in bytes.
    pub bytes: u32,
    /// Whether it was scaled before.
    pub cached: bool,
}

impl Photo {
    /// Scales the photo; returns its new size, or `None` for an unknown format.
    #[must_use]
    pub fn scale(&self) -> Option<u32> {
        let pixels = (0..self.bytes / 64).fold(0_u32, |sum, pixel| sum.rotate_left(5) ^ pixel);
        matches!(self.format, "jpeg" | "png").then(|| std::hint::black_box(pixels) % 7 + self.bytes / 8)
    }
}

/// The photos of a day, the same every day.
#[must_use]
pub fn day() -> Vec<Photo> {
    let formats = ["jpeg", "png", "jpeg", "heic", "jpeg"];
    (0..200_u32)
        .zip(formats.iter().cycle())
        .map(|(n, format)| Photo { format, bytes: 900 + n * n * 40, cached: n % 3 == 0 })
        .collect()
}
