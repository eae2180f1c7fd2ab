//! Files that are wrong, one by one.

/// A file, and every line that is said of it.
pub const WRONG: &[(&str, &[&str])] = &[
    // The file itself.
    (
        "issuer = ",
        &["keyfob.toml:1: string values must be quoted, expected literal string"],
    ),
    (
        "\n\nlisten = \"a:1\"\nlisten = \"a:2\"",
        &["keyfob.toml:4: listen: duplicate key"],
    ),
    (
        "[server]\nlisten = \"a:1\"",
        &["keyfob.toml:1: server: unknown key"],
    ),
    // Settings.
    (
        "lisen = \"a:1\"",
        &["keyfob.toml:1: lisen: unknown key. Did you mean listen?"],
    ),
    (
        "log-format = \"json\"",
        &["keyfob.toml:1: log-format: unknown key. Did you mean log_format?"],
    ),
    (
        "clients = []",
        &["keyfob.toml:1: clients: unknown key. Did you mean client?"],
    ),
    (
        "listen = 8080",
        &["keyfob.toml:1: listen: must be a quoted string"],
    ),
    (
        "listen = \"8080\"",
        &["keyfob.toml:1: listen: must be host:port, such as localhost:8080 or 0.0.0.0:8080"],
    ),
    (
        "issuer = \"https://id.example/\"",
        &["keyfob.toml:1: issuer: must not end with a slash: write https://id.example"],
    ),
    (
        "issuer = \"https://ID.example\"",
        &["keyfob.toml:1: issuer: must be in lower case: write https://id.example"],
    ),
    (
        "issuer = \"https://id.example:443\"",
        &["keyfob.toml:1: issuer: must not contain the default port: write https://id.example"],
    ),
    (
        "issuer = \"https://id.example\\n\"",
        &[
            "keyfob.toml:1: issuer: must not contain spaces or line breaks: write https://id.example",
        ],
    ),
    (
        "issuer = \"https://id.example/auth\"",
        &["keyfob.toml:1: issuer: must not have a path: write https://id.example"],
    ),
    (
        "issuer = \"https://a:b@id.example\"",
        &[
            "keyfob.toml:1: issuer: must not contain a username or password: write https://id.example",
        ],
    ),
    (
        "issuer = \"https://id.example?x\"",
        &["keyfob.toml:1: issuer: must not have a query: write https://id.example"],
    ),
    (
        "\nissuer = \"http://id.example\"",
        &[
            "keyfob.toml:2: issuer: must use https outside localhost (RFC 9700 §2.6); --insecure-http allows http and sends passwords and tokens unencrypted",
        ],
    ),
    (
        "workers = \"two\"",
        &["keyfob.toml:1: workers: must be an integer"],
    ),
    (
        "workers = 0",
        &["keyfob.toml:1: workers: must be between 1 and 512"],
    ),
    (
        "workers = 1.5",
        &["keyfob.toml:1: workers: cannot be a number"],
    ),
    (
        "insecure_http = \"yes\"",
        &["keyfob.toml:1: insecure_http: must be true or false"],
    ),
    (
        "log_format = \"xml\"",
        &["keyfob.toml:1: log_format: must be pretty or json"],
    ),
    (
        "access_token_lifetime = \"2d\"",
        &["keyfob.toml:1: access_token_lifetime: must be between 1s and 1d"],
    ),
    (
        "accent_color = \"blue\"\nserver_name = \"\"\nlogo = \"nowhere.png\"\nevent_retention = \"always\"",
        &[
            "keyfob.toml:4: event_retention: must be a duration such as 90d, or forever",
            "keyfob.toml:2: server_name: must not be empty",
            "keyfob.toml:1: accent_color: must be a color such as #2b58d4 (# and 6 hexadecimal digits)",
            "keyfob.toml:3: logo: nowhere.png: does not exist",
        ],
    ),
    (
        "event_retention = \"0\"",
        &["keyfob.toml:1: event_retention: must be at least 1d, or forever"],
    ),
    (
        "session_lifetime = \"1 week\"",
        &[
            "keyfob.toml:1: session_lifetime: must be a number of seconds or a duration with a unit: 90s, 15m, 1h, 30d",
        ],
    ),
    (
        "id_token_lifetime = 0",
        &["keyfob.toml:1: id_token_lifetime: must be at least 1s"],
    ),
    (
        "outbound_allow = [\"10.0.0.0/8\", \"home\"]",
        &[
            "keyfob.toml:1: outbound_allow: \"home\" is not an IP address or a network such as 10.1.0.0/16",
        ],
    ),
    (
        "admin_username = \"ola\"",
        &["keyfob.toml:1: admin_username: requires admin_password"],
    ),
    (
        "admin_password_file = \"none\"",
        &["keyfob.toml:1: admin_password_file: none: does not exist"],
    ),
    (
        "admin_password = \"a\"\nadmin_password_file = \"b\"",
        &["keyfob.toml:2: admin_password_file: cannot be combined with admin_password"],
    ),
    // Objects.
    (
        "client = 1",
        &["keyfob.toml:1: client: must be [[client]], not an integer"],
    ),
    (
        "[client]\nclient_id = \"a\"",
        &["keyfob.toml:1: client: must be [[client]], not a table"],
    ),
    (
        "[[client]]\nclient_name = \"A\"",
        &["keyfob.toml:1: client: client_id: is required"],
    ),
    (
        "[[client]]\nclient_id = 1",
        &["keyfob.toml:2: client: client_id: must be a string"],
    ),
    (
        "[[client]]\nclient_id = \"web\"\ntoken_endpoint_auth_method = \"none\"\nredirect_uris = [\n  \"https://a.example/cb\",\n  \"https://a.example/cb#top\",\n]",
        &[
            "keyfob.toml:6: client \"web\": redirect_uris[1]: must not have a fragment (RFC 6749 §3.1.2)",
        ],
    ),
    (
        "[[client]]\nclient_id = \"web\"\nredirect_uri = \"https://a.example/cb\"\ngrant_types = \"authorization_code\"",
        &[
            "keyfob.toml:3: client \"web\": redirect_uri: unknown key. Did you mean redirect_uris?",
            "keyfob.toml:4: client \"web\": grant_types: must be a list",
        ],
    ),
    (
        "[[client]]\nclient_id = \"web\"\nredirect_uris = [1]\nrequire_pkce = \"no\"\naccess_token_lifetime = \"soon\"\ndefault_max_age = -1",
        &[
            "keyfob.toml:3: client \"web\": redirect_uris: must be a list of strings",
            "keyfob.toml:4: client \"web\": require_pkce: must be true or false",
            "keyfob.toml:5: client \"web\": access_token_lifetime: must be a number of seconds or a duration with a unit: 90s, 15m, 1h, 30d",
            "keyfob.toml:6: client \"web\": default_max_age: must be an integer",
        ],
    ),
    (
        "[[client]]\nclient_id = \"web\"\nredirect_uris = [\"https://a.example/cb\"]",
        &[
            "keyfob.toml:1: client \"web\": token_endpoint_auth_method: is required: set \"none\" for a public client, or add client_secret",
        ],
    ),
    (
        "[[client]]\nclient_id = \"job\"\nclient_secret = \"short\"\ngrant_types = [\"client_credentials\"]",
        &["keyfob.toml:3: client \"job\": client_secret: must have at least 8 characters"],
    ),
    (
        "[[client]]\nclient_id = \"job\"\nclient_secret = \"s3cret of\\nthe job\"\ngrant_types = [\"client_credentials\"]",
        &[
            "keyfob.toml:3: client \"job\": client_secret: must not contain line breaks or other control characters",
        ],
    ),
    (
        "[[user]]\nusername = \"ola\"\nemail_verified = true",
        &["keyfob.toml:3: user \"ola\": email_verified: requires an email address"],
    ),
    (
        "[[user]]\nusername = \"ola\"\nclaims = { phone_number_verified = true }",
        &["keyfob.toml:3: user \"ola\": claims: phone_number_verified requires phone_number"],
    ),
    (
        "[[user]]\nusername = \"ola\"\nemail = \"a@b.c,d@e.f\"",
        &["keyfob.toml:3: user \"ola\": email: must be an email address"],
    ),
    (
        "[[user]]\nusername = \"ola\"\nemail = \"\u{f6}@ex\u{e4}mple.com\"\n[[user]]\nusername = \"kari\"\nemail = \"\u{f6}@xn--exmple-cua.com\"",
        &["keyfob.toml:6: user \"kari\": email: is already used by the user in line 1"],
    ),
    (
        "[[client]]\nclient_id = \"job\"\nclient_secret = [\"s3cret-of-the-job\"]",
        &["keyfob.toml:3: client \"job\": client_secret: must be a string"],
    ),
    (
        "[[client]]\nclient_id = \"job\"\nclient_secret = \"s3cret-of-the-job\"\nclient_secret_file = \"job.secret\"",
        &[
            "keyfob.toml:4: client \"job\": client_secret_file: cannot be combined with client_secret",
        ],
    ),
    (
        "[[client]]\nclient_id = \"job\"\nclient_secret = \"s3cret-of-the-job\"\ngrant_types = [\"client_credentials\"]\n\n[[client]]\nclient_id = \"job\"\n",
        &["keyfob.toml:7: client \"job\": client_id: already declared in line 1"],
    ),
    (
        "[[client]]\nclient_id = \"keyfob\"\nclient_secret = \"s3cret-of-the-job\"\ngrant_types = [\"client_credentials\"]",
        &["keyfob.toml:2: client \"keyfob\": client_id: is reserved for Keyfob's own pages"],
    ),
    (
        "[[client]]\nclient_id = \"spa\"\ntoken_endpoint_auth_method = \"none\"\ngrant_types = [\"client_credentials\"]",
        &[
            "keyfob.toml:4: client \"spa\": grant_types[0]: client_credentials is not allowed for public clients (RFC 6749 §4.4)",
        ],
    ),
    (
        "[[user]]\nusername = \"ola\"\npassword = \"short\"",
        &["keyfob.toml:3: user \"ola\": password: must have at least 8 characters"],
    ),
    (
        "[[user]]\nusername = \"ola\"\npassword = 12345678",
        &["keyfob.toml:3: user \"ola\": password: must be a string"],
    ),
    (
        "[[user]]\nusername = \"ola\"\npasword = \"correct horse\"",
        &["keyfob.toml:3: user \"ola\": pasword: unknown key. Did you mean password?"],
    ),
    (
        "[[user]]\nusername = \"ola\"\npassword = \"correct horse\"\npassword_hash = \"$argon2id$x\"",
        &["keyfob.toml:4: user \"ola\": password_hash: cannot be combined with password"],
    ),
    (
        "[[user]]\nusername = \"Ola\"\n[[user]]\nusername = \"ola \"",
        &["keyfob.toml:4: user \"ola \": username: already declared in line 1"],
    ),
    (
        "[[user]]\nusername = \"ola\"\nemail = \"ola\"",
        &["keyfob.toml:3: user \"ola\": email: must be an email address"],
    ),
    (
        "[[user]]\nusername = \"ola\"\nteams = [{ id = \"acme\", role = \"boss\" }]",
        &["keyfob.toml:3: user \"ola\": teams: must be member or admin"],
    ),
    (
        "[[user]]\nusername = \"ola\"\nsub = \"o\"\nemail = \"o@example.com\"\n[[user]]\nusername = \"kari\"\nsub = \"o\"\nemail = \"O@example.com\"",
        &[
            "keyfob.toml:7: user \"kari\": sub: is already used by the user in line 1",
            "keyfob.toml:8: user \"kari\": email: is already used by the user in line 1",
        ],
    ),
    (
        "[[user]]\nusername = \"web\"\nsub = \"web\"\n[[client]]\nclient_id = \"web\"\nclient_secret = \"s3cret-of-the-web\"\ngrant_types = [\"client_credentials\"]",
        &["keyfob.toml:3: user \"web\": sub: is already used by the client in line 4"],
    ),
    (
        "[[team]]\nid = \"a b\"",
        &["keyfob.toml:2: team \"a b\": id: team id must contain only letters, digits and -_.:"],
    ),
    (
        "[[scope]]\nname = \"keyfob:all\"",
        &["keyfob.toml:2: scope \"keyfob:all\": name: must not start with keyfob: (reserved)"],
    ),
    (
        "[[scope]]\nname = \"notes\"\ndescription = 1",
        &["keyfob.toml:3: scope \"notes\": description: must be a string"],
    ),
    // Names that lead to two people.
    (
        "[[user]]\nusername = \"ola\"\nemail = \"Kari@x.example\"\n\n[[user]]\nusername = \"kari@x.example\"\n\n[[user]]\nusername = \"per\"\nsub = \"OLA\"\n",
        &[
            "keyfob.toml:6: user \"kari@x.example\": username: is the email of the user in line 1",
            "keyfob.toml:10: user \"per\": sub: is the username of the user in line 1",
        ],
    ),
];
