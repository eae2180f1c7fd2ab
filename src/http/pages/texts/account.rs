//! `/account`.

use crate::domain::{language::Language, user_agent::Device};

super::texts! {
    your_account: "Your account", "Kontoen din";
    account_sections: "Account sections", "Kontosider";
    profile: "Profile", "Profil";
    sessions: "Sessions", "Økter";
    apps: "Apps", "Apper";
    save: "Save", "Lagre";
    check_the_fields: "Changes not saved. Fix the marked fields.", "Endringene ble ikke lagret. Rett feltene som er \
    merket.";

    // Profile.
    given_name: "Given name", "Fornavn";
    family_name: "Family name", "Etternavn";
    language: "Language", "Språk";
    as_the_browser_says: "Use browser language", "Følg nettleserens språk";
    time_zone: "Time zone", "Tidssone";
    time_zone_hint: "For example Europe/Oslo. Shared with apps that can see your profile.", "For eksempel \
    Europe/Oslo. Deles med apper som kan se profilen din.";
    profile_is_saved: "Profile saved.", "Profilen er lagret.";
    too_long: "Too long. Use at most 255 characters.", "For langt. Bruk høyst 255 tegn.";
    no_time_zone: "Unknown time zone. Use a name such as Europe/Oslo.", "Ukjent tidssone. Bruk et navn som \
    Europe/Oslo.";
    managed_elsewhere: "Your name, email and language are managed by the administrator of this server. Contact them \
    to make a change.",
        "Navn, e-post og språk administreres av administratoren for denne serveren. Kontakt administratoren hvis noe \
         skal endres.";
    password_is_declared: "The administrator of this server sets your password. Contact them to change it.",
        "Administratoren for denne serveren bestemmer passordet ditt. Kontakt administratoren for å endre det.";
    email_is_verified: "Verified. If you change it, an administrator must verify the new address.",
        "Bekreftet. Endrer du adressen, må en administrator bekrefte den nye.";
    email_is_not_verified: "Not verified.", "Ikke bekreftet.";
    change_email: "Change email", "Endre e-post";
    email_is_changed: "Email changed.", "E-postadressen er endret.";
    no_email: "Enter an email address such as name@example.com.", "Skriv inn en e-postadresse, for eksempel \
    navn@example.com.";
    sign_in_anew: "Sign in again to change your email",
        "Logg inn på nytt for å endre e-post";
    appearance: "Appearance", "Utseende";
    as_the_system: "System", "System";
    light: "Light", "Lyst";
    dark: "Dark", "Mørkt";
    appearance_is_saved: "Appearance saved in this browser.", "Utseendet er lagret i denne nettleseren.";
    your_data: "Your data", "Dataene dine";
    what_the_export_holds: "Your profile, sessions, apps and delegations as a JSON file.", "Profil, økter, apper og \
    delegeringer som en JSON-fil.";
    download: "Download your data", "Last ned dataene dine";

    // Password.
    current_password: "Current password", "Nåværende passord";
    new_password: "New password", "Nytt passord";
    new_password_again: "Confirm new password", "Bekreft nytt passord";
    passwords_differ: "Passwords do not match.", "Passordene er ikke like.";
    not_your_password: "Wrong password.", "Feil passord.";
    sign_out_elsewhere: "Sign out of all other sessions", "Logg ut av alle andre økter";
    change_password: "Change password", "Bytt passord";
    password_is_changed: "Password changed.", "Passordet er byttet.";
    // On a link.
    choose_a_password: "Choose a password", "Velg et passord";
    checking_the_link: "This link is personal and can be used once.", "Lenken er personlig og kan brukes én gang.";
    link_code_hint{start: Code}: "The part after {start} in the link you received.",
        "Delen etter {start} i lenken du har fått.";
    for_the_account{user: Name}: "Account: {user}", "Konto: {user}";
    save_password: "Save password", "Lagre passordet";
    password_link_is_old: "This link is no longer valid. It has expired, been used or been replaced. Ask for a new \
    link.",
        "Lenken er ikke lenger gyldig. Den er utløpt, brukt eller erstattet. Be om en ny lenke.";
    password_is_set: "Password set", "Passordet er lagret";
    link_is_spent: "You have been signed out everywhere. Sign in with your new password.",
        "Du er logget ut overalt. Logg inn med det nye passordet.";
    but_signed_in_as{user: Name}: "This browser is still signed in as {user}.",
        "Denne nettleseren er fortsatt logget inn som {user}.";

    no_password_yet: "Your account has no password.", "Kontoen din har ikke noe passord.";
    ask_for_a_password: "Ask the administrator of this server for a link to set one.", "Be administratoren for denne \
    serveren om en lenke der du kan velge et.";

    // Sessions.
    where_you_are_signed_in: "Where you are signed in", "Her er du logget inn";
    this_device: "this device", "denne enheten";
    signed_in_when: "Signed in", "Logget inn";
    last_used: "Last used", "Sist brukt";
    came_from: "IP address", "IP-adresse";
    unknown_browser: "Unknown browser", "Ukjent nettleser";
    sign_out_others: "Sign out of all other sessions", "Logg ut av alle andre økter";
    session_is_ended: "Session signed out.", "Økten er logget ut.";
    sessions_are_ended: "All other sessions signed out.", "Alle andre økter er logget ut.";
    which_session(device: &str): "Sign out {device}", "Logg ut {device}";

    // Apps.
    apps_with_access: "Apps with access", "Apper med tilgang";
    no_apps: "No app has access to your account.", "Ingen apper har tilgang til kontoen din.";
    it_can: "It can", "Den kan";
    at_resource: "APIs", "API-er";
    access_since: "Granted", "Tilgang gitt";
    not_lately: "Not recently", "Ikke nylig";
    remove_access: "Remove access", "Fjern tilgang";
    remove_access_of(client: &str): "Remove access for {client}", "Fjern tilgang for {client}";
    access_is_removed: "Access removed. The app can no longer use your account.", "Tilgangen er fjernet. Appen kan \
    ikke lenger bruke kontoen din.";
    acting_for_you: "Acting for you", "Handler på vegne av deg";
    nobody_acts: "No one is acting for you.", "Ingen handler på vegne av deg.";
    acts_through: "Via", "Via";
    acts_until: "Expires", "Utløper";
    in_team: "Team", "Team";
    stop: "Stop", "Stopp";
    stop_acting_of(actor: &str): "Stop {actor}", "Stopp {actor}";
    acting_is_stopped: "Stopped. It can no longer act for you.", "Stoppet. Den kan ikke lenger handle på vegne av deg.";

    now: "just now", "akkurat nå";
}

impl Language {
    /// "Firefox on Linux".
    pub(in crate::http) fn device(self, user_agent: Option<&str>) -> String {
        let device = Device::of(user_agent.unwrap_or_default());
        let browser = device.browser.unwrap_or_else(|| self.unknown_browser());
        match (device.system, self) {
            (None, _) => browser.to_owned(),
            (Some(system), Self::English) => format!("{browser} on {system}"),
            (Some(system), Self::Bokmal) => format!("{browser} på {system}"),
        }
    }
}
