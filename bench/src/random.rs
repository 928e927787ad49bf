//! Chance that is the same in every run: numbers, popularity, and an order without a pattern.

/// Random numbers that are the same in every run.
pub struct Random(u64);

impl Random {
    /// The numbers that follow from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One of 64 bits (splitmix64).
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One below a bound.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.bits()) * bound as u128) >> 64) as usize
    }

    /// One from 0 up to 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Whom people ask for: the few again and again. Zipf's law with exponent 0.99, as in YCSB, over `count` items that are
/// popular in no order.
pub struct Zipf {
    count: usize,
    total: f64,
    eta: f64,
}

const EXPONENT: f64 = 0.99;

impl Zipf {
    /// The choice among so many.
    pub fn new(count: usize) -> Self {
        let zeta = |count: usize| (1..=count).map(|rank| (rank as f64).powf(-EXPONENT)).sum::<f64>();
        let total = zeta(count);
        let eta = (1.0 - (2.0 / count as f64).powf(1.0 - EXPONENT)) / (1.0 - zeta(2) / total);
        Self { count, total, eta }
    }

    /// Whom somebody asks for.
    pub fn choose(&self, random: &mut Random) -> usize {
        let unit = random.unit();
        let scaled = unit * self.total;
        let rank = if scaled < 1.0 {
            0
        } else if scaled < 1.0 + 0.5f64.powf(EXPONENT) {
            1
        } else {
            (self.count as f64 * (self.eta * unit - self.eta + 1.0).powf(1.0 / (1.0 - EXPONENT))) as usize
        };
        shuffled(rank.min(self.count - 1), self.count)
    }
}

/// The place of an item in an order that is the same in every run and has no pattern that a cache could learn.
pub fn shuffled(item: usize, count: usize) -> usize {
    // A prime above every count measured here, so that no two items share a place.
    const PRIME: u128 = 982_451_653;
    ((item as u128 * PRIME + 7) % count as u128) as usize
}
