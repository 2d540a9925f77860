//! Where alerts are served, and how one is let in there.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use proto::alerts::v1::SubscribeRequest;
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

/// More than any of the files needs.
const LARGEST: u64 = 4 << 20;

/// How long a connection may take.
const CONNECTING: Duration = Duration::from_secs(10);

/// How one is let in.
#[derive(Debug)]
pub(super) struct Credentials {
    pub(super) ca: Option<PathBuf>,
    /// Certificate and key.
    pub(super) identity: Option<(PathBuf, PathBuf)>,
    pub(super) token_file: Option<PathBuf>,
}

/// A server, not connected to yet.
pub(super) struct Server {
    address: String,
    endpoint: Endpoint,
    token: Option<MetadataValue<Ascii>>,
    is_secured: bool,
}

/// Flags that cannot be, and servers that cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Text that is no address.
    #[error("--server: `{0}` is no address: give HOST:PORT, https://HOST:PORT or unix:///PATH")]
    Address(String),
    /// A file cannot be read.
    #[error("{flag}: cannot read {}: {error}", path.display())]
    File {
        /// The flag that names it.
        flag: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file holds what it should not.
    #[error("{0}")]
    Content(String),
    /// Nothing is there.
    #[error(
        "nothing listens at {0}: `saker up` and `notifier` serve alerts at 127.0.0.1:5060 unless notifier.grpc.listen says \
         otherwise; name another place with --server"
    )]
    Nobody(String),
    /// Something is there, and something is wrong.
    #[error("cannot connect to {address}: {why}{help}")]
    Connection {
        /// Where.
        address: String,
        /// What happened.
        why: String,
        /// What to do about it.
        help: &'static str,
    },
}

impl Server {
    /// At that address.
    ///
    /// # Errors
    /// Where it is none, or a file cannot be used.
    pub(super) fn new(address: &str, credentials: &Credentials) -> Result<Self, ServerError> {
        let wrong = || ServerError::Address(address.to_owned());
        let is_socket = address.starts_with("unix:");
        let is_secured = address.starts_with("https://")
            || (!is_socket && (credentials.ca.is_some() || credentials.identity.is_some()));
        let uri = match address.split_once("://") {
            Some(("unix" | "https", _)) => address.to_owned(),
            Some(("http", rest)) if is_secured => format!("https://{rest}"),
            Some(("http", _)) => address.to_owned(),
            Some(_) => return Err(wrong()),
            None if is_socket => address.to_owned(),
            None => format!("{}://{address}", if is_secured { "https" } else { "http" }),
        };
        let endpoint = Endpoint::from_shared(uri).map_err(|_| wrong())?;
        if !is_socket && endpoint.uri().port_u16().is_none() {
            return Err(wrong());
        }
        let mut endpoint = endpoint
            .connect_timeout(CONNECTING)
            .http2_keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(10))
            .keep_alive_while_idle(true);
        if is_secured {
            endpoint = endpoint.tls_config(tls(credentials)?).map_err(|error| {
                ServerError::Content(format!(
                    "--ca, --certificate or --key cannot be used: {}",
                    chain(&error)
                ))
            })?;
        }
        let token = credentials.token_file.as_deref().map(token).transpose()?;
        Ok(Self { address: address.to_owned(), endpoint, token, is_secured })
    }

    /// Its address, as it was given.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Connects to it.
    pub(super) async fn connect(&self) -> Result<Channel, ServerError> {
        self.endpoint.connect().await.map_err(|error| {
            let why = chain(&error);
            let gone = ["Connection refused", "No such file or directory"];
            if gone.iter().any(|gone| why.contains(gone)) {
                return ServerError::Nobody(self.address.clone());
            }
            let help = self.help(&why);
            ServerError::Connection { address: self.address.clone(), why, help }
        })
    }

    /// What to do about a connection that broke at its beginning.
    pub(super) fn help(&self, why: &str) -> &'static str {
        let of_certificate = ["UnknownIssuer", "invalid peer certificate"];
        if !self.is_secured {
            return "; where the server has TLS, write https:// in --server, and name its authority with --ca";
        }
        if why.contains("InvalidContentType") || why.contains("corrupt message") {
            return "; it speaks no TLS: write http:// in --server, and leave --ca out";
        }
        if of_certificate.iter().any(|word| why.contains(word)) {
            return "; --ca must name the authority of its certificate, and --server a name that the certificate bears";
        }
        if why.contains("CertificateRequired") {
            return "; it asks for a client certificate: name one with --certificate and --key";
        }
        ""
    }

    /// The request with what lets it in.
    pub(super) fn request(&self, request: SubscribeRequest) -> Request<SubscribeRequest> {
        let mut request = Request::new(request);
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", token.clone());
        }
        request
    }
}

fn tls(credentials: &Credentials) -> Result<ClientTlsConfig, ServerError> {
    // There may be several providers in a program, and none is its default.
    let tls = ClientTlsConfig::new();
    let tls = match &credentials.ca {
        Some(ca) => tls.ca_certificate(Certificate::from_pem(read("--ca", ca)?)),
        None => tls.with_native_roots(),
    };
    Ok(match &credentials.identity {
        Some((certificate, key)) => {
            let (certificate, key) = (read("--certificate", certificate)?, read("--key", key)?);
            tls.identity(Identity::from_pem(certificate, key))
        }
        None => tls,
    })
}

fn token(path: &Path) -> Result<MetadataValue<Ascii>, ServerError> {
    let wrong = |what: &str| ServerError::Content(format!("--token-file: {} {what}", path.display()));
    let text = String::from_utf8(read("--token-file", path)?).map_err(|_| wrong("is no text"))?;
    let token = text.lines().map(str::trim).find(|line| !line.is_empty()).ok_or_else(|| wrong("is empty"))?;
    let mut value: MetadataValue<Ascii> =
        format!("Bearer {token}").parse().map_err(|_| wrong("holds no token that could be sent"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn read(flag: &'static str, path: &Path) -> Result<Vec<u8>, ServerError> {
    let told = |error| ServerError::File { flag, path: path.to_owned(), error };
    let mut bytes = Vec::new();
    File::open(path).map_err(told)?.take(LARGEST).read_to_end(&mut bytes).map_err(told)?;
    Ok(bytes)
}

/// What an error says, with what lies behind it.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if !said.iter().any(|before| before.contains(&text)) {
            said.push(text);
        }
        next = error.source();
    }
    said.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(address: &str) -> Result<Server, ServerError> {
        Server::new(address, &Credentials { ca: None, identity: None, token_file: None })
    }

    #[test]
    fn addresses_say_how_the_server_is_reached() {
        for (address, uri) in [
            ("127.0.0.1:5060", "http://127.0.0.1:5060/"),
            ("http://saker:5060", "http://saker:5060/"),
            ("[::1]:5060", "http://[::1]:5060/"),
        ] {
            assert_eq!(server(address).unwrap().endpoint.uri().to_string(), uri);
        }
        assert!(server("unix:///run/saker/alerts.sock").is_ok());
        for address in ["", "saker", "ftp://x:1", "http://", "https://saker"] {
            assert!(server(address).is_err(), "{address}");
        }
    }
}
