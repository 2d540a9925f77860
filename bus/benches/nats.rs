//! How many messages a second a nats-server on this machine takes and hands out, by how many are in flight and by how
//! many workers share a consumer.
#![expect(clippy::unwrap_used, reason = "a benchmark")]

#[path = "../tests/nats_server.rs"]
mod nats_server;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bus::{Bus, Consumer, ConsumerSpec, Settings};
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use nats_server::NatsServer;
use proto::events::v1::EventChunk;
use tokio::task::JoinSet;

/// What a full chunk of events takes once compressed.
const SIZE: usize = 20_000;

/// Publishes `messages` messages that do not compress, `in_flight` at a time.
async fn publish(bus: &Bus, numbers: &Arc<AtomicU64>, in_flight: u64, messages: u64) -> Duration {
    let since = Instant::now();
    let mut publishers = JoinSet::new();
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

/// Publishes `messages` messages, and then times settling them all, one after the other at each worker.
async fn consume(bus: &Bus, numbers: &Arc<AtomicU64>, workers: usize, messages: u64) -> Duration {
    let name = format!("workers-{}", numbers.load(Ordering::Relaxed));
    publish(bus, numbers, 32, messages).await;
    // Those of earlier rounds are there, too, for a new consumer.
    let left = Arc::new(AtomicI64::new(
        i64::try_from(bus.status(bus::Stream::Events).await.unwrap().messages).unwrap(),
    ));
    let all = left.load(Ordering::Relaxed);
    let since = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..workers {
        let consumer = bus.consume(ConsumerSpec::named(&name)).await.unwrap();
        running.spawn(settle_all(consumer, Arc::clone(&left)));
    }
    running.join_all().await;
    let share = f64::from(u32::try_from(messages).unwrap()) / f64::from(u32::try_from(all).unwrap());
    since.elapsed().mul_f64(share)
}

async fn settle_all(mut consumer: Consumer<EventChunk>, left: Arc<AtomicI64>) {
    while left.fetch_sub(1, Ordering::Relaxed) > 0 {
        consumer.next().await.unwrap().ack().await.unwrap();
    }
}

fn rates(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(NatsServer::start());
    let bus = runtime.block_on(Bus::open(&server.url().parse().unwrap(), &Settings::default())).unwrap();
    let numbers = Arc::new(AtomicU64::new(0));
    let mut group = criterion.benchmark_group("nats");
    group.throughput(Throughput::Elements(1)).sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    for in_flight in [1, 32, 256] {
        group.bench_function(BenchmarkId::new("publish 20 kB, in flight", in_flight), |bencher| {
            bencher.iter_custom(|messages| runtime.block_on(publish(&bus, &numbers, in_flight, messages)));
        });
    }
    group.finish();
    let server = runtime.block_on(NatsServer::start());
    let bus = runtime.block_on(Bus::open(&server.url().parse().unwrap(), &Settings::default())).unwrap();
    let mut group = criterion.benchmark_group("nats");
    group.throughput(Throughput::Elements(1)).sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(1));
    for workers in [1, 4] {
        group.bench_function(BenchmarkId::new("deliver and settle 20 kB, workers", workers), |bencher| {
            bencher.iter_custom(|messages| runtime.block_on(consume(&bus, &numbers, workers, messages)));
        });
    }
    group.finish();
    runtime.block_on(bus.close()).unwrap();
}

criterion_group!(benches, rates);
criterion_main!(benches);
