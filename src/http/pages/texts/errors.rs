//! Error texts for users. The error's code and description, which are for the developer, stay as in the standard (RFC
//! 6749 §4.1.2.1).

use crate::{domain::language::Language, http::pages::views::Difference, oauth::error::ErrorCode};

super::texts! {
    address_not_registered: "Redirect URI not registered",
        "Redirect-URI-en er ikke registrert";
    address_must_match: "Add this redirect URI to the client, or send one that is registered. It must match character \
    for character (RFC 9700 §4.1.3).",
        "Legg til denne redirect-URI-en for klienten, eller send en som er registrert. Den må stemme tegn for tegn \
         (RFC 9700 §4.1.3).";
    only_the_scheme: "Only the scheme differs (http or https).", "Eneste forskjell er skjemaet (http eller https).";
    only_the_host: "Only the host differs. localhost and 127.0.0.1 are different hosts.",
        "Eneste forskjell er vertsnavnet. localhost og 127.0.0.1 er ulike verter.";
    only_the_port: "Only the port differs.", "Eneste forskjell er porten.";
    only_the_path: "Only the path differs.", "Eneste forskjell er stien.";
    only_the_case: "Only upper and lower case differ.", "Eneste forskjell er store og små bokstaver.";
    only_the_slash: "Only the trailing slash differs.", "Eneste forskjell er skråstreken på slutten.";
    only_the_query: "Only the query string differs.", "Eneste forskjell er spørrestrengen.";
    view_trace: "View trace", "Vis sporing";
    register_this_address_for{client: Name}: "Add redirect URI to {client}", "Legg til redirect-URI for {client}";
    only_if_it_is_the_clients: "Sign-ins are sent to this address. Add it only if it belongs to the app.",
        "Innlogginger sendes til denne adressen. Legg den bare til hvis den tilhører appen.";
    add_the_address_in{file: Code}: "This client is managed by {file}. To allow this address, add it to redirect_uris \
    there.",
        "Klienten styres av {file}. For å tillate adressen legger du den til i redirect_uris der.";
    address_is_registered: "Redirect URI added", "Redirect-URI lagt til";
    sign_in_can_be_tried: "You can now try the sign-in again.", "Du kan nå prøve innloggingen på nytt.";
    try_again: "Try again", "Prøv på nytt";
    server_failed: "Something went wrong", "Noe gikk galt";
    server_is_busy: "The server is busy", "Serveren er opptatt";
    server_cannot_store: "The server cannot save changes at the moment", "Serveren kan ikke lagre noe akkurat nå";
    server_is_not_set_up: "This server is not set up yet", "Denne serveren er ikke satt opp ennå";
    cannot_be_answered: "Invalid request", "Ugyldig forespørsel";
    app_must_fix_it: "You have not been signed in. Go back to the app and try again. If it keeps happening, contact \
    the app's developer.",
        "Du er ikke logget inn. Gå tilbake til appen og prøv igjen. Kontakt appens utvikler hvis feilen fortsetter.";
    app_is_not_verified: "This app has not been reviewed by the administrator of this server, so you are not redirected \
    to it. Close this page, and return to the app only if you recognize it.",
        "Appen er ikke kontrollert av administratoren for denne serveren. Derfor sendes du ikke videre til den. Lukk \
         siden, og gå bare tilbake til appen hvis du kjenner den igjen.";
    try_again_or_tell: "Try again in a moment. If it keeps happening, contact the administrator of this server.",
        "Prøv igjen om litt. Kontakt administratoren for serveren hvis feilen fortsetter.";
    wait_for_setup: "The first administrator has not been created yet. If you run this server, open its setup link.",
    "Den første administratoren er ikke opprettet ennå. Driver du serveren, åpner du oppsettslenken.";
    sent: "Sent", "Sendt";
    registered: "Registered", "Registrert";
    nothing: "(empty)", "(tomt)";
    for_the_developer: "For the developer", "Til utvikleren";
    error: "Error", "Feil";
    what_it_means: "Description", "Beskrivelse";
    standard: "Standard", "Standard";
    reference: "Reference", "Referanse";
    give_the_reference: "Include this when you ask for help.", "Oppgi denne når du ber om hjelp.";

    has_its_administrator: "Setup is already complete", "Oppsettet er allerede fullført";
    setup_link_worked_once: "The setup link can be used once and has been used. An administrator can add other \
    administrators.",
        "Oppsettslenken kan bare brukes én gang, og den er brukt. En administrator kan legge til flere \
         administratorer.";
    could_not_sign_you_out: "Sign-out request failed", "Utloggingen mislyktes";
    still_signed_in: "You are still signed in. You can sign out here.", "Du er fortsatt logget inn. Du kan logge ut \
    her.";
    not_signed_in_here: "This browser is not signed in here, so there is nothing to sign out of.",
        "Denne nettleseren er ikke logget inn her, så det er ingenting å logge ut av.";
    session_is_elsewhere: "Your session is still active, but this browser did not send it. Sign out in the browser \
    you signed in with, or go to your account there.",
        "Økten din er fortsatt aktiv, men denne nettleseren sendte den ikke. Logg ut i nettleseren du logget inn med, \
         eller gå til kontoen din der.";
    sign_out_here: "Sign out", "Logg ut";
    open_too_long: "This page has expired", "Siden er utløpt";
    already_completed: "This sign-in is already complete", "Denne innloggingen er allerede fullført";
    start_again_and_sign_in: "Start again to sign in.", "Start på nytt for å logge inn.";
    start_again_from_the_app: "Go back to the app and start again.", "Gå tilbake til appen og start på nytt.";
    start_again: "Start again", "Start på nytt";
    does_not_belong_here: "This page belongs to another sign-in", "Siden hører til en annen innlogging";
    made_for_another_browser: "It was opened in another browser or for another sign-in. Go back to the app and start \
    again.",
        "Den ble åpnet i en annen nettleser eller for en annen innlogging. Gå tilbake til appen og start på nytt.";
    no_cookie: "Cookie missing", "Informasjonskapsel mangler";
    why_no_cookie(issuer: &str): "Allow cookies for this site, then go back to the app and start again in this \
    browser. If the address bar does not start with {issuer}, that is the cause: the cookie is valid for that address only.",
        "Tillat informasjonskapsler fra dette nettstedet, gå tilbake til appen og start på nytt i denne nettleseren. \
         Hvis adressefeltet ikke begynner med {issuer}, er det årsaken: Informasjonskapselen gjelder bare for den adressen.";
}

