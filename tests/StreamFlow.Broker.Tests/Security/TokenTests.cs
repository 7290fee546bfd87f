using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Security;

public sealed class TokenTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TestTokens _tokens = new();
    private readonly FakeTimeProvider _time = new(Now);

    public void Dispose() => _tokens.Dispose();

    [Theory]
    [InlineData("RS256")]
    [InlineData("RS512")]
    [InlineData("PS384")]
    [InlineData("ES256")]
    public async Task A_signed_token_says_who_its_bearer_is_and_until_when(string algorithm)
    {
        TokenResult result = await Validate(_tokens.Sign(Claims(), algorithm));
        Assert.Null(result.Problem);
        Assert.Equal("alice", result.User);
        Assert.Equal(Now.AddMinutes(5), result.Expires);
    }

    [Theory]
    [InlineData("expired", """{"sub":"alice","iss":"https://issuer","aud":"kafka","exp":1767225569}""")]
    [InlineData("without an end", """{"sub":"alice","iss":"https://issuer","aud":"kafka"}""")]
    [InlineData("with an end that is none", """{"sub":"alice","iss":"https://issuer","aud":"kafka","exp":"soon"}""")]
    [InlineData("not valid yet", """{"sub":"alice","iss":"https://issuer","aud":"kafka","exp":1767225900,"nbf":1767225700}""")]
    [InlineData("of another issuer", """{"sub":"alice","iss":"https://other","aud":"kafka","exp":1767225900}""")]
    [InlineData("for another audience", """{"sub":"alice","iss":"https://issuer","aud":["mail","web"],"exp":1767225900}""")]
    [InlineData("of nobody", """{"iss":"https://issuer","aud":"kafka","exp":1767225900}""")]
    [InlineData("with a claim twice", """{"sub":"bob","sub":"alice","iss":"https://issuer","aud":"kafka","exp":1767225900}""")]
    [InlineData("that is no object", "[]")]
    public async Task A_token_that_is_not_right_is_refused(string what, string claims) =>
        Assert.True((await Validate(_tokens.Sign(claims, "RS256"))).Problem is not null, what);

    [Fact]
    public async Task A_token_that_was_changed_or_signed_by_somebody_else_is_refused()
    {
        string good = _tokens.Sign(Claims(), "RS256");
        string[] parts = good.Split('.');
        string forged = TestTokens.Part(Claims().Replace("alice", "root", StringComparison.Ordinal));
        using TestTokens others = new();
        foreach (string bad in new[]
        {
            $"{parts[0]}.{forged}.{parts[2]}",
            $"{parts[0]}.{parts[1]}.",
            $"{parts[0]}.{parts[1]}",
            $"{parts[0]}.{parts[1]}.!!!",
            others.Sign(Claims(), "RS256"),
            _tokens.Sign(Claims(), "RS256", header: """{"alg":"ES256","kid":"rsa"}"""),
            _tokens.Sign(Claims(), "RS256", header: """{"alg":"RS256","kid":"gone"}"""),
            _tokens.Sign(Claims(), "RS256", header: """{"alg":"RS256","kid":"rsa","crit":["x"]}"""),
            _tokens.Sign(Claims(), "RS256", header: """{"kid":"rsa"}"""),
            "",
        })
        {
            TokenResult result = await Validate(bad);
            Assert.True(result.Problem is not null, bad);
            Assert.Null(result.User);
        }
    }

    [Fact]
    public async Task A_public_key_is_not_taken_for_a_shared_secret()
    {
        string head = $"{TestTokens.Part("""{"alg":"HS256","kid":"rsa"}""")}.{TestTokens.Part(Claims())}";
        byte[] signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(_tokens.KeySet), Encoding.ASCII.GetBytes(head));
        Assert.NotNull((await Validate($"{head}.{Base64Url.EncodeToString(signature)}")).Problem);
    }

    [Fact]
    public async Task An_unsigned_token_is_taken_only_where_that_is_allowed()
    {
        string token = $"{TestTokens.Part("""{"alg":"none"}""")}.{TestTokens.Part(Claims())}.";
        Assert.NotNull((await Validate(token)).Problem);
        Assert.Null((await Validate(token, unsecured: true)).Problem);
        Assert.NotNull((await Validate(token + "AAAA", unsecured: true)).Problem);
    }

    [Fact]
    public async Task Keys_that_were_exchanged_are_read_again_but_not_all_the_time()
    {
        int reads = 0;
        using TestTokens next = new();
        string set = _tokens.KeySet;
        using KeySource source = new(
            _ => { reads++; return Task.FromResult(Encoding.UTF8.GetBytes(set)); }, isFixed: false, TestLog.None, _time);
        await source.LoadAsync(default);
        TokenValidator validator = new(Rules(), source, _time);
        string renewed = next.Sign(Claims(), "RS256", header: """{"alg":"RS256","kid":"new"}""");
        set = next.KeySet.Replace("\"rsa\"", "\"new\"", StringComparison.Ordinal);
        Assert.NotNull((await validator.ValidateAsync(renewed, default)).Problem);
        Assert.Equal(1, reads);
        _time.Advance(KeySource.Pause);
        Assert.Null((await validator.ValidateAsync(renewed, default)).Problem);
        Assert.Equal(2, reads);

        // Whoever makes names of keys up cannot make the broker ask for each.
        for (int i = 0; i < 10; i++)
        {
            await validator.ValidateAsync(next.Sign(Claims(), "RS256", header: $$"""{"alg":"RS256","kid":"made-up-{{i}}"}"""), default);
        }

        Assert.Equal(2, reads);
        set = "broken";
        _time.Advance(KeySource.Lifetime + TimeSpan.FromSeconds(1));
        string later = Claims(exp: _time.GetUtcNow().AddMinutes(5));
        Assert.Null((await validator.ValidateAsync(next.Sign(later, "RS256", header: """{"alg":"RS256","kid":"new"}"""), default)).Problem);
        Assert.Equal(3, reads);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}""")]
    [InlineData("""{"keys":[{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}]}""")]
    [InlineData("""{"keys":[{"kty":"RSA","e":"AQAB"}]}""")]
    public void A_set_of_keys_that_cannot_be_used_is_an_error(string json) =>
        Assert.Throws<InvalidDataException>(() => SigningKeys.Parse(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Shared_secrets_and_keys_for_encryption_are_passed_over()
    {
        using SigningKeys keys = SigningKeys.Parse(Encoding.UTF8.GetBytes(
            """{"keys":[{"kty":"oct","k":"AAAA"},{"kty":"RSA","use":"enc","n":"AQAB","e":"AQAB"}]}"""));
        Assert.Equal(0, keys.Count);
    }

    private static string Claims(DateTimeOffset? exp = null) =>
        $$"""{"sub":"alice","iss":"https://issuer","aud":["web","kafka"],"exp":{{(exp ?? Now.AddMinutes(5)).ToUnixTimeSeconds()}}}""";

    private BrokerOAuth Rules(bool unsecured = false) => new()
    {
        KeySet = _tokens.KeySet,
        Issuer = "https://issuer",
        Audiences = ["kafka"],
        AllowUnsecuredTokens = unsecured,
    };

    private async Task<TokenResult> Validate(string token, bool unsecured = false)
    {
        BrokerOAuth rules = Rules(unsecured);
        using KeySource keys = KeySource.Of(rules, TestLog.None, _time)!;
        await keys.LoadAsync(default);
        return await new TokenValidator(rules, keys, _time).ValidateAsync(token, default);
    }
}
