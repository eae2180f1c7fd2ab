//! Traces of recent sign-ins and failed requests for administrators: the HTTP exchanges of one sign-in, in order, and
//! the reasons of failures.
//!
//! In memory only, with limits on number, age and size. Secrets are masked first ([`Masks`]): a name, a length and a
//! keyed fingerprint remain, which connect the exchanges of one sign-in and show that the same code was sent twice. A
//! restart deletes everything.
//!
//! It does not know the rules of the protocol or HTTP.

mod buffer;
mod checks;
mod exchange;
mod handle;
mod mask;
mod reason;
mod recorder;

pub use self::{
    buffer::Known,
    checks::Check,
    exchange::{Encoding, RecordedTrace, Refused, Step, TraceOutcome},
    handle::Trace,
    mask::{Mark, Masks, Sent, without_secrets},
    reason::{CATALOGUE, Explanation, Reason, explanation, link},
    recorder::{MOST, Recorder},
};
