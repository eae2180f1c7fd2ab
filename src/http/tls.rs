//! TLS in the binary: the certificate and key of two PEM files, read anew when the files change.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwap;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use crate::config::Tls;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("tls_cert: {}: {reason}", .path.display())]
    Certificate { path: PathBuf, reason: String },
    #[error("tls_key: {}: {reason}", .path.display())]
    Key { path: PathBuf, reason: String },
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
    /// When the files were last changed, as far as was seen.
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

    /// Reads the files anew if they have changed. Bad ones are left alone, and what was shown before
    /// is shown on.
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

    /// Looks again and again, until the runtime ends.
    pub async fn watch(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            match self.look() {
                Ok(true) => tracing::info!("the TLS certificate was read anew"),
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%error, "the changed TLS files cannot be used; the old certificate is shown on");
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
    let bad_certificate = |reason: String| TlsError::Certificate {
        path: files.cert.clone(),
        reason,
    };
    let bad_key = |reason: String| TlsError::Key {
        path: files.key.clone(),
        reason,
    };
    let pem = fs::read(&files.cert).map_err(|error| bad_certificate(error.to_string()))?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| bad_certificate(error.to_string()))?;
    if chain.is_empty() {
        return Err(bad_certificate("holds no certificate in PEM".into()));
    }
    let pem = fs::read(&files.key).map_err(|error| bad_key(error.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|_| bad_key("holds no private key in PEM".into()))?;
    let key = rustls::crypto::ring::sign::any_supported_type(&key)
        .map_err(|_| bad_key("is a kind of key that is not supported".into()))?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {
            Ok(certified)
        }
        Err(_) => Err(bad_key("is not the key of the certificate".into())),
    }
}
