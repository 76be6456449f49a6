// SPDX-License-Identifier: GPL-2.0

//! A statistical test of timing, by the method of dudect (Reparaz, Balasch, Verbauwhede, "dude, is my
//! code constant time?", 2017).
//!
//! An operation is timed with a secret that is always the same and with random ones, in an order that
//! is random too, so that what else the machine does falls upon both alike. Welch's t-test then says
//! how unlikely it is that both take the same time: of all times, of those below each of a hundred
//! percentiles, which leaves out interruptions, and of the squared distances from the mean.

use std::{
    fs::File,
    hint::black_box,
    io::{
        self,
        Read, //
    },
    time::Instant, //
};

/// Percentiles at which times are cropped.
const CROPS: usize = 100;

/// How many secrets are prepared before they are used.
const BATCH: usize = 1000;

/// A test with fewer times than this says nothing.
const ENOUGH: f64 = 10_000.0;

/// Counts, means and squared distances of two classes, as they come (Welford).
#[derive(Clone, Copy, Default)]
struct Welch {
    n: [f64; 2],
    mean: [f64; 2],
    squares: [f64; 2],
}

impl Welch {
    fn push(&mut self, class: usize, x: f64) {
        self.n[class] += 1.0;
        let distance = x - self.mean[class];
        self.mean[class] += distance / self.n[class];
        self.squares[class] += distance * (x - self.mean[class]);
    }

    fn t(&self) -> f64 {
        if self.n[0] + self.n[1] < ENOUGH || self.n[0] < 2.0 || self.n[1] < 2.0 {
            return 0.0;
        }
        let error = |class: usize| self.squares[class] / (self.n[class] - 1.0) / self.n[class];
        let error = error(0) + error(1);
        if error == 0.0 {
            return 0.0;
        }
        (self.mean[0] - self.mean[1]) / error.sqrt()
    }
}

/// The number below which a share of the times lies that grows towards all of them.
fn thresholds(mut times: Vec<f64>) -> Vec<f64> {
    times.sort_by(f64::total_cmp);
    (1..=CROPS)
        .map(|i| {
            let share = 1.0 - 0.5f64.powf(10.0 * i as f64 / CROPS as f64);
            times[(share * (times.len() - 1) as f64) as usize]
        })
        .collect()
}

/// Times an operation `runs` times; returns the largest |t| of all tests.
///
/// `prepare` makes what the operation is given, of a secret.
pub fn largest_t<S>(
    runs: usize,
    fixed: [u8; 32],
    prepare: impl Fn(&[u8; 32]) -> Option<S>,
    operation: impl Fn(&S),
) -> io::Result<f64> {
    let mut random = File::open("/dev/urandom")?;
    let mut crops = Vec::new();
    let (mut all, mut squared) = (Welch::default(), Welch::default());
    let mut cropped = vec![Welch::default(); CROPS];
    let mut done = 0;

    while done < runs {
        let mut batch = Vec::with_capacity(BATCH);
        while batch.len() < BATCH {
            let mut bytes = [0; 33];
            random.read_exact(&mut bytes)?;
            let class = usize::from(bytes[32] & 1);
            let secret = match class {
                0 => fixed,
                _ => *bytes.first_chunk().unwrap(),
            };
            // A number that is no key is not used.
            batch.extend(prepare(&secret).map(|prepared| (class, prepared)));
        }

        let times: Vec<_> = batch
            .iter()
            .map(|(class, prepared)| {
                let began = Instant::now();
                operation(black_box(prepared));
                (*class, began.elapsed().as_nanos() as f64)
            })
            .collect();
        // The first batch warms up and says where to crop.
        if crops.is_empty() {
            crops = thresholds(times.iter().map(|(_, time)| *time).collect());
            continue;
        }
        for (class, time) in times {
            all.push(class, time);
            for (test, threshold) in cropped.iter_mut().zip(&crops) {
                if time < *threshold {
                    test.push(class, time);
                }
            }
            if all.n[0] + all.n[1] > ENOUGH {
                let distance = time - all.mean[class];
                squared.push(class, distance * distance);
            }
        }
        done += BATCH;
    }
    let t = cropped
        .iter()
        .chain([&all, &squared])
        .map(|test| test.t().abs());
    Ok(t.fold(0.0, f64::max))
}

/// What must not be done: returns whether two numbers are the same, as soon as it is known.
pub fn leaky_equal(a: &[u8; 32], b: &[u8; 32]) -> bool {
    for (a, b) in a.iter().zip(b) {
        if black_box(a) != black_box(b) {
            return false;
        }
    }
    true
}