impl Language {
    /// Part of a URI that does not match.
    pub(in crate::http) const fn only_difference(self, part: Difference) -> &'static str {
        match part {
            Difference::Scheme => self.only_the_scheme(),
            Difference::Host => self.only_the_host(),
            Difference::Port => self.only_the_port(),
            Difference::Path => self.only_the_path(),
            Difference::Case => self.only_the_case(),
            Difference::TrailingSlash => self.only_the_slash(),
            Difference::Query => self.only_the_query(),
        }
    }

    /// Heading of a page with this error.
    pub(in crate::http) fn error_title(self, code: ErrorCode) -> &'static str {
        match code {
            ErrorCode::CannotStore => self.server_cannot_store(),
            ErrorCode::ServerError => self.server_failed(),
            ErrorCode::TemporarilyUnavailable => self.server_is_busy(),
            ErrorCode::SetupRequired => self.server_is_not_set_up(),
            _ => self.cannot_be_answered(),
        }
    }

    /// Advice for the user.
    pub(in crate::http) fn error_advice(self, code: ErrorCode) -> &'static str {
        match code {
            ErrorCode::ServerError
            | ErrorCode::TemporarilyUnavailable
            | ErrorCode::CannotStore
            | ErrorCode::SlowDown => self.try_again_or_tell(),
            ErrorCode::SetupRequired => self.wait_for_setup(),
            _ => self.app_must_fix_it(),
        }
    }
}
