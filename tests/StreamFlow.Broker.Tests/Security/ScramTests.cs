using System.Text;
using StreamFlow.Broker.Security;

namespace StreamFlow.Broker.Tests.Security;

/// <summary>SCRAM from the server's side: the vectors of RFC 7677 and of SHA-512, and what attackers try.</summary>
public sealed class ScramTests
{
    /// <summary>RFC 7677, section 3: user "user", password "pencil".</summary>
    private const string RfcServerNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    private const string RfcClientFirst = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    private const string RfcServerFirst =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    private const string RfcWithoutProof = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    private const string RfcProof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    private const string RfcSignature = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    private static readonly ScramCredential RfcCredential = Credential(ScramMechanism.Sha256, 4096);

    [Fact]
    public async Task The_conversation_of_RFC_7677_ends_with_its_signature()
    {
        ScramExchange exchange = Rfc();
        Assert.Equal(RfcServerFirst, Text(await Next(exchange, RfcClientFirst)));
        SaslStep last = await Next(exchange, $"{RfcWithoutProof},p={RfcProof}");
        Assert.Equal(RfcSignature, Text(last));
        Assert.Equal("user", last.User);
        Assert.Null(last.Expires);
    }

    [Theory]
    [InlineData("a wrong password", RfcWithoutProof, "eHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")]
    [InlineData("a proof too short", RfcWithoutProof, "dHzbZapWIk4jUhN+")]
    [InlineData("a proof that is no base64", RfcWithoutProof, "???")]
    [InlineData("the nonce of another conversation", "c=biws,r=rOprNGfwEbeRWgbNEkqOother", RfcProof)]
    [InlineData("only the client's nonce", "c=biws,r=rOprNGfwEbeRWgbNEkqO", RfcProof)]
    [InlineData("another channel binding", "c=eSws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", RfcProof)]
    [InlineData("no channel binding", "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", RfcProof)]
    public async Task A_final_message_that_is_not_right_is_refused(string what, string withoutProof, string proof)
    {
        ScramExchange exchange = Rfc();
        await Next(exchange, RfcClientFirst);
        SaslStep last = await Next(exchange, $"{withoutProof},p={proof}");
        Assert.True(last.Failure is not null, what);
        Assert.Null(last.User);
        Assert.Empty(last.Answer);

        // And there is no second attempt on what was asked.
        Assert.NotNull((await Next(exchange, $"{RfcWithoutProof},p={RfcProof}")).Failure);
    }

    [Theory]
    [InlineData("p=tls-unique,,n=user,r=abc")]
    [InlineData("n,,n=user")]
    [InlineData("n,,n=,r=abc")]
    [InlineData("n,,n=us=er,r=abc")]
    [InlineData("n,,n=user,r=")]
    [InlineData("n,,n=user,r=a b")]
    [InlineData("n,,m=ext,n=user,r=abc")]
    [InlineData("n,a=other,n=user,r=abc")]
    [InlineData("n,,n=user,r=abc,tokenauth=true")]
    [InlineData("")]
    [InlineData("\u0000\u0000")]
    public async Task A_first_message_that_is_not_right_is_refused(string message) =>
        Assert.NotNull((await Next(Rfc(), message)).Failure);

    [Fact]
    public async Task Names_with_commas_and_equals_signs_are_understood()
    {
        string? asked = null;
        ScramExchange exchange = new(ScramMechanism.Sha256, user => { asked = user; return null; }, _ => new byte[16], "nonce");
        Assert.Null((await Next(exchange, "y,a=a=2Cb=3Dc,n=a=2Cb=3Dc,r=abc")).Failure);
        Assert.Equal("a,b=c", asked);
    }

    [Fact]
    public async Task Who_is_unknown_is_asked_like_everybody_and_fails_at_the_end()
    {
        ScramExchange exchange = new(ScramMechanism.Sha256, static _ => null, static _ => new byte[20], RfcServerNonce);
        string first = Text(await Next(exchange, RfcClientFirst));
        Assert.Contains($"s={Convert.ToBase64String(new byte[20])},i=4096", first, StringComparison.Ordinal);
        SaslStep last = await Next(exchange, $"{RfcWithoutProof},p={RfcProof}");
        ScramExchange known = Rfc();
        await Next(known, RfcClientFirst);
        SaslStep wrong = await Next(known, $"{RfcWithoutProof},p={Convert.ToBase64String(new byte[32])}");
        Assert.Equal(wrong.Failure, last.Failure);
    }

    [Fact]
    public async Task Zeros_for_a_proof_do_not_make_anybody_of_an_unknown_user()
    {
        // What stands in for the keys of an unknown user must not be something a client can prove to have.
        ScramExchange exchange = new(ScramMechanism.Sha512, static _ => null, static _ => new byte[20], "n");
        await Next(exchange, "n,,n=ghost,r=abc");
        Assert.NotNull((await Next(exchange, $"c=biws,r=abcn,p={Convert.ToBase64String(new byte[64])}")).Failure);
    }

    [Fact]
    public void Keys_are_checked_by_the_password_and_do_not_contain_it()
    {
        foreach (ScramMechanism mechanism in ScramMechanism.All)
        {
            ScramCredential credential = ScramCredential.Create(mechanism, "pencil");
            Assert.True(credential.Matches(mechanism, "pencil"));
            Assert.False(credential.Matches(mechanism, "Pencil"));
            Assert.Equal(mechanism.Size, credential.StoredKey.Length);
            Assert.NotEqual(ScramCredential.Create(mechanism, "pencil").Salt, credential.Salt);
        }
    }

    [Fact]
    public void Nonces_are_printable_and_never_the_same()
    {
        string[] nonces = [.. Enumerable.Range(0, 100).Select(static _ => ScramExchange.NewNonce())];
        Assert.Equal(100, nonces.Distinct().Count());
        Assert.DoesNotContain(nonces, static x => x.Contains(',', StringComparison.Ordinal));
    }

    private static ScramExchange Rfc() => new(
        ScramMechanism.Sha256, static user => user == "user" ? RfcCredential : null, static _ => [1], RfcServerNonce);

    private static ScramCredential Credential(ScramMechanism mechanism, int iterations)
    {
        byte[] salt = Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ==");
        return ScramCredential.FromSaltedPassword(
            mechanism, mechanism.SaltPassword("pencil", salt, iterations), salt, iterations);
    }

    private static async Task<SaslStep> Next(SaslExchange exchange, string message) =>
        await exchange.NextAsync(Encoding.UTF8.GetBytes(message), default);

    private static string Text(SaslStep step) => Encoding.UTF8.GetString(step.Answer);
}
