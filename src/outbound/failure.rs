//! Why a request of the operator's own failed, in words that say what to do.

use rustls::{CertificateError, Error};

/// What the operator is told of a failure.
pub(super) fn in_words(error: ureq::Error) -> String {
    let io = match &error {
        ureq::Error::Io(io) => io.get_ref(),
        _ => None,
    };
    let tls = match &error {
        ureq::Error::Rustls(tls) => Some(tls),
        _ => io.and_then(|inner| inner.downcast_ref::<Error>()),
    };
    match tls {
        // A certificate that signs itself is refused by the second name.
        Some(Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::Other(_),
        )) => "the certificate of the server is not trusted; add the certificate of its CA with outbound_ca_file"
            .to_owned(),
        _ => error.to_string(),
    }
}
