//! Sessions with an SMTP server: opened when needed, kept for the next message, and what each answer means.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;

use super::{Smtp, SmtpAuthentication, SmtpEncryption};
use crate::falco;
use crate::sink::{ClientTls, Failure, SinkError};

/// How long a session is kept. Servers end idle ones after some minutes.
const LONGEST_IDLE: Duration = Duration::from_secs(30);
/// How many are kept.
const MOST_KEPT: usize = 8;
/// What is kept of an answer.
const LONGEST_ANSWER: usize = 300;

/// What becomes of a message for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Taken,
    /// It may be taken later.
    Later(String),
    /// It will never be taken.
    Never(String),
}

/// A server, and how to get into it.
pub(super) struct Server {
    host: String,
    port: u16,
    encryption: SmtpEncryption,
    tls: Option<TlsParameters>,
    hello: ClientId,
    login: Option<(Credentials, Vec<Mechanism>)>,
    from: Address,
    kept: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl Server {
    /// # Errors
    /// Where settings do not go together, or the files of TLS cannot be used.
    pub(super) fn new(settings: &Smtp, from: Address) -> Result<Self, SinkError> {
        let usual = match settings.encryption {
            SmtpEncryption::Starttls => 587,
            SmtpEncryption::Implicit => 465,
            SmtpEncryption::None => 25,
        };
        Ok(Self {
            host: settings.host.clone(),
            port: settings.port.unwrap_or(usual),
            encryption: settings.encryption,
            tls: tls(settings)?,
            hello: hello(settings)?,
            login: login(settings)?,
            from,
            kept: Mutex::default(),
        })
    }

    /// Sends a message, in one transaction, and tells what became of it for each recipient, in their order.
    pub(super) async fn send(&self, to: &[Address], message: &[u8]) -> Result<Vec<Verdict>, Failure> {
        let mut session = self.session().await.map_err(|error| self.away(&error))?;
        let verdicts = self.transact(&mut session, to, message).await?;
        if !session.has_broken() {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.truncate(MOST_KEPT - 1);
            kept.push((session, Instant::now()));
        }
        Ok(verdicts)
    }

    async fn transact(
        &self,
        session: &mut AsyncSmtpConnection,
        to: &[Address],
        message: &[u8],
    ) -> Result<Vec<Verdict>, Failure> {
        // Refusing the sender says nothing about the alert: the operator can mend it.
        let begun = session.command(Mail::new(Some(self.from.clone()), Vec::new())).await;
        begun.map_err(|error| self.away(&error))?;
        let mut verdicts = Vec::with_capacity(to.len());
        for address in to {
            let answer = session.command(Rcpt::new(address.clone(), Vec::new())).await;
            verdicts.push(self.judge(answer.err())?);
        }
        if !verdicts.contains(&Verdict::Taken) {
            session.command(Rset).await.map_err(|error| self.away(&error))?;
            return Ok(verdicts);
        }
        // Refusing here is refusing the message.
        let sent = match session.command(Data).await {
            Ok(_) => session.message(message).await,
            Err(error) => Err(error),
        };
        let verdict = self.judge(sent.err())?;
        let taken = verdicts.iter_mut().filter(|taken| **taken == Verdict::Taken);
        taken.for_each(|taken| taken.clone_from(&verdict));
        Ok(verdicts)
    }

    /// An answer about a recipient or a message. A failure is of the session, and of all recipients.
    fn judge(&self, error: Option<Error>) -> Result<Verdict, Failure> {
        let Some(error) = error else { return Ok(Verdict::Taken) };
        match error.status().map(u16::from) {
            // The server is about to close the connection.
            Some(421) => Err(self.away(&error)),
            Some(500..) => Ok(Verdict::Never(said(&error))),
            Some(_) => Ok(Verdict::Later(said(&error))),
            None => Err(self.away(&error)),
        }
    }

    fn away(&self, error: &Error) -> Failure {
        Failure::away(format!("{}:{} does not take mail: {}", self.host, self.port, said(error)))
    }

    async fn session(&self) -> Result<AsyncSmtpConnection, Error> {
        while let Some(mut session) = self.kept() {
            if session.test_connected().await {
                return Ok(session);
            }
        }
        self.open().await
    }

    /// A session that is not too old. Not held over an await.
    fn kept(&self) -> Option<AsyncSmtpConnection> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(_, used)| used.elapsed() < LONGEST_IDLE);
        kept.pop().map(|(session, _)| session)
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, Error> {
        let at_once = self.tls.clone().filter(|_| self.encryption == SmtpEncryption::Implicit);
        let server = (self.host.as_str(), self.port);
        // Its time is limited from outside.
        let mut session = AsyncSmtpConnection::connect_tokio1(server, None, &self.hello, at_once, None).await?;
        if let Some(tls) = self.tls.clone().filter(|_| self.encryption == SmtpEncryption::Starttls) {
            session.starttls(tls, &self.hello).await?;
        }
        if let Some((credentials, mechanisms)) = &self.login {
            session.auth(mechanisms, credentials).await?;
        }
        Ok(session)
    }
}

