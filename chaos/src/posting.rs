//! Posts events as kube-apiserver does, and writes down each answer: the independent account of what was acknowledged.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::RngExt;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use tests::wait;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How many events a body holds: kube-apiserver's default.
const BODY: usize = 400;

/// How many bodies are under way at a time. The real client has no bound; ours must not be what fails.
const UNDER_WAY: usize = 256;

/// How long the client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it asks again within an attempt where the answer says when.
const MORE_REQUESTS: u32 = 10;

/// How long it may take until events are taken again after a fault.
const GOES_ON_WITHIN: Duration = Duration::from_secs(120);

/// Who posts what to whom.
pub(crate) struct Poster {
    /// Behind a Service each request may reach another.
    pub(crate) urls: Vec<String>,
    /// Events a second.
    pub(crate) pace: usize,
    /// How often a body is tried; the real client tries 5 times.
    pub(crate) attempts: u32,
    /// The wait before the second attempt, each later one half as long again; the real client begins with 10 s.
    pub(crate) delay: Duration,
}

/// A posting that is under way.
pub(crate) struct Posting {
    task: tokio::task::JoinHandle<Vec<Posted>>,
    progress: Arc<Progress>,
}

#[derive(Default)]
struct Progress {
    /// Events that were answered 200.
    acknowledged: AtomicUsize,
    /// Answers of 503.
    refused: AtomicUsize,
}

/// A body, and all that it was answered.
#[derive(Debug)]
pub(crate) struct Posted {
    /// Which lines of the file it holds.
    pub(crate) lines: Range<usize>,
    /// Status by status; `None` where there was no answer.
    pub(crate) answers: Vec<Option<u16>>,
    /// The longest that one request took.
    pub(crate) longest: Duration,
}

impl Posted {
    /// Whether the client may forget its events.
    pub(crate) fn is_acknowledged(&self) -> bool {
        self.answers.last().is_some_and(|answer| *answer == Some(200))
    }

    /// As if so many lines stood before those of its file.
    pub(crate) fn moved_by(mut self, lines: usize) -> Self {
        self.lines = self.lines.start + lines..self.lines.end + lines;
        self
    }
}

/// How many answers were 503, in words.
pub(crate) fn refused(posted: &[Posted]) -> String {
    let answers = || posted.iter().flat_map(|body| &body.answers);
    let refused = answers().filter(|answer| **answer == Some(503)).count();
    format!("{refused} of {} answers were 503", answers().count())
}

impl Poster {
    /// As the real client is, at this pace.
    pub(crate) fn real(urls: &[String], pace: usize) -> Self {
        Self { urls: urls.to_vec(), pace, attempts: 5, delay: Duration::from_secs(10) }
    }

    /// One with less patience between attempts, and more attempts: faults come and go in seconds.
    pub(crate) fn hasty(urls: &[String], pace: usize) -> Self {
        Self { urls: urls.to_vec(), pace, attempts: 30, delay: Duration::from_millis(300) }
    }

    /// Begins to post the events of a file, one a line.
    pub(crate) fn start(self, events: &Path) -> Posting {
        let progress = Arc::<Progress>::default();
        let task = tokio::spawn(self.run(events.to_owned(), Arc::clone(&progress)));
        Posting { task, progress }
    }

    async fn run(self, events: PathBuf, progress: Arc<Progress>) -> Vec<Posted> {
        let client = Arc::new(Client {
            http: reqwest::Client::builder().timeout(PATIENCE).build().expect("an HTTP client"),
            poster: self,
            progress,
        });
        let room = Arc::new(Semaphore::new(UNDER_WAY));
        let (mut under_way, mut all) = (JoinSet::new(), Vec::new());
        let mut bodies = Bodies::of(&events);
        let begun = Instant::now();
        while let Some((body, lines)) = bodies.next() {
            let permit = Arc::clone(&room).acquire_owned().await.expect("it is never closed");
            let due = begun + Duration::from_secs_f64(lines.start as f64 / client.poster.pace as f64);
            tokio::time::sleep_until(due.into()).await;
            let client = Arc::clone(&client);
            under_way.spawn(async move {
                let posted = client.post(body, lines).await;
                if posted.is_acknowledged() {
                    client.progress.acknowledged.fetch_add(posted.lines.len(), Ordering::Relaxed);
                }
                drop(permit);
                posted
            });
            while let Some(done) = under_way.try_join_next() {
                all.push(done.expect("posting does not panic"));
            }
        }
        while let Some(done) = under_way.join_next().await {
            all.push(done.expect("posting does not panic"));
        }
        all.sort_by_key(|posted| posted.lines.start);
        all
    }
}

