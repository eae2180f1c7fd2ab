//! Failures of the operator's own requests, with texts that say what to do.

use rustls::{CertificateError, Error};

/// Text of a failure for the operator.
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
        // A self-signed certificate has the second error.
        Some(Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::Other(_),
        )) => "the certificate of the server is not trusted; add the certificate of its CA with outbound_ca_file"
            .to_owned(),
        _ => error.to_string(),
    }
}
