//! Bodies as large as were ever seen, and larger: of events, and of nothing.

use bytes::Bytes;
use futures::future::join_all;

use super::{Attacker, event};
use crate::form::Form;

/// The largest event that an API server sends as it is shipped, about.
const EVENT: usize = 1_800_000;

/// Just below and just above ingest's bound on an event.
const HUGE: [usize; 2] = [(64 << 20) - 4096, (64 << 20) + 1];

impl Attacker {
    /// A body of 111 MB in events of 1.8 MB, twice, and six times at once; 111 MB of nothing.
    pub(crate) async fn large_bodies(&mut self, form: Form) {
        let events: Vec<String> = (0..form.pick(62, 20))
            .map(|_| {
                let number = self.number();
                event::large(&event::plain_id(number), number, EVENT)
            })
            .collect();
        let body: Bytes =
            event::list(&events.iter().map(|event| event.as_bytes().to_vec()).collect::<Vec<_>>()).into();
        let first = self.post(body.clone()).await;
        self.expect("a body of large events", first.status, &[Some(200)]);
        let again = self.post(body.clone()).await;
        self.expect("the same body again", again.status, &[Some(200)]);
        self.expect_that(
            "what is sent again is a duplicate",
            again.counts.stored == 0 && again.counts.duplicates == events.len(),
            again,
        );
        let answers = join_all([(); 6].map(|()| self.post(body.clone()))).await;
        for answer in answers {
            self.expect("six such bodies at once", answer.status, &[Some(200), Some(503)]);
            self.expect_that("none of six is new", answer.counts.stored == 0, answer);
        }
        let nothing = self.post(vec![b'x'; body.len()]).await;
        self.expect("a large body of mere bytes", nothing.status, &[Some(400)]);
        events.into_iter().for_each(|event| self.book(event, first.is_stored()));
    }

    /// An event as large as may be, and one that is larger.
    pub(crate) async fn huge_events(&mut self) {
        for (bytes, quarantined) in HUGE.into_iter().zip([0, 1]) {
            let number = self.number();
            let event = event::large(&event::plain_id(number), number, bytes);
            let answer = self.post(event.clone()).await;
            self.expect("a huge event", answer.status, &[Some(200)]);
            self.expect_that(
                "what is too large is set aside",
                answer.counts.quarantined == quarantined,
                answer,
            );
            if quarantined == 0 {
                self.book(event, answer.is_stored());
            }
        }
    }
}
