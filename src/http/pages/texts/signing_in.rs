//! Signing in and out, consent, devices, setup, and what is on every page.

use crate::{domain::language::Language, store::StoreError};

super::texts! {
    // Every page.
    dev_mode: "Development mode: relaxed security, this machine only", "Utviklermodus: enklere sikkerhet, bare denne \
    maskinen";
    sign_in: "Sign in", "Logg inn";
    sign_out: "Sign out", "Logg ut";
    username: "Username", "Brukernavn";
    email: "Email", "E-post";
    password: "Password", "Passord";
    error_in_title: "Error: ", "Feil: ";
    continue_: "Continue", "Fortsett";
    busy: "The server is busy. Try again in a moment.", "Serveren er opptatt. Prøv igjen om litt.";
    cannot_store: "The server cannot save changes at the moment. Try again later.",
        "Serveren kan ikke lagre noe akkurat nå. Prøv igjen senere.";

    // Sign-in page.
    sign_in_to(client: &str): "Sign in to {client}", "Logg inn på {client}";
    to_continue_to{client: Name}: "to continue to {client}", "for å fortsette til {client}";
    to_continue_to_id{client_id: Code}: "to continue to {client_id}", "for å fortsette til {client_id}";
    sign_in_as: "Sign in as", "Logg inn som";
    or_with_a_password: "or with a password", "eller med passord";
    username_or_email: "Username or email", "Brukernavn eller e-post";
    administrator: "administrator", "administrator";
    cancel: "Cancel", "Avbryt";
    wrong_password: "Wrong username or password.", "Feil brukernavn eller passord.";
    too_many_attempts(wait: &str): "Too many failed attempts. Try again in {wait}.",
        "For mange mislykkede forsøk. Prøv igjen om {wait}.";

    // The consent page.
    allow_access_for(client: &str): "Allow {client} to access your account?", "Gi {client} tilgang til kontoen din?";
    allow_access: "Allow access?", "Gi tilgang?";
    asks_for_access{client: Name}: "{client} wants to access your account.", "{client} vil ha tilgang til kontoen din.";
    unverified: "This app has not been reviewed by the administrator of this server. It chose its own name. Allow \
    access only if you recognize the addresses below.",
        "Appen er ikke kontrollert av administratoren for denne serveren. Navnet har den valgt selv. Gi bare tilgang \
         hvis du kjenner igjen adressene nedenfor.";
    it_will_be_able_to: "This app will be able to", "Appen vil kunne";
    is_new: "new", "nytt";
    app: "App", "App";
    for_use_at: "For use with", "Til bruk med";
    acts_for_you: "This app can act for you, and for others where you are allowed to. What it does is recorded. You \
    can stop it in your account at any time.",
        "Appen kan handle på vegne av deg, og på vegne av andre der du selv har lov til det. Alt loggføres. Du kan \
         når som helst stoppe det på kontosiden din.";
    goes_back_to: "Returns to", "Sender deg tilbake til";
    signed_in_as: "Signed in as", "Logget inn som";
    use_another_account: "Not you? Use another account", "Ikke deg? Bruk en annen konto";
    goes_to_this_computer: "This gives access to an app on this computer. Allow it only if you started this \
    sign-in yourself.",
        "Tilgangen gis til et program på denne maskinen. Gi den bare hvis du selv startet innloggingen.";
    allow: "Allow", "Gi tilgang";
    deny: "Deny", "Avslå";

    // Devices.
    connect_a_device: "Connect a device", "Koble til en enhet";
    type_the_code: "Enter the code shown on your device.", "Skriv inn koden som vises på enheten.";
    code: "Code", "Kode";
    code_hint: "8 letters. Lower case is fine, and you can leave out the hyphen.",
        "8 bokstaver. Du kan bruke små bokstaver og utelate bindestreken.";
    connect_a_device_to(client: &str): "Connect a device to {client}", "Koble en enhet til {client}";
    connect_this_device: "Connect this device?", "Koble til denne enheten?";
    on_a_device_asks{client: Name}: "{client} on a device wants to access your account.",
        "{client} på en enhet vil ha tilgang til kontoen din.";
    unverified_device: "This app has not been reviewed by the administrator of this server. It chose its own name. \
    Allow access only if you recognize it.",
        "Appen er ikke kontrollert av administratoren for denne serveren. Navnet har den valgt selv. Gi bare tilgang \
         hvis du kjenner den igjen.";
    compare_the_code: "Allow access only if your device shows this code now. If someone sent you this code or a link \
    to this page, choose Deny.",
        "Gi bare tilgang hvis enheten din viser denne koden nå. Velg Avslå hvis noen har sendt deg koden eller en \
         lenke til denne siden.";
    asked_from: "Requested from", "Forespørsel fra";
    device_connected: "Device connected", "Enheten er koblet til";
    device_goes_on: "Return to your device. It continues automatically. You can close this page.",
        "Gå tilbake til enheten. Den fortsetter automatisk. Du kan lukke denne siden.";
    device_denied: "Access denied", "Tilgang avslått";
    device_got_nothing: "The device was not given access. You can close this page.", "Den fikk ikke tilgang. Du kan \
    lukke denne siden.";
    no_such_code: "Code not found. Check it and try again.", "Fant ikke koden. Kontroller den og prøv igjen.";
    code_was_used: "This code has already been used. Get a new code on your device.", "Denne koden er allerede brukt. \
    Hent en ny på enheten.";
    code_has_expired: "This code has expired. Get a new code on your device.", "Denne koden er utløpt. Hent en ny på \
    enheten.";
    too_many_codes(wait: &str): "Too many wrong codes. Try again in {wait}.",
        "For mange feilaktige koder. Prøv igjen om {wait}.";

    // Signing out.
    sign_out_question: "Sign out?", "Logge ut?";
    signed_in_to: "Apps you are signed in to", "Apper du er logget inn i";
    show: "Show", "Vis";
    hide: "Hide", "Skjul";
    asks_to_sign_you_out{client: Name}: "{client} wants to sign you out.", "{client} vil logge deg ut.";
    you_are_signed_in_as{user: Name}: "You are signed in as {user}.", "Du er logget inn som {user}.";
    stay_signed_in: "Stay signed in", "Forbli innlogget";
    signed_out: "Signed out", "Logget ut";
    you_are_signed_out: "You are signed out", "Du er logget ut";
    close_this_page: "You can close this page.", "Du kan lukke denne siden.";
    sign_in_again: "Sign in again", "Logg inn igjen";

    // On the way back.
    back_to_the_app: "Returning to the app", "Tilbake til appen";
    one_moment: "One moment", "Et øyeblikk";
    press_continue: "If nothing happens, select Continue.", "Hvis ingenting skjer, velger du Fortsett.";

    // The first administrator.
    create_the_administrator: "Create the first administrator", "Opprett den første administratoren";
    this_account_manages: "This account can manage everything on this server.", "Denne kontoen kan administrere alt \
    på serveren.";
    code_came_with_the_link: "The setup link filled in the one-time code.", "Engangskoden er hentet fra \
    oppsettslenken.";
    one_time_code: "One-time code", "Engangskode";
    one_time_code_hint{start: Code, command: Code}: "The part after {start} in the setup link shown in the server \
    console. {command} creates a new link.",
        "Delen etter {start} i oppsettslenken som vises i serverkonsollen. {command} oppretter en ny lenke.";
    at_least_8_characters: "At least 8 characters.", "Minst 8 tegn.";
    create_administrator: "Create administrator", "Opprett administrator";
    administrator_created: "Administrator created", "Administratoren er opprettet";
    setup_link_is_spent{user: Name}: "{user} is signed in. The setup link can no longer be used.",
        "{user} er logget inn. Oppsettslenken kan ikke brukes igjen.";
    open_the_admin_page: "Open admin page", "Åpne administrasjonssiden";
    setup_link_is_old: "This link has expired or has been used. Run keyfob setup-url to create a new one.",
        "Lenken er utløpt eller allerede brukt. Kjør keyfob setup-url for å lage en ny.";
    has_administrator: "This server already has an administrator. Sign in instead.",
        "Denne serveren har allerede en administrator. Logg inn i stedet.";
    choose_a_username: "Enter a username.", "Skriv inn et brukernavn.";
    choose_a_longer_password: "Use at least 8 characters.", "Bruk minst 8 tegn.";
    username_is_taken: "This username is already taken.", "Brukernavnet er allerede i bruk.";
    email_is_taken: "This email address is taken.", "E-postadressen er allerede i bruk.";

    // The home page.
    what_it_is: "An OAuth 2.1 and OpenID Connect server.", "En server for OAuth 2.1 og OpenID Connect.";
    no_administrator_yet{command: Code}: "This server has no administrator yet. Run {command}, or open the setup link \
    shown in the server console.",
        "Denne serveren har ingen administrator ennå. Kjør {command}, eller åpne oppsettslenken som vises i \
         serverkonsollen.";
    discovery: "Discovery", "Automatisk konfigurasjon";
    libraries_read_from_here: "Most libraries only need the issuer URL. They read the rest from:",
        "De fleste biblioteker trenger bare utsteder-URL-en. Resten leser de fra:";
    endpoints: "Endpoints", "Endepunkter";
    issuer: "Issuer", "Utsteder";
}

impl Language {
    /// Reason why an input of the user was not accepted, if it is for users.
    pub(in crate::http) fn not_stored(self, error: &StoreError) -> &'static str {
        match error.is_lack_of_storage() {
            true => self.cannot_store(),
            false => self.busy(),
        }
    }
}
