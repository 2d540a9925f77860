//! How many messages a second a local store takes, each on disk before it is answered, by how many are in flight.
#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bus::{Address, Bus, Settings};
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use proto::events::v1::EventChunk;

/// What a full chunk of events takes once compressed.
const SIZE: usize = 20_000;

/// Publishes `messages` messages that do not compress, `in_flight` at a time.
async fn publish(bus: &Bus, numbers: &Arc<AtomicU64>, in_flight: u64, messages: u64) -> Duration {
    let since = Instant::now();
    let mut publishers = tokio::task::JoinSet::new();
    for publisher in 0..in_flight {
        let (bus, numbers) = (bus.clone(), Arc::clone(numbers));
        let share = messages / in_flight + u64::from(publisher < messages % in_flight);
        publishers.spawn(async move {
            for _ in 0..share {
                let mut noise = vec![0; SIZE];
                let number = numbers.fetch_add(1, Ordering::Relaxed).to_le_bytes();
                blake3::Hasher::new().update(&number).finalize_xof().fill(&mut noise);
                let chunk = EventChunk { events: vec![noise.into()], ..EventChunk::default() };
                bus.publish(&chunk).await.unwrap();
            }
        });
    }
    publishers.join_all().await;
    since.elapsed()
}

fn publishing(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("publish");
    group.throughput(Throughput::Elements(1)).sample_size(10).sampling_mode(SamplingMode::Flat);
    for in_flight in [1, 32, 256] {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let address = Address::Local(directory.path().join("store"));
        let bus = runtime.block_on(Bus::open(&address, &Settings::default())).unwrap();
        let numbers = Arc::new(AtomicU64::new(0));
        group.bench_function(BenchmarkId::new("20 kB in flight", in_flight), |bencher| {
            bencher.iter_custom(|messages| runtime.block_on(publish(&bus, &numbers, in_flight, messages)));
        });
        runtime.block_on(bus.close()).unwrap();
    }
    group.finish();
}

criterion_group!(benches, publishing);
criterion_main!(benches);
