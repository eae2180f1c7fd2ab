//! What a person is told when something cannot be. The error's code and description stay as the standard
//! has them (RFC 6749 §4.1.2.1): they are for the developer.

use crate::{domain::language::Language, http::pages::views::Difference, oauth::error::ErrorCode};

super::texts! {
    address_not_registered: "This app asked to return to an address it has not registered",
        "Appen ba om å få svaret på en adresse den ikke har registrert";
    address_must_match: "The address must be registered for the client, character for character (RFC 9700 §4.1.3).",
        "Adressen må være registrert for klienten, tegn for tegn (RFC 9700 §4.1.3).";
    only_the_scheme: "Only http and https differ here.", "Bare http og https er ulike her.";
    only_the_host: "Only the host differs here: localhost and 127.0.0.1 are two hosts, too.",
        "Bare vertsnavnet er ulikt her: localhost og 127.0.0.1 er også to ulike.";
    only_the_port: "Only the port differs here.", "Bare porten er ulik her.";
    only_the_path: "Only the path differs here.", "Bare stien er ulik her.";
    only_the_case: "Only capital and small letters differ here.", "Bare store og små bokstaver er ulike her.";
    only_the_slash: "Only the slash at the end differs here.", "Bare skråstreken på slutten er ulik her.";
    only_the_query: "Only the query differs here.", "Bare spørredelen er ulik her.";
    open_this_flow: "Open this flow in the admin page", "Åpne forløpet på administrasjonssiden";
    register_this_address_for: "Register this address for", "Registrer denne adressen for";
    only_if_it_is_the_clients: "Do this only if the address belongs to the app: whoever has it is sent the sign-ins.",
        "Gjør det bare hvis adressen hører til appen: Den som har den, får innloggingene.";
    add_the_address_in: "The client is declared in a file. To allow this address, add it there:", "Klienten er beskrevet i en fil. Skal adressen tillates, legg den til der:";
    address_is_registered: "The address is registered", "Adressen er registrert";
    sign_in_can_be_tried: "The sign-in can be tried again.", "Du kan prøve innloggingen på nytt.";
    try_again: "Try the sign-in again", "Prøv innloggingen på nytt";
    server_failed: "Something went wrong on this server", "Noe gikk galt på denne serveren";
    server_is_busy: "This server is busy", "Denne serveren har det travelt";
    server_cannot_store: "This server cannot store anything at the moment", "Denne serveren kan ikke lagre noe akkurat nå";
    server_is_not_set_up: "This server is not set up yet", "Denne serveren er ikke satt opp ennå";
    cannot_be_answered: "This request cannot be answered", "Denne forespørselen kan ikke besvares";
    app_must_mend_it: "You have not been signed in to the app. Go back to it and try again; if that does not help, whoever runs it must mend it.",
        "Du er ikke logget inn i appen. Gå tilbake til den og prøv igjen. Hjelper ikke det, må den som driver appen, rette feilen.";
    app_is_not_verified: "Nobody who runs this server has verified this app, so you are not sent on to it. Close this page, and go back to the app only if you know it.",
        "Ingen som driver denne serveren, har bekreftet denne appen. Derfor sendes du ikke videre til den. Lukk siden, og gå bare tilbake til appen hvis du kjenner den.";
    try_again_or_tell: "Try again in a moment. If it happens again, tell whoever runs this server.",
        "Prøv igjen om litt. Skjer det igjen, si fra til den som driver denne serveren.";
    wait_for_setup: "Whoever runs it has to create its administrator first.", "Den som driver den, må først opprette en administrator.";
    sent: "Sent", "Sendt";
    registered: "Registered", "Registrert";
    nothing: "nothing", "ingenting";
    for_the_developer: "For the developer", "Til utvikleren";
    error: "Error", "Feil";
    what_it_means: "Means", "Betyr";
    standard: "Standard", "Standard";
    reference: "Reference", "Referanse";
    give_the_reference: "Give it to whoever runs the app or this server.", "Gi den til den som driver appen eller denne serveren.";

    has_its_administrator: "This server has its administrator", "Denne serveren har allerede en administrator";
    setup_link_worked_once: "The set-up link works once, and it was used. An administrator can make others.",
        "Oppsettlenken virker én gang, og den er brukt. En administrator kan opprette flere.";
    could_not_sign_you_out: "This app could not sign you out", "Appen kunne ikke logge deg ut";
    still_signed_in: "You are still signed in. You can sign out here.", "Du er fortsatt logget inn. Du kan logge ut her.";
    not_signed_in_here: "This browser is not signed in here, so there is nothing to sign out of.",
        "Denne nettleseren er ikke logget inn her, så det er ingenting å logge ut av.";
    session_is_elsewhere: "Your session is still active, but this browser did not send it. Sign out in the browser you signed in with, or go to your account there.",
        "Økten din er fortsatt aktiv, men denne nettleseren sendte den ikke. Logg ut i nettleseren du logget inn med, eller gå til kontoen din der.";
    sign_out_here: "Sign out here", "Logg ut her";
    open_too_long: "This page was open too long", "Denne siden var åpen for lenge";
    already_completed: "This sign-in is already complete", "Denne innloggingen er allerede fullført";
    start_again_and_sign_in: "Nothing is lost: start again and sign in.", "Ingenting er tapt: Start på nytt og logg inn.";
    start_again_from_the_app: "Nothing is lost: go back to the app and start again.", "Ingenting er tapt: Gå tilbake til appen og start på nytt.";
    start_again: "Start again", "Start på nytt";
    does_not_belong_here: "This page does not belong here", "Denne siden hører ikke hjemme her";
    made_for_another_browser: "It was made for another browser or another sign-in. Go back to the app and start again.",
        "Den ble laget for en annen nettleser eller en annen innlogging. Gå tilbake til appen og start på nytt.";
    no_cookie: "The browser sent no cookie", "Nettleseren sendte ingen informasjonskapsel";
    why_no_cookie(issuer: &str): "Allow the cookies of this site, and start again from the app, in the browser in which you want to sign in. If its address bar does not begin with {issuer}, that is why: cookies are kept for that address only.",
        "Tillat informasjonskapsler fra dette nettstedet, og start på nytt fra appen i den nettleseren du vil logge inn i. Begynner ikke adressefeltet med {issuer}, er det grunnen: Informasjonskapslene gjelder bare for den adressen.";
}

impl Language {
    /// Which part of an address it is that does not match.
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

    /// What a page with this error is headed.
    pub(in crate::http) fn error_title(self, code: ErrorCode) -> &'static str {
        match code {
            ErrorCode::CannotStore => self.server_cannot_store(),
            ErrorCode::ServerError => self.server_failed(),
            ErrorCode::TemporarilyUnavailable => self.server_is_busy(),
            ErrorCode::SetupRequired => self.server_is_not_set_up(),
            _ => self.cannot_be_answered(),
        }
    }

    /// What the person can do about it.
    pub(in crate::http) fn error_advice(self, code: ErrorCode) -> &'static str {
        match code {
            ErrorCode::ServerError
            | ErrorCode::TemporarilyUnavailable
            | ErrorCode::CannotStore
            | ErrorCode::SlowDown => self.try_again_or_tell(),
            ErrorCode::SetupRequired => self.wait_for_setup(),
            _ => self.app_must_mend_it(),
        }
    }
}
