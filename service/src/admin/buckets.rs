//! What histograms are made of: the same bounds everywhere, so that they can be compared.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::metrics::histogram::Histogram;

/// Seconds that a step takes: 1 ms to 30 s.
const DURATION: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Seconds that something has been under way: 10 ms to an hour.
const DELAY: [f64; 15] =
    [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0];

/// Bytes: 1 KiB to 256 MiB.
const SIZE: [f64; 10] = [
    1024.0,
    4096.0,
    16384.0,
    65536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
    268_435_456.0,
];

/// Of seconds that a step takes.
pub fn durations() -> Histogram {
    Histogram::new(DURATION)
}

/// Of seconds that something has been under way.
pub fn delays() -> Histogram {
    Histogram::new(DELAY)
}

/// Of bytes.
pub fn sizes() -> Histogram {
    Histogram::new(SIZE)
}

/// Notes how long ago a time was, in nanoseconds since the Unix epoch. Nothing is noted for 0, which stands for none; a
/// time that is still to come by this machine's clock was just now.
pub fn observe_since(delays: &Histogram, unix_nanos: u64) {
    let then = UNIX_EPOCH.checked_add(Duration::from_nanos(unix_nanos)).filter(|_| unix_nanos > 0);
    if let Some(then) = then {
        delays.observe(SystemTime::now().duration_since(then).unwrap_or_default().as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    #[test]
    fn delays_reach_from_now_to_long_ago() {
        let (mut registry, delays) = (Registry::default(), delays());
        registry.register("d", "d", delays.clone());
        let now = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap();
        let second = 1_000_000_000;
        for time in [0, now + 3600 * second, now - 2 * second, now - 7200 * second] {
            observe_since(&delays, time);
        }
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in
            ["d_count 3", "d_bucket{le=\"0.01\"} 1", "d_bucket{le=\"2.5\"} 2", "d_bucket{le=\"3600.0\"} 2"]
        {
            assert!(text.contains(line), "{line}:\n{text}");
        }
    }
}
