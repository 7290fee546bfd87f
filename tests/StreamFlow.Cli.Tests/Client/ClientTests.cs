using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Cli.Tests.Support;
using StreamFlow.TestSupport;

namespace StreamFlow.Cli.Tests.Client;

public sealed class ClientTests : IDisposable
{
    private static readonly ClientSettings None = new() { Servers = [] };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task That_nobody_listens_is_said_at_once_with_the_remedy()
    {
        int port = FreePort.Find();

        string error = (await Support.Cli.RunAsync("topics", "list", "-b", $"localhost:{port}")).Failed(ExitCode.Unreachable);

        Assert.Equal($"error: Nobody listens at localhost:{port}. 'streamflow broker' starts a broker; --bootstrap-server names another one.\n", error);
    }

    [Theory]
    [InlineData("topics", "'streamflow topics' needs one of its commands: create, list, describe, alter, delete, offsets, delete-records, elect-leaders; see 'streamflow topics --help'.")]
    [InlineData("topics create", "'streamflow topics create' needs <topic>; see 'streamflow topics create --help'.")]
    [InlineData("topics create a --partitions 0", "--partitions is '0'; give a whole number of at least 1.")]
    [InlineData("topics create a --config b", "--config is 'b'; give a name and its value as name=value.")]
    [InlineData("topics list -b nowhere", "--bootstrap-server is 'nowhere'; give host:port, such as localhost:9092.")]
    [InlineData("topics list --timeout soon", "--timeout is 'soon'; give a time such as 500ms, 30s, 5m, 2h or 7d, or milliseconds.")]
    [InlineData("consume a --offset 1 --tail 2", "--offset and --tail each say where to begin; give one of them.")]
    [InlineData("consume a --key-format text", "--key-format is 'text'; give string, json, ")]
    [InlineData("consume a --match (", "--match is '(', which is no regular expression: ")]
    [InlineData("produce a --acks 2", "--acks is '2'; give 0, 1 or all.")]
    [InlineData("groups reset g --topic t", "Where to? Give one of --to-earliest, ")]
    [InlineData("groups reset g --to-earliest", "Of which topics? Give --topic, or --all-topics.")]
    [InlineData("groups reset g --topic t --to-earliest --execute --dry-run", "--dry-run and --execute contradict each other; give one of them.")]
    [InlineData("txns abort", "Which transaction? Give a transactional id, or --topic, --partition and --start-offset.")]
    [InlineData("acls add --topic t", "Who may do what? Give --principal, and --topic, ")]
    [InlineData("acls remove", "That would remove every ACL there is; ")]
    [InlineData("configs describe thing x", "<kind> is 'thing'; give topic, broker, broker-logger, group, client-metrics.")]
    public async Task Mistakes_are_said_in_one_line(string arguments, string expected) =>
        Assert.Contains(expected, (await Support.Cli.RunAsync(arguments.Split(' '))).Failed(ExitCode.Usage), StringComparison.Ordinal);

    [Fact]
    public void Properties_of_Kafkas_clients_are_taken()
    {
        string ca = _folder.Write("ca.pem", "certificates");
        string file = _folder.Write("client.properties", $"""
            # As people have it.
            security.protocol=SASL_SSL
            sasl.mechanism : SCRAM-SHA-512
            sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \
              username="alice" password="a\"b";
            ssl.truststore.type=PEM
            ssl.truststore.location={ca}
            ssl.endpoint.identification.algorithm=
            """);

        ClientSettings settings = ClientProperties.Read(file, None);

        Assert.Equal(
            (SecurityProtocol.SaslSsl, "SCRAM-SHA-512", "alice", "a\"b", "certificates", false),
            (settings.Protocol, settings.Mechanism, settings.UserName, settings.Password, settings.CaPem, settings.ChecksHostName));
    }

    [Theory]
    [InlineData("sasl.password==secret", "=secret")]
    [InlineData("sasl.password = :secret=", ":secret=")]
    [InlineData("sasl.password: =s:", "=s:")]
    [InlineData("sasl.password secret", "secret")]
    public void A_password_may_begin_with_the_signs_that_end_a_name(string line, string password) =>
        Assert.Equal(password, ClientProperties.Read(_folder.Write("c", line), None).Password);

    [Theory]
    [InlineData("securty.protocol=SSL", "is no property of this client")]
    [InlineData("security.protocol=TLS", "is 'TLS'; give PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.")]
    [InlineData("sasl.mechanism=GSSAPI", "is 'GSSAPI'; give PLAIN, ")]
    [InlineData("ssl.truststore.type=JKS", "is 'JKS'; give PEM")]
    [InlineData("ssl.ca.location=/nowhere", "is '/nowhere', which cannot be read: ")]
    public void Properties_that_are_wrong_are_named(string line, string expected) =>
        Assert.Contains(expected, Assert.Throws<CommandException>(() => ClientProperties.Read(_folder.Write("c", line), None)).Message, StringComparison.Ordinal);

    /// <summary>The exchange of RFC 7677.</summary>
    [Fact]
    public void Scram_is_that_of_its_specification()
    {
        ScramClient client = new("SCRAM-SHA-256", "user", "pencil", "rOprNGfwEbeRWgbNEkqO");

        Assert.Equal("n,,n=user,r=rOprNGfwEbeRWgbNEkqO", client.First());
        Assert.Equal(
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            client.Final("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
        Assert.True(client.IsServer("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        Assert.False(client.IsServer("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        Assert.Throws<UnreachableException>(() => client.Final("r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
    }

    [Fact]
    public void Partitions_are_shared_as_Kafkas_range_assignor_does() => Assert.Equal(
        ["a: t-0,t-1,t-2,u-0", "b: t-3,t-4", "c: u-1"],
        RangeAssignor.Assign(
            new Dictionary<string, string[]> { ["b"] = ["t"], ["a"] = ["t", "u"], ["c"] = ["u"] }, new Dictionary<string, int> { ["t"] = 5, ["u"] = 2 })
            .OrderBy(a => a.Key).Select(a => $"{a.Key}: {string.Join(',', a.Value)}"));

    [Theory]
    [InlineData("250", 250)]
    [InlineData("250ms", 250)]
    [InlineData("3s", 3000)]
    [InlineData("5m", 300_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("7d", 604_800_000)]
    [InlineData("PT1H30M", 5_400_000)]
    public void Times_are_read_in_the_forms_that_people_write(string text, double milliseconds)
    {
        Assert.True(Values.TryDuration(text, out TimeSpan time));
        Assert.Equal(milliseconds, time.TotalMilliseconds);
    }
}
