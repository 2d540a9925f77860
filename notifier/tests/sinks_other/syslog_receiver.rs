//! A receiver of syslog over TCP that is strict about frames, and misbehaves by script.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use crate::syslog_message::{self, Message};

/// What becomes of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// All that comes is read, up to the end.
    Read,
    /// Nothing is read, and the connection stays.
    Hang,
    /// It is reset before anything is read.
    Reset,
    /// All is read, and then it is reset: it may be that nothing of it was kept.
    ReadAndReset,
    /// One message is read and kept, and then the connection is closed.
    CloseAfterOne,
}

/// Connections are dealt with by script, and read when the script has ended.
#[derive(Clone)]
pub struct Receiver {
    pub address: SocketAddr,
    script: Arc<Mutex<VecDeque<Deed>>>,
    connections: Arc<Mutex<usize>>,
    messages: Arc<Mutex<Vec<Message>>>,
}

impl Receiver {
    pub async fn start(script: impl IntoIterator<Item = Deed>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            address: listener.local_addr().unwrap(),
            script: Arc::new(Mutex::new(script.into_iter().collect())),
            connections: Arc::default(),
            messages: Arc::default(),
        };
        let accepting = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(accepting.clone().deal_with(stream));
            }
        });
        receiver
    }

    /// What was kept.
    pub fn messages(&self) -> Vec<Message> {
        self.messages.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    async fn deal_with(self, mut stream: TcpStream) {
        *self.connections.lock().unwrap() += 1;
        let deed = self.script.lock().unwrap().pop_front().unwrap_or(Deed::Read);
        match deed {
            Deed::Read => while self.keep_one(&mut stream).await {},
            Deed::Hang => std::future::pending().await,
            Deed::Reset => stream.set_zero_linger().unwrap(),
            Deed::ReadAndReset => {
                while one(&mut stream).await.is_some() {}
                stream.set_zero_linger().unwrap();
            }
            Deed::CloseAfterOne => drop(self.keep_one(&mut stream).await),
        }
    }

    async fn keep_one(&self, stream: &mut TcpStream) -> bool {
        let Some(frame) = one(stream).await else { return false };
        let message = syslog_message::parse(&frame).unwrap_or_else(|error| panic!("{error}"));
        self.messages.lock().unwrap().push(message);
        true
    }
}

/// The next frame by octet counting; `None` at the end.
async fn one(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        match stream.read_u8().await.ok()? {
            b' ' => break,
            digit @ b'0'..=b'9' => length = length * 10 + usize::from(digit - b'0'),
            other => panic!("{other} in the length of a frame"),
        }
    }
    let mut frame = vec![0; length];
    stream.read_exact(&mut frame).await.ok()?;
    Some(frame)
}