fn tls(settings: &Smtp) -> Result<Option<TlsParameters>, SinkError> {
    let ClientTls { ca, certificate, key, server_name, verify } = &settings.tls;
    if settings.encryption == SmtpEncryption::None {
        return if settings.tls == ClientTls::default() {
            Ok(None)
        } else {
            Err(SinkError("tls: is of no use with `encryption: none`".to_owned()))
        };
    }
    if certificate.is_some() || key.is_some() {
        return Err(SinkError("tls.certificate: certificates of our own are not shown to mail servers: log in".to_owned()));
    }
    let unusable = |error: &dyn std::fmt::Display| SinkError(format!("tls.ca: cannot be used: {error}"));
    let name = server_name.clone().unwrap_or_else(|| settings.host.clone());
    let mut builder = TlsParameters::builder(name).dangerous_accept_invalid_certs(!verify);
    if !verify {
        builder = builder.dangerous_accept_invalid_hostnames(true);
    }
    if let Some(file) = ca {
        // Looked at here, too: its errors say what is wrong with the file.
        settings.tls.config()?;
        let text = std::fs::read(file).map_err(|error| unusable(&error))?;
        let authorities = Certificate::from_pem(&text).map_err(|error| unusable(&error))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(authorities);
    }
    builder.build().map(Some).map_err(|error| unusable(&error))
}

fn hello(settings: &Smtp) -> Result<ClientId, SinkError> {
    let Some(name) = settings.hello.clone() else { return Ok(ClientId::default()) };
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if name.len() <= 255 && name.chars().all(letters) {
        Ok(ClientId::Domain(name))
    } else {
        Err(SinkError(format!("hello: `{name}` is not the name of a host")))
    }
}

fn login(settings: &Smtp) -> Result<Option<(Credentials, Vec<Mechanism>)>, SinkError> {
    let (user, password) = match (&settings.user, &settings.password) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return Err(SinkError("user: is missing, whose password is set".to_owned())),
        (Some(_), None) => return Err(SinkError("password: is missing, whose user is set".to_owned())),
        (Some(user), Some(password)) => (user.clone(), password.expose().to_owned()),
    };
    if settings.encryption == SmtpEncryption::None {
        tracing::warn!(host = settings.host, "the password is sent in clear: `encryption` is `none`");
    }
    let mechanisms = match settings.authentication {
        None => vec![Mechanism::Plain, Mechanism::Login],
        Some(SmtpAuthentication::Plain) => vec![Mechanism::Plain],
        Some(SmtpAuthentication::Login) => vec![Mechanism::Login],
        Some(SmtpAuthentication::Xoauth2) => vec![Mechanism::Xoauth2],
    };
    Ok(Some((Credentials::new(user, password), mechanisms)))
}

/// What the server said, in one line that is not too long.
fn said(error: &Error) -> String {
    falco::in_one_line(error.to_string()).chars().take(LONGEST_ANSWER).collect()
}
