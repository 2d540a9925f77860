//! What a client says first, so that whoever speaks the wrong protocol is told.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How a client begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Greeting {
    /// With a handshake.
    Tls,
    /// With anything else, which may be HTTP.
    Plain,
    /// It hung up.
    Nothing,
}

/// The type of a record that holds a handshake; RFC 8446, section 5.1.
const HANDSHAKE: u8 = 22;

/// Waits for the first byte of a connection, and leaves it there.
pub(crate) async fn greeting(stream: &TcpStream) -> io::Result<Greeting> {
    let mut first = [0];
    Ok(match (stream.peek(&mut first).await?, first) {
        (0, _) => Greeting::Nothing,
        (_, [HANDSHAKE]) => Greeting::Tls,
        _ => Greeting::Plain,
    })
}

/// Tells a client that speaks plain HTTP to come again with TLS. API servers repeat what is answered with 400.
pub(crate) async fn turn_away(mut stream: TcpStream) -> io::Result<()> {
    const BODY: &str = "{\"error\":{\"code\":\"plain-http\",\"message\":\"this port speaks TLS: write https:// in the URL of the server\"}}";
    let head = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        BODY.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(BODY.as_bytes()).await?;
    part(stream).await
}

/// Closes a connection so that the client can read what was said last: what it sent and nobody read would reset the
/// connection, and take that along.
pub(crate) async fn part(mut stream: TcpStream) -> io::Result<()> {
    const MOST: u64 = 64 << 20;
    stream.shutdown().await?;
    tokio::io::copy(&mut stream.take(MOST), &mut tokio::io::sink()).await?;
    Ok(())
}
