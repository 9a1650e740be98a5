//! Tests: tests.

use proptest::prelude::*;

use super::*;

fn check(text: &str, shown: &str) {
    assert_eq!(redact(text), shown);
}

fn stays(text: &str) {
    assert_eq!(redact(text), text);
}

#[test]
fn known_prefixes() {
    check("aws = 'AKIAQ3EGRSTUVWXY7ABC'", "aws = 'AKIA…(20 chars)'");
    check("curl -H ghp_0123456789abcdefABCDEF0123456789abcd", "curl -H ghp_…(40 chars)");
    check("stripe.api(\"sk_live_4eC39HqLyjWDarjtT1\")", "stripe.api(\"sk_l…(26 chars)\")");
    check("post(xoxb-1234567890-abcdef)", "post(xoxb…(22 chars))");
    check("t = \"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9mLTE\"", "t = \"eyJh…(56 chars)\"");
}

#[test]
fn random_tokens() {
    check("x = f('kT9vQz2LmN4bXc7RwY1pGh5J')", "x = f('kT9v…(24 chars)')");
    check("h = 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "h = 9f86…(40 chars)");
    check("b = 'q8w3e5r7t2y9u4i6o1p0a8s3d5'", "b = 'q8w3…(26 chars)'");
}

#[test]
fn assigned_values() {
    check("SECRET_KEY = 'correct-horse-1'", "SECRET_KEY = 'cor…(15 chars)'");
    check("app.config[\"SECRET_KEY\"] = \"abcdefgh\"", "app.config[\"SECRET_KEY\"] = \"ab…(8 chars)\"");
    check("{\"password\": \"hunter2hunter2\"}", "{\"password\": \"hun…(14 chars)\"}");
    check("connect(password=b'hunter22')", "connect(password=b'hu…(8 chars)')");
    check("const apiKey: string = `abc12345`;", "const apiKey: string = `ab…(8 chars)`;");
    check("os.environ.get(\"SECRET_KEY\", \"dev-secret-1\")", "os.environ.get(\"SECRET_KEY\", \"dev…(12 chars)\")");
    check("config('SECRET_KEY', default='insecure-1')", "config('SECRET_KEY', default='in…(10 chars)')");
    check("const s = process.env.JWT_SECRET || 'supersecret';", "const s = process.env.JWT_SECRET || 'su…(11 chars)';");
    check("key = os.getenv('API_KEY') or 'fallback99'", "key = os.getenv('API_KEY') or 'fa…(10 chars)'");
    check("if (req.query.token === 'letmein99')", "if (req.query.token === 'le…(9 chars)')");
    check("CREATE ROLE app LOGIN PASSWORD 'pa55word!';", "CREATE ROLE app LOGIN PASSWORD 'pa…(9 chars)';");
    check(r#"send("{\"password\":\"hunter2hunter2\"}")"#, r#"send("{\"password\":\"hun…(14 chars)\"}")"#);
    check("password: '$2b$12$abcdefghijklmnopqrstuv'", "password: '$2b$…(29 chars)'");
    check("secret_key = 'my_secret_key'", "secret_key = 'my_…(13 chars)'");
    check("DB_PASSWORD=s3cretvalue", "DB_PASSWORD=s3…(11 chars)");
    check("export API_TOKEN=abcdefghij # note", "export API_TOKEN=ab…(10 chars) # note");
    check("  password: Passw0rd123", "  password: Pa…(11 chars)");
}

#[test]
fn keys_urls_and_headers() {
    check("postgres://app:s3cret@db.internal:5432/app", "postgres://app:s…(6 chars)@db.internal:5432/app");
    check(
        "headers = {'Authorization': 'Basic dXNlcjpwYXNzd29yZA=='}",
        "headers = {'Authorization': 'Basic dXNl…(20 chars)'}",
    );
    check(
        "k = \"-----BEGIN RSA PRIVATE KEY-----\\nMIIEpAIBAAKCAQEA\\n-----END RSA PRIVATE KEY-----\"",
        "k = \"-----BEGIN RSA PRIVATE KEY-----\\nMI…(20 chars)-----END RSA PRIVATE KEY-----\"",
    );
}

#[test]
fn what_only_resembles_a_secret_stays() {
    for text in [
        "id = '123e4567-e89b-12d3-a456-426614174000'",
        "alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'",
        "const getUserAuthenticationTokenForRequestContext2 = 1;",
        "import { AuthenticationMiddlewareFactoryProvider } from './middleware/authentication/index2';",
        "image: node@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "passwordError = 'Enter a password'",
        "messages = { password: 'The password needs at least 8 characters' }",
        "tokenUrl = 'https://login.example.com/oauth/token'",
        "token_type = 'access-token-v2'",
        "fields = ['username', 'password', 'remember_me']",
        "password = request.form['password']",
        "const token = req.headers['x-access-token'];",
        "password: str",
        "token: AccessTokenPayload",
        "SECRET_KEY = os.environ['SECRET_KEY']",
        "SECRET=${VAULT_SECRET_PATH}",
        "secret = \"env(SUPABASE_AUTH_EXTERNAL_APPLE_SECRET)\"",
        "password = '$DB_PASSWORD'",
        "viper.BindEnv('api_key', 'SHOP_API_KEY')",
        "password = '********'",
        "api_key = '<your-api-key-here>'",
        "url = `postgres://${user}:${password}@${host}/db`",
        "sk_test_your_key_goes_here",
        "<input type='password' name='password'>",
        "public_key = 'not-secret-at-all-1'",
        "session({ secret: 'keyboard cat' })",
        "grant_type = 'password'; token_name = 'access_token'",
        "The Basic authentication scheme and the Bearer authorization",
        "def rotate_k8s_prod_cluster_01_eu_west_1(x): return x",
        "",
    ] {
        stays(text);
    }
}

#[test]
fn long_texts_take_linear_time() {
    // A quadratic pass over a megabyte of any of these would not end within the test's time.
    for unit in ["password=\"", "a.b/c-", "://a:", "'", "secret: '", "-----BEGIN PRIVATE KEY-----", "Bearer ", "A1b2"] {
        let text = unit.repeat(1_000_000 / unit.len());
        let _ = redact(&text);
    }
}

proptest! {
    #[test]
    fn never_panics_and_hides_nothing_twice(text in "(\\PC|password|secret_key|=|:|\"|'|`|\\\\|://|@|\n|AKIA|[A-Za-z0-9]){0,60}") {
        let once = redact(&text).into_owned();
        prop_assert!(once.len() <= text.len() * 12 + 16);
    }

    #[test]
    fn random_tokens_are_hidden_wherever_they_are(secret in "[a-f0-9]{40}", before in "[a-z ]{0,10} ") {
        let line = format!("{before}{secret};");
        // Forty hexadecimal digits without four groups of digits are not seen once in a million times.
        prop_assert!(!redact(&line).contains(&secret));
    }
}
