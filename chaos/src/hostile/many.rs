//! Bodies so small and so many that only their number matters.

use bytes::Bytes;
use futures::StreamExt;

use super::{Answer, Attacker, event, post};
use crate::form::Form;

/// How many are under way at a time.
const UNDER_WAY: usize = 64;

/// What holds no event, and what it is answered.
const EMPTY: [(&str, u16); 5] = [("[]", 200), ("x", 400), ("", 400), ("{}", 200), ("[[],[]]", 200)];

impl Attacker {
    /// Tiny bodies, of which one in ten holds an event.
    pub(crate) async fn tiny_bodies(&mut self, form: Form) -> usize {
        let count = form.pick(100_000, 5_000);
        let bodies: Vec<(String, Option<u16>)> = (0..count)
            .map(|turn| match EMPTY.get(turn % 10) {
                Some((text, status)) => ((*text).to_owned(), Some(*status)),
                None if turn % 10 < 9 => ("[null]".to_owned(), Some(200)),
                None => {
                    let number = self.number();
                    (event::event(&event::plain_id(number), number, ""), None)
                }
            })
            .collect();
        let texts: Vec<Bytes> = bodies.iter().map(|(body, _)| body.clone().into()).collect();
        let (http, target) = (self.http.clone(), self.target);
        let answers: Vec<Answer> = futures::stream::iter(texts)
            .map(move |body| {
                let http = http.clone();
                async move { post(&http, target, body).await }
            })
            .buffered(UNDER_WAY)
            .collect()
            .await;
        for ((body, expected), answer) in bodies.into_iter().zip(answers) {
            match expected {
                Some(status) => self.expect(&body, answer.status, &[Some(status)]),
                None => {
                    self.expect("a tiny body with an event", answer.status, &[Some(200)]);
                    self.book(body, answer.is_stored());
                }
            }
        }
        count
    }
}
