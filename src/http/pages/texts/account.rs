//! `/account`.

use crate::domain::{language::Language, user_agent::Device};

super::texts! {
    your_account: "Your account", "Kontoen din";
    account_sections: "Parts of your account", "Deler av kontoen din";
    profile: "Profile", "Profil";
    sessions: "Sign-ins", "Innlogginger";
    apps: "Apps", "Apper";
    save: "Save", "Lagre";
    check_the_fields: "Nothing was saved: look at the marked fields.", "Ingenting ble lagret: Se på feltene som er merket.";

    // Profile.
    given_name: "Given name", "Fornavn";
    family_name: "Family name", "Etternavn";
    language: "Language", "Språk";
    as_the_browser_says: "As the browser says", "Som nettleseren sier";
    time_zone: "Time zone", "Tidssone";
    time_zone_hint: "Such as Europe/Oslo. Apps that you let see your profile get it.", "For eksempel Europe/Oslo. Apper som får se profilen din, får den også.";
    profile_is_saved: "Your profile is saved.", "Profilen din er lagret.";
    too_long: "This is too long.", "Dette er for langt.";
    no_time_zone: "There is no time zone of this name.", "Det finnes ingen tidssone med dette navnet.";
    managed_elsewhere: "Your name, email and language are kept by whoever runs this server. Ask them for a change.",
        "Navnet, e-postadressen og språket ditt vedlikeholdes av den som driver denne serveren. Be vedkommende om en endring.";
    password_is_declared: "The administrator of this server sets your password. Ask them to change it.",
        "Administratoren av denne serveren bestemmer passordet ditt. Be vedkommende om å endre det.";
    email_is_verified: "It is verified. A new one is not, until whoever runs this server has verified it.",
        "Den er bekreftet. En ny er det ikke før den som driver denne serveren, har bekreftet den.";
    email_is_not_verified: "It is not verified.", "Den er ikke bekreftet.";
    change_email: "Change email", "Endre e-post";
    email_is_changed: "Your email is changed.", "E-postadressen din er endret.";
    no_email: "This is not an email address.", "Dette er ikke en e-postadresse.";
    sign_in_anew: "Sign in again to do this: it is some time since you last did.",
        "Logg inn på nytt for å gjøre dette: Det er en stund siden sist.";
    appearance: "Colours", "Farger";
    as_the_system: "As the system", "Som systemet";
    light: "Light", "Lyse";
    dark: "Dark", "Mørke";
    appearance_is_saved: "The colours are saved in this browser.", "Fargene er lagret i denne nettleseren.";
    your_data: "Your data", "Opplysningene dine";
    what_the_export_holds: "Your profile, sign-ins, apps and what acts for you, as a JSON file.", "Profilen, innloggingene, appene og det som handler på vegne av deg, som en JSON-fil.";
    download: "Download", "Last ned";

    // Password.
    current_password: "Current password", "Nåværende passord";
    new_password: "New password", "Nytt passord";
    new_password_again: "New password again", "Nytt passord én gang til";
    passwords_differ: "The two are not the same.", "Passordene er ikke like.";
    not_your_password: "This is not your password.", "Dette er ikke passordet ditt.";
    sign_out_elsewhere: "Sign out everywhere else", "Logg ut alle andre steder";
    change_password: "Change password", "Bytt passord";
    password_is_changed: "Your password is changed.", "Passordet ditt er byttet.";
    // On a link.
    choose_a_password: "Choose a password", "Velg et passord";
    checking_the_link: "This link is for one person, and works once.", "Denne lenken er til én person, og virker én gang.";
    link_code_where: "in the link that you were sent.", "i lenken du har fått.";
    for_the_account: "For the account", "For kontoen";
    save_password: "Save password", "Lagre passordet";
    password_link_is_old: "This link does not work any more: it has expired, was used or was replaced. Ask whoever sent it for a new one.",
        "Denne lenken virker ikke lenger: Den er utløpt, brukt eller erstattet. Be den som sendte den, om en ny.";
    password_is_set: "Your password is set", "Passordet ditt er lagret";
    link_is_spent: "The link no longer works, and your account was signed out everywhere. Sign in with your new password.",
        "Lenken virker ikke lenger, og kontoen din er logget ut overalt. Logg inn med det nye passordet.";
    but_signed_in_as: "This browser is signed in as", "Denne nettleseren er logget inn som";

    no_password_yet: "Your account has no password.", "Kontoen din har ikke noe passord.";
    ask_for_a_password: "Ask whoever runs this server to give you one.", "Be den som driver denne serveren, om å gi deg et.";

    // Sessions.
    where_you_are_signed_in: "Where you are signed in", "Her er du logget inn";
    this_device: "this device", "denne enheten";
    signed_in_when: "Signed in", "Logget inn";
    last_used: "Last used", "Sist brukt";
    came_from: "From", "Fra";
    unknown_browser: "Unknown browser", "Ukjent nettleser";
    sign_out_others: "Sign out all others", "Logg ut alle andre";
    session_is_ended: "That browser is signed out.", "Den nettleseren er logget ut.";
    sessions_are_ended: "All other browsers are signed out.", "Alle andre nettlesere er logget ut.";
    which_session(device: &str): "Sign out {device}", "Logg ut {device}";

    // Apps.
    apps_with_access: "Apps with access", "Apper med tilgang";
    no_apps: "No app has access to your account.", "Ingen apper har tilgang til kontoen din.";
    it_can: "It can", "Den kan";
    at_resource: "At", "Hos";
    access_since: "Granted", "Gitt";
    not_lately: "not lately", "ikke i det siste";
    remove_access: "Remove access", "Fjern tilgang";
    remove_access_of(client: &str): "Remove access of {client}", "Fjern tilgang for {client}";
    access_is_removed: "Its access is removed: what it holds no longer works.", "Tilgangen er fjernet: Det den har, virker ikke lenger.";
    acting_for_you: "Acting for you now", "Handler på vegne av deg nå";
    nobody_acts: "Nobody acts for you.", "Ingen handler på vegne av deg.";
    acts_through: "Through", "Gjennom";
    acts_until: "Until", "Til";
    in_team: "In the team", "I teamet";
    stop: "Stop", "Stopp";
    stop_acting_of(actor: &str): "Stop {actor}", "Stopp {actor}";
    acting_is_stopped: "It no longer acts for you.", "Den handler ikke lenger på vegne av deg.";

    now: "just now", "nå nettopp";
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