impl Posting {
    /// How many events are acknowledged so far.
    pub(crate) fn acknowledged(&self) -> usize {
        self.progress.acknowledged.load(Ordering::Relaxed)
    }

    /// Waits until so many more events are acknowledged.
    pub(crate) async fn goes_on(&self, events: usize) {
        let mark = self.acknowledged() + events;
        wait::until("events are taken", GOES_ON_WITHIN, || self.acknowledged() >= mark).await;
    }

    /// Waits until so many more answers are 503.
    pub(crate) async fn is_refused(&self, answers: usize) {
        let refused = || self.progress.refused.load(Ordering::Relaxed);
        let mark = refused() + answers;
        wait::until("events are refused", GOES_ON_WITHIN, || refused() >= mark).await;
    }

    /// Whether each body has its last answer.
    pub(crate) fn is_done(&self) -> bool {
        self.task.is_finished()
    }

    /// Waits until each body has its last answer.
    pub(crate) async fn finish(self) -> Vec<Posted> {
        self.task.await.expect("posting does not panic")
    }
}

struct Client {
    http: reqwest::Client,
    poster: Poster,
    progress: Arc<Progress>,
}

impl Client {
    async fn post(&self, body: Bytes, lines: Range<usize>) -> Posted {
        let mut posted = Posted { lines, answers: Vec::new(), longest: Duration::ZERO };
        let mut wait = self.poster.delay;
        for attempt in 0..self.poster.attempts {
            if attempt > 0 {
                let jitter = 1.0 + rand::rng().random_range(0.0..0.2);
                tokio::time::sleep(wait.mul_f64(jitter)).await;
                wait = wait.mul_f64(1.5).min(4 * self.poster.delay);
            }
            self.attempt(&body, &mut posted).await;
            if posted.is_acknowledged() {
                break;
            }
        }
        posted
    }

    /// One attempt: a request, and more where the answer says when to come again.
    async fn attempt(&self, body: &Bytes, posted: &mut Posted) {
        for _ in 0..=MORE_REQUESTS {
            let Some(wait) = self.request(body, posted).await else { return };
            tokio::time::sleep(wait).await;
        }
    }

    /// Says how long to wait until the next request of this attempt, where the answer asks for one.
    async fn request(&self, body: &Bytes, posted: &mut Posted) -> Option<Duration> {
        let number = posted.lines.start / BODY + posted.answers.len();
        let url = format!("{}?timeout=30s", self.poster.urls[number % self.poster.urls.len()]);
        let begun = Instant::now();
        let answer =
            self.http.post(url).header(CONTENT_TYPE, "application/json").body(body.clone()).send().await;
        posted.longest = posted.longest.max(begun.elapsed());
        let status = answer.as_ref().ok().map(|answer| answer.status().as_u16());
        posted.answers.push(status);
        self.progress.refused.fetch_add(usize::from(status == Some(503)), Ordering::Relaxed);
        let header = answer.ok()?.headers().get(RETRY_AFTER).cloned()?;
        let seconds = header.to_str().ok()?.parse().ok()?;
        matches!(status, Some(429 | 503)).then(|| Duration::from_secs(seconds))
    }
}

/// A file of events, one a line, as bodies of a webhook.
struct Bodies {
    lines: std::io::Lines<BufReader<File>>,
    next: usize,
}

impl Bodies {
    fn of(events: &Path) -> Self {
        let file = File::open(events).expect("the events are there");
        Self { lines: BufReader::new(file).lines(), next: 0 }
    }

    fn next(&mut self) -> Option<(Bytes, Range<usize>)> {
        let mut body =
            br#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":["#.to_vec();
        let first = self.next;
        for line in self.lines.by_ref().take(BODY) {
            if self.next > first {
                body.push(b',');
            }
            // Items of a list have no kind of their own.
            let line = line.expect("a readable file");
            let rest = line.strip_prefix(tests::fresh::HEAD).expect("a line that we wrote");
            body.push(b'{');
            body.write_all(rest.as_bytes()).expect("a vector takes all");
            self.next += 1;
        }
        body.extend_from_slice(b"]}\n");
        (self.next > first).then(|| (body.into(), first..self.next))
    }
}
