//! The core in virtual time: engine, store, publisher and lanes, driven step by step from one seed, with crashes between the stages, commits
//! that fail, cold rooms that are slow to come and clients that are slow to read. After every step what must always hold is checked.
//!
//! A failure names its seed: `SIMULATION_SEED=<seed> cargo test -p polylogue-hub --test simulation` runs that one alone;
//! `SIMULATION_SEEDS` and `SIMULATION_STEPS` set how many seeds are run and how far.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and says why"
)]

mod client;
mod commands;
mod keys;
mod ledger;
mod random;
mod simulation;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use simulation::Simulation;

/// Seeds run by default.
const SEEDS: u64 = 200;
/// Steps of each.
const STEPS: usize = 300;

#[test]
fn whatever_fails_nobody_sees_anything_wrong() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|value| value.parse::<u64>().unwrap())
    };
    let steps = number("SIMULATION_STEPS").map_or(STEPS, |steps| usize::try_from(steps).unwrap());
    let seeds = match number("SIMULATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SIMULATION_SEEDS").unwrap_or(SEEDS),
    };
    let mut totals = simulation::Totals::default();
    for seed in seeds {
        match catch_unwind(AssertUnwindSafe(|| Simulation::new(seed).run(steps))) {
            Ok(done) => totals.add(done),
            Err(cause) => {
                eprintln!("to run this again: SIMULATION_SEED={seed} SIMULATION_STEPS={steps}");
                resume_unwind(cause);
            }
        }
    }
    eprintln!("{totals:?}");
}

#[test]
fn the_same_seed_does_the_same() {
    let one = Simulation::new(1).run(150);
    let other = Simulation::new(1).run(150);
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
}
