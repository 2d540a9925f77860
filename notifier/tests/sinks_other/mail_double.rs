//! A mail server that answers by script, to see what is made of each answer.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What becomes of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It is taken.
    Take,
    /// The command that begins so is answered so, and the connection goes on.
    Answer(&'static str, &'static str),
    /// The command that begins so is not answered.
    Hang(&'static str),
    /// At the command that begins so the connection is reset.
    Reset(&'static str),
    /// It is taken, and the connection ends without the answer to it.
    TakeInSilence,
}

/// Messages are dealt with by script, and taken when the script has ended.
#[derive(Clone)]
pub struct Double {
    pub address: SocketAddr,
    script: Arc<Mutex<VecDeque<Deed>>>,
    taken: Arc<Mutex<Vec<String>>>,
}

impl Double {
    pub async fn start(script: impl IntoIterator<Item = Deed>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let double = Self {
            address: listener.local_addr().unwrap(),
            script: Arc::new(Mutex::new(script.into_iter().collect())),
            taken: Arc::default(),
        };
        let serving = double.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let one = serving.clone();
                tokio::spawn(async move { one.serve(BufReader::new(stream)).await });
            }
        });
        double
    }

    /// The Message-IDs of what was taken.
    pub fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }

    /// How much of the script is left.
    pub fn left(&self) -> usize {
        self.script.lock().unwrap().len()
    }

    async fn serve(self, mut stream: BufReader<TcpStream>) -> Option<()> {
        say(&mut stream, "220 double").await?;
        let mut deed = Deed::Take;
        loop {
            let command = line(&mut stream).await?;
            if command.starts_with("MAIL") {
                deed = self.script.lock().unwrap().pop_front().unwrap_or(Deed::Take);
            }
            match deed {
                Deed::Hang(at) if command.starts_with(at) => std::future::pending().await,
                Deed::Reset(at) if command.starts_with(at) => return stream.get_ref().set_zero_linger().ok(),
                Deed::Answer(at, answer) if command.starts_with(at) && at != "." => {
                    say(&mut stream, answer).await?;
                    if answer.starts_with("421") {
                        return None;
                    }
                    continue;
                }
                _ => {}
            }
            match command.split(' ').next()? {
                "DATA" => self.take(&mut stream, deed).await?,
                "EHLO" => say(&mut stream, "250 double").await?,
                "QUIT" => return say(&mut stream, "221 bye").await,
                _ => say(&mut stream, "250 OK").await?,
            }
        }
    }

    async fn take(&self, stream: &mut BufReader<TcpStream>, deed: Deed) -> Option<()> {
        say(stream, "354 go on").await?;
        let mut id = String::new();
        loop {
            let line = line(stream).await?;
            if line == "." {
                break;
            }
            if let Some(found) = line.strip_prefix("Message-ID: ") {
                id = found.to_owned();
            }
        }
        if let Deed::Answer(".", answer) = deed {
            return say(stream, answer).await;
        }
        self.taken.lock().unwrap().push(id);
        if deed == Deed::TakeInSilence { None } else { say(stream, "250 OK").await }
    }
}

async fn line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let count = stream.read_line(&mut line).await.ok()?;
    (count > 0).then(|| line.trim_end().to_owned())
}

async fn say(stream: &mut BufReader<TcpStream>, answer: &str) -> Option<()> {
    stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()
}
