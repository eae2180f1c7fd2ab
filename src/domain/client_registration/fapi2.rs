//! Requirements of FAPI 2.0 Security Profile for the registration of clients.

use super::InvalidMember;
use crate::domain::client::{AssertionAudience, AuthMethod, ClientMetadata};

pub(super) fn check(metadata: &ClientMetadata) -> Result<(), InvalidMember> {
    if !metadata.is_fapi2() {
        return Ok(());
    }
    // §5.3.2.1: a confidential client that proves itself with a key.
    if metadata.token_endpoint_auth_method != AuthMethod::PrivateKeyJwt {
        return Err(InvalidMember::new(
            "profile",
            "fapi2 requires token_endpoint_auth_method private_key_jwt",
        ));
    }
    // The `aud` of its assertions is only the issuer (§5.3.2.1).
    if metadata.assertion_audience != AssertionAudience::Issuer {
        return Err(InvalidMember::new(
            "assertion_audience",
            "must be issuer with the profile fapi2 (FAPI 2.0 §5.3.2.1)",
        ));
    }
    // §5.3.2.2
    if metadata.require_pkce == Some(false) {
        return Err(InvalidMember::new(
            "require_pkce",
            "must be true with the profile fapi2 (FAPI 2.0 §5.3.2.2)",
        ));
    }
    // §5.4.1: PS256, ES256 or EdDSA.
    let algorithms = [
        (
            "token_endpoint_auth_signing_alg",
            &metadata.token_endpoint_auth_signing_alg,
        ),
        (
            "request_object_signing_alg",
            &metadata.request_object_signing_alg,
        ),
        (
            "id_token_signed_response_alg",
            &metadata.id_token_signed_response_alg,
        ),
    ];
    match algorithms
        .into_iter()
        .find(|(_, algorithm)| algorithm.as_deref() == Some("RS256"))
    {
        Some((member, _)) => Err(InvalidMember::new(
            member,
            "must not be RS256 with the profile fapi2 (FAPI 2.0 §5.4.1)",
        )),
        None => Ok(()),
    }
}
