//! Signing in and out, consent, devices, set-up, and what is on every page.

use crate::{domain::language::Language, store::StoreError};

super::texts! {
    // Every page.
    dev_mode: "Dev mode: relaxed rules, loopback only", "Utviklermodus: løsere regler, bare på denne maskinen";
    sign_in: "Sign in", "Logg inn";
    sign_out: "Sign out", "Logg ut";
    username: "Username", "Brukernavn";
    email: "Email", "E-post";
    password: "Password", "Passord";
    error_in_title: "Error: ", "Feil: ";
    continue_: "Continue", "Fortsett";
    busy: "The server is busy. Try again in a moment.", "Serveren har det travelt. Prøv igjen om litt.";
    cannot_store: "The server cannot store anything at the moment. Try again later.",
        "Serveren kan ikke lagre noe akkurat nå. Prøv igjen senere.";

    // The login page.
    sign_in_to(client: &str): "Sign in to {client}", "Logg inn for å gå til {client}";
    to_continue_to: "to continue to", "for å gå videre til";
    sign_in_as: "Sign in as", "Logg inn som";
    or_with_a_password: "or with a password", "eller med passord";
    username_or_email: "Username or email", "Brukernavn eller e-post";
    administrator: "administrator", "administrator";
    wrong_password: "Wrong username or password.", "Feil brukernavn eller passord.";
    too_many_attempts(wait: &str): "Too many wrong attempts. Try again in {wait}.",
        "For mange feil forsøk. Prøv igjen om {wait}.";

    // The consent page.
    allow_access_for(client: &str): "Allow access for {client}", "Gi {client} tilgang";
    allow_access: "Allow access?", "Gi tilgang?";
    asks_for_access: "asks for access to your account.", "ber om tilgang til kontoen din.";
    unverified: "Nobody who runs this server has checked this app: its name is what it calls itself. Allow it only if you know the addresses below.",
        "Ingen av dem som driver denne serveren, har sett på appen: Navnet er det den kaller seg selv. Gi bare tilgang hvis du kjenner adressene under.";
    it_will_be_able_to: "It will be able to", "Appen vil kunne";
    is_new: "new", "nytt";
    app: "App", "App";
    for_use_at: "For use at", "Til bruk hos";
    this_server: "This server", "Denne serveren";
    acts_for_you: "It may act for you, and for others as far as you may. What it does so is recorded, and you can stop it in your account.",
        "Den kan handle på vegne av deg, og av andre så langt du selv kan. Det den gjør slik, blir loggført, og du kan stoppe det i kontoen din.";
    goes_back_to: "Goes back to", "Går tilbake til";
    signed_in_as: "Signed in as", "Logget inn som";
    use_another_account: "Not you? Use another account", "Ikke deg? Bruk en annen konto";
    goes_to_this_computer: "This goes to a program on this computer. Allow it only if you started the sign-in yourself.",
        "Dette går til et program på denne maskinen. Gi bare tilgang hvis du selv startet innloggingen.";
    allow: "Allow", "Gi tilgang";
    deny: "Deny", "Avslå";

    // Devices.
    connect_a_device: "Connect a device", "Koble til en enhet";
    type_the_code: "Type the code that the device shows.", "Skriv koden som enheten viser.";
    code: "Code", "Kode";
    code_hint: "Eight letters. Small letters and a missing dash are fine.",
        "Åtte bokstaver. Små bokstaver går bra, og bindestreken kan utelates.";
    connect_a_device_to(client: &str): "Connect a device to {client}", "Koble en enhet til {client}";
    connect_this_device: "Connect this device?", "Koble til denne enheten?";
    on_a_device_asks: "on a device asks for access to your account.", "på en enhet ber om tilgang til kontoen din.";
    unverified_device: "Nobody who runs this server has checked this app: its name is what it calls itself. Allow it only if you know it.",
        "Ingen av dem som driver denne serveren, har sett på appen: Navnet er det den kaller seg selv. Gi bare tilgang hvis du kjenner den.";
    compare_the_code: "Allow it only if your device shows this code now. If somebody sent you the code or a link to this page, deny it.",
        "Gi bare tilgang hvis enheten din viser denne koden nå. Har noen sendt deg koden eller en lenke hit, så avslå.";
    asked_from: "Asked from", "Spurt fra";
    device_connected: "Device connected", "Enheten er koblet til";
    device_goes_on: "Go back to the device: it goes on by itself. You can close this page.",
        "Gå tilbake til enheten, den fortsetter av seg selv. Du kan lukke denne siden.";
    device_denied: "Device denied", "Enheten fikk avslag";
    device_got_nothing: "It got no access. You can close this page.", "Den fikk ikke tilgang. Du kan lukke denne siden.";
    no_such_code: "No device shows this code. Check it and try again.", "Ingen enhet viser denne koden. Sjekk den og prøv igjen.";
    code_was_used: "This code was used already. Get a new one on the device.", "Denne koden er allerede brukt. Hent en ny på enheten.";
    code_has_expired: "This code has expired. Get a new one on the device.", "Denne koden er utløpt. Hent en ny på enheten.";
    too_many_codes(wait: &str): "Too many wrong codes. Try again in {wait}.",
        "For mange feil koder. Prøv igjen om {wait}.";

    // Signing out.
    sign_out_question: "Sign out?", "Logge ut?";
    signed_in_to: "Signed in to, from here", "Logget inn herfra i";
    show: "Show", "Vis";
    hide: "Hide", "Skjul";
    asks_to_sign_you_out: "asks to sign you out.", "vil logge deg ut.";
    you_are_signed_in_as: "You are signed in as", "Du er logget inn som";
    stay_signed_in: "Stay signed in", "Forbli innlogget";
    signed_out: "Signed out", "Logget ut";
    you_are_signed_out: "You are signed out", "Du er logget ut";
    close_this_page: "You can close this page.", "Du kan lukke denne siden.";
    sign_in_again: "Sign in again", "Logg inn igjen";

    // On the way back.
    back_to_the_app: "Back to the app", "Tilbake til appen";
    one_moment: "One moment", "Et øyeblikk";
    press_continue: "If nothing happens, press Continue.", "Hvis ingenting skjer, trykk Fortsett.";

    // The first administrator.
    create_the_administrator: "Create the administrator", "Opprett administratoren";
    this_account_manages: "This account manages the server.", "Denne kontoen styrer serveren.";
    code_came_with_the_link: "The one-time code came with the link.", "Engangskoden fulgte med lenken.";
    one_time_code: "One-time code", "Engangskode";
    one_time_code_where: "in the link on the server’s console.", "i lenken på serverens konsoll.";
    one_time_code_part: "The part after", "Delen etter";
    makes_a_new_one: "makes a new one.", "lager en ny.";
    at_least_8_characters: "At least 8 characters.", "Minst 8 tegn.";
    create_administrator: "Create administrator", "Opprett administrator";
    administrator_created: "Administrator created", "Administratoren er opprettet";
    setup_link_is_spent: "is signed in. The set-up link no longer works.", "er logget inn. Oppsettlenken virker ikke lenger.";
    open_the_admin_page: "Open the admin page", "Åpne administrasjonssiden";
    setup_link_is_old: "This link has expired or was used. Run keyfob setup-url for a new one.",
        "Denne lenken er utløpt eller brukt. Kjør keyfob setup-url for å få en ny.";
    has_administrator: "This server has an administrator already. Sign in instead.",
        "Denne serveren har allerede en administrator. Logg inn i stedet.";
    choose_a_username: "Choose a username.", "Velg et brukernavn.";
    choose_a_longer_password: "Choose a password of at least 8 characters.", "Velg et passord på minst 8 tegn.";
    username_is_taken: "This username is taken.", "Dette brukernavnet er opptatt.";
    email_is_taken: "This e-mail address is taken.", "Denne e-postadressen er opptatt.";

    // The home page.
    what_it_is: "An OAuth 2.1 and OpenID Connect server.", "En server for OAuth 2.1 og OpenID Connect.";
    no_administrator_yet: "This server has no administrator yet. Run", "Denne serveren har ingen administrator ennå. Kjør";
    or_see_its_console: "or see its console.", "eller se på konsollen dens.";
    discovery: "Discovery", "Discovery";
    libraries_read_from_here: "Most libraries need only the issuer. They read the rest from here:",
        "De fleste biblioteker trenger bare utstederen. Resten leser de herfra:";
    endpoints: "Endpoints", "Endepunkter";
    issuer: "Issuer", "Utsteder";
}

impl Language {
    /// Why something that a person typed was not stored, as far as it is for them.
    pub(in crate::http) fn not_stored(self, error: &StoreError) -> &'static str {
        match error.is_lack_of_storage() {
            true => self.cannot_store(),
            false => self.busy(),
        }
    }
}
