using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Tests.Settings;

/// <summary>TLS and SASL that cannot work are found before a client is made, and told in our words.</summary>
public sealed class SecurityComplaintsTests
{
    [Theory]
    [InlineData("ssl.ca.location", "/nope/ca.pem")]
    [InlineData("ssl.key.location", "/nope/key.pem")]
    [InlineData("ssl.keystore.location", "/nope/store.p12")]
    public void A_file_that_is_not_there_is_named(string name, string path) => Assert.Equal(
        [$"Client sets '{name}' to '{path}', which is not there. Give the path of a file that the process may read."],
        Complaints(("security.protocol", "ssl"), (name, path)));

    [Fact]
    public void Files_and_folders_that_are_there_pass() => Assert.Empty(Complaints(
        ("security.protocol", "ssl"), ("ssl.ca.location", Path.GetTempPath()),
        ("ssl.crl.location", typeof(SecurityComplaintsTests).Assembly.Location), ("ssl.key.location", "probe")));

    [Theory]
    [InlineData("PLAIN")]
    [InlineData("SCRAM-SHA-512")]
    public void A_name_without_a_password_is_not_enough(string mechanism) => Assert.Equal(
        [$"Client sets 'sasl.mechanism' to '{mechanism}', which needs 'sasl.username' and 'sasl.password'. Set both."],
        Complaints(("security.protocol", "SASL_SSL"), ("sasl.mechanism", mechanism), ("sasl.username", "me")));

    [Fact]
    public void A_mechanism_that_there_is_not_is_told_with_those_that_there_are()
    {
        var complaint = Assert.Single(Complaints(("security.protocol", "sasl_ssl"), ("sasl.mechanism", "SCRAM")));
        Assert.StartsWith(
            "Client sets 'sasl.mechanism' to 'SCRAM'; set it to one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER", complaint,
            StringComparison.Ordinal);
    }

    /// <summary>The library's default is one that most builds of it do not have.</summary>
    [SkippableFact]
    public void Without_a_mechanism_the_choices_are_named()
    {
        Skip.If(ClientHandle.Features().Contains("sasl_gssapi"), "this build of the library has Kerberos");

        Assert.Equal(
            ["Client sets 'security.protocol' to 'sasl_plaintext' but no 'sasl.mechanism'. Set it to one of PLAIN, SCRAM-SHA-256, "
                + "SCRAM-SHA-512, OAUTHBEARER."],
            Complaints(("security.protocol", "sasl_plaintext")));
    }

    [Fact]
    public void What_can_work_passes()
    {
        Assert.Contains("sasl_scram", ClientHandle.Features());
        Assert.Empty(Complaints(
            ("security.protocol", "sasl_ssl"), ("sasl.mechanisms", "SCRAM-SHA-256"), ("sasl.username", "me"), ("sasl.password", "p")));
        Assert.Empty(Complaints(("sasl.mechanism", "PLAIN")));
        Assert.Empty(Complaints(
            ("security.protocol", "sasl_ssl"), ("sasl.mechanism", "OAUTHBEARER"), ("sasl.oauthbearer.method", "oidc")));
    }

    private static IReadOnlyList<string> Complaints(params (string Name, string Value)[] settings) => new KafkaClientOptions
    {
        BootstrapServers = "b:1", Client = settings.ToDictionary(s => s.Name, s => s.Value),
    }.Validate();
}
