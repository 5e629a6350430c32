//! A small seeded generator: wyrand (Wang Yi), with SplitMix64 to spread seeds.
//!
//! It is written here because its sequence is part of what a seed means: a crate's generator may change between
//! versions, and a seed that found a fault must find it again. It is no source of secrets.

/// One stream of numbers; streams with different names do not influence one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Rng {
        Rng(split_mix(seed))
    }

    /// The stream of one thing among many: a draw more for one caller changes nothing for the next.
    pub fn stream(seed: u64, name: &str, index: u64) -> Rng {
        let named = name.bytes().fold(split_mix(seed), |state, byte| split_mix(state ^ u64::from(byte)));
        Rng(split_mix(named ^ index))
    }

    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0xa076_1d64_78bd_642f);
        let product = u128::from(self.0) * u128::from(self.0 ^ 0xe703_7ed1_a0b4_28db);
        (product >> 64) as u64 ^ product as u64
    }

    /// A whole number under `bound`, 0 when `bound` is 0. Its bias is below `bound` / 2^64.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// True in `share` of a thousand draws.
    pub fn permille(&mut self, share: u16) -> bool {
        self.below(1000) < u64::from(share)
    }

    /// In [0, 1), with 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// In (0, 1]: what a logarithm can take.
    pub fn unit_above_zero(&mut self) -> f64 {
        ((self.next_u64() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }
}

fn split_mix(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_seeds_as_split_mix_is_published() {
        // The first output of SplitMix64 for state 0, and the third for state 1234567.
        assert_eq!(split_mix(0), 16_294_208_416_658_607_535);
        let state = 1_234_567_u64.wrapping_add(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(2));
        assert_eq!(split_mix(state), 9_817_491_932_198_370_423);
    }

    #[test]
    fn a_seed_means_the_same_numbers_for_ever() {
        let mut rng = Rng::new(1);
        let first: Vec<u64> = (0..4).map(|_| rng.next_u64()).collect();
        assert_eq!(first, GOLDEN);
        assert_ne!(Rng::stream(1, "caller", 0), Rng::stream(1, "caller", 1));
        assert_ne!(Rng::stream(1, "caller", 0), Rng::stream(1, "agent", 0));
    }

    /// Computed by another program, in arbitrary precision.
    const GOLDEN: [u64; 4] = [
        10_988_358_893_986_739_035,
        9_408_502_731_514_849_100,
        979_865_741_328_357_502,
        17_362_777_050_842_003_797,
    ];

    #[test]
    fn numbers_under_a_bound_are_even() {
        let mut rng = Rng::new(2);
        let mut count = [0_u32; 7];
        for _ in 0..70_000 {
            count[rng.below(7) as usize] += 1;
        }
        // Five standard deviations of a binomial with n = 70,000 and p = 1/7.
        assert!(count.iter().all(|seen| seen.abs_diff(10_000) < 463), "{count:?}");
        assert_eq!(rng.below(0), 0);
    }
}
