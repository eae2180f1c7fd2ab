//! TLS in the binary: certificate and key from two PEM files, reloaded when the files change.

use std::{
    fs, io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwap;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use crate::{
    clock::SharedClock,
    config::{Tls, text_file},
    domain::time::UnixSeconds,
};

/// Interval of checking the files.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Error of the TLS configuration.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("tls_cert: {0}")]
    Certificate(String),
    #[error("tls_key: {0}")]
    Key(String),
}

impl TlsError {
    /// The setting that is at fault, and why.
    pub fn place(&self) -> (&'static str, &str) {
        match self {
            TlsError::Certificate(reason) => ("tls_cert", reason),
            TlsError::Key(reason) => ("tls_key", reason),
        }
    }
}

impl From<TlsError> for io::Error {
    fn from(error: TlsError) -> Self {
        io::Error::new(io::ErrorKind::InvalidInput, error)
    }
}

/// The certificate that is shown now.
#[derive(Debug)]
pub struct Shown {
    files: Tls,
    key: ArcSwap<CertifiedKey>,
    /// Latest known modification times of the files.
    changed: Mutex<Changed>,
}

type Changed = [Option<SystemTime>; 2];

impl Shown {
    pub fn load(files: &Tls) -> Result<Arc<Self>, TlsError> {
        let changed = changed(files);
        Ok(Arc::new(Self {
            key: ArcSwap::new(Arc::new(read(files)?)),
            files: files.clone(),
            changed: Mutex::new(changed),
        }))
    }

    /// TLS 1.2 and 1.3 (RFC 9325 §3.1.1), HTTP/1.1 only.
    pub fn server_config(self: &Arc<Self>) -> Result<ServerConfig, rustls::Error> {
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()?
                .with_no_client_auth()
                .with_cert_resolver(self.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// Reloads the files if they have changed. Invalid ones are ignored, and the previous certificate stays in use.
    pub fn look(&self) -> Result<bool, TlsError> {
        let now = changed(&self.files);
        let mut seen = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == now {
            return Ok(false);
        }
        *seen = now;
        self.key.store(Arc::new(read(&self.files)?));
        Ok(true)
    }

    /// Reason why clients do not accept the certificate now, if any: it has expired or is not valid yet.
    pub fn refusal(&self, now: UnixSeconds) -> Option<String> {
        let key = self.key.load();
        let problem = validity_problem(key.cert.first()?, now)?;
        Some(format!(
            "tls_cert: {}: {problem}",
            self.files.cert.display()
        ))
    }

    /// Logs it.
    pub fn warn_of_refusal(&self, now: UnixSeconds) {
        if let Some(problem) = self.refusal(now) {
            tracing::warn!("{problem}; clients reject it. A new file is loaded without a restart");
        }
    }

    /// Checks repeatedly, until the runtime stops.
    pub async fn watch(self: Arc<Self>, clock: SharedClock) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            match self.look() {
                Ok(true) => {
                    tracing::info!("TLS certificate reloaded");
                    self.warn_of_refusal(clock.now());
                }
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%error, "new TLS files are not usable; keeping the current certificate");
                }
            }
        }
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.key.load_full())
    }
}

fn changed(files: &Tls) -> Changed {
    let at = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
    [at(&files.cert), at(&files.key)]
}

fn read(files: &Tls) -> Result<CertifiedKey, TlsError> {
    let bad_certificate =
        |reason: String| TlsError::Certificate(format!("{}: {reason}", files.cert.display()));
    let bad_key = |reason: &str| TlsError::Key(format!("{}: {reason}", files.key.display()));
    let pem = text_file::read(&files.cert).map_err(TlsError::Certificate)?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| bad_certificate(error.to_string()))?;
    if chain.is_empty() {
        return Err(bad_certificate("contains no PEM certificate".into()));
    }
    let pem = text_file::read(&files.key).map_err(TlsError::Key)?;
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| {
        // RFC 7468 §11, and the older `Proc-Type: 4,ENCRYPTED`.
        bad_key(match pem.contains("ENCRYPTED") {
            true => "the private key is encrypted. Decrypt it, for example with openssl pkey",
            false => "contains no PEM private key",
        })
    })?;
    let key = rustls::crypto::ring::sign::any_supported_type(&key)
        .map_err(|_| bad_key("the private key is encrypted, damaged or not supported"))?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {
            Ok(certified)
        }
        Err(_) => Err(bad_key("does not match the certificate")),
    }
}

/// Error of a certificate's validity period, if any (RFC 5280 §4.1.2.5).
fn validity_problem(certificate: &CertificateDer, now: UnixSeconds) -> Option<String> {
    let certificate = match webpki::EndEntityCert::try_from(certificate) {
        Ok(certificate) => certificate,
        Err(error) => return Some(format!("the certificate cannot be read: {error}")),
    };
    let now = UnixTime::since_unix_epoch(Duration::from_secs(now.0.try_into().unwrap_or_default()));
    // Without trust anchors no chain is ever found, but times are compared before one is looked for.
    let checked = certificate.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        &[],
        &[],
        now,
        webpki::KeyUsage::server_auth(),
        None,
        None,
    );
    let date = |time: UnixTime| {
        let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        UnixSeconds(seconds).rfc3339()
    };
    match checked {
        Err(webpki::Error::CertExpired { not_after, .. }) => {
            Some(format!("the certificate expired at {}", date(not_after)))
        }
        Err(webpki::Error::CertNotValidYet { not_before, .. }) => Some(format!(
            "the certificate is not valid before {}",
            date(not_before)
        )),
        _ => None,
    }
}
