//! What happened in the latest sign-ins and refusals, as an administrator reads it afterwards: the HTTP
//! exchanges of one sign-in together, in their order, and why a request was refused.
//!
//! In memory only, and bounded in count, age and bytes. Secrets are masked before they come here
//! ([`Masks`]): a name, a length and a keyed mark remain, by which the exchanges of one sign-in find each
//! other and the same code sent twice can be recognized. A restart forgets everything.
//!
//! It knows no rule of the protocol and nothing of HTTP.

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
