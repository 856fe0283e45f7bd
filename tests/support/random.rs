//! Small random numbers from a seed that a failing test prints. Not for secrets.

/// A generator (xorshift64*).
pub struct Random(u64);

impl Random {
    /// A generator that gives the same numbers for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(2).wrapping_add(1))
    }

    /// A seed from the time, or the one in an environment variable.
    pub fn seed(variable: &str) -> u64 {
        let now = || {
            std::time::UNIX_EPOCH
                .elapsed()
                .map_or(0, |time| u64::from(time.subsec_nanos()))
        };
        std::env::var(variable)
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(now)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) % end.max(1)
    }
}
