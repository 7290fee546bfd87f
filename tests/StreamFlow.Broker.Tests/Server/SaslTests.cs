using System.Buffers.Binary;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Server;

/// <summary>Authentication on the wire, and what those try who have not authenticated.</summary>
public sealed class SaslTests
{
    private const int UnsupportedMechanism = 33;
    private const int IllegalState = 34;
    private const int AuthenticationFailed = 58;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Who_has_authenticated_is_served(int version)
    {
        await using EmbeddedBroker broker = await SecuredBroker.StartAsync(SecuredBroker.Sasl("PLAIN"));
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        await client.CallAsync("ApiVersions", 3, MinimalRequests.For("ApiVersions"));
        Assert.Equal(0, (await client.HandshakeAsync("PLAIN")).Number("error_code"));
        WireStruct answer = await client.AuthenticateAsync(SecuredBroker.Plain("alice", "wonderland"), version);
        Assert.Equal(0, answer.Number("error_code"));
        await client.CreateAsync("t");
    }

    [Fact]
    public async Task Requests_before_SASL_end_the_connection_whatever_they_are()
    {
        await using EmbeddedBroker broker = await SecuredBroker.StartAsync(SecuredBroker.Sasl("PLAIN"));
        foreach (StreamFlow.Broker.Handlers.ApiDescriptor api in StreamFlow.Broker.Handlers.ApiTable.All)
        {
            if (api.Name is "ApiVersions" or "SaslHandshake" or "SaslAuthenticate")
            {
                continue;
            }

            using RawClient client = await RawClient.ConnectAsync(broker.Port);
            await client.SendAsync(api.Name, api.MaxVersion, MinimalRequests.For(api.Name));
            Assert.True(await client.ReceiveFrameAsync() is null, $"{api.Name} was answered");
        }

        Assert.DoesNotContain(broker.Describe().Topics, static x => !x.IsInternal);
    }

    [Fact]
    public async Task Requests_between_handshake_and_proof_end_the_connection()
    {
        await using EmbeddedBroker broker = await SecuredBroker.StartAsync(SecuredBroker.Sasl("PLAIN"));
        foreach (string api in new[] { "Metadata", "ApiVersions", "SaslHandshake" })
        {
            using RawClient client = await RawClient.ConnectAsync(broker.Port);
            await client.HandshakeAsync("PLAIN");
            await client.SendAsync(api, 1, MinimalRequests.For(api));
            Assert.True(await client.ReceiveFrameAsync() is null, $"{api} was answered");
        }
    }

    [Theory]
    [InlineData("alice", "Wonderland")]
    [InlineData("nobody", "wonderland")]
    [InlineData("", "wonderland")]
    [InlineData("alice", "")]
    public async Task A_wrong_password_is_refused_and_the_connection_closed(string user, string password)
    {
        await using EmbeddedBroker broker = await SecuredBroker.StartAsync(SecuredBroker.Sasl("PLAIN"));
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        await client.HandshakeAsync("PLAIN");
        WireStruct answer = await client.AuthenticateAsync(SecuredBroker.Plain(user, password));
        Assert.Equal(AuthenticationFailed, answer.Number("error_code"));
        Assert.Empty(answer.Bytes("auth_bytes"));
        Assert.Null(await client.ReceiveFrameAsync());
    }

    [Fact]
    public async Task Nobody_may_act_for_another()
    {
        await using EmbeddedBroker broker = await SecuredBroker.StartAsync(SecuredBroker.Sasl("PLAIN"));
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        await client.HandshakeAsync("PLAIN");
        WireStruct answer = await client.AuthenticateAsync(SecuredBroker.Plain("alice", "wonderland", "admin"));
        Assert.Equal(AuthenticationFailed, answer.Number("error_code"));
    }

    [Fact]
    public async Task A_mechanism_that_is_not_offered_is_refused_with_those_that_are()
    {
        // Also PLAIN where only SCRAM is: a client that is talked into it would give its password away.
        await using EmbeddedBroker broker = await SecuredBroker.StartAsync(SecuredBroker.Sasl("SCRAM-SHA-256", "SCRAM-SHA-512"));
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        WireStruct answer = await client.HandshakeAsync("PLAIN");
        Assert.Equal(UnsupportedMechanism, answer.Number("error_code"));
        Assert.Equal(["SCRAM-SHA-256", "SCRAM-SHA-512"], answer.List("mechanisms"));
        Assert.Null(await client.ReceiveFrameAsync());
    }

    [Fact]
    public async Task A_proof_that_was_overheard_is_worth_nothing_on_another_connection()
    {
        await using EmbeddedBroker broker = await SecuredBroker.StartAsync(SecuredBroker.Sasl("SCRAM-SHA-256"));
        byte[] first = Encoding.UTF8.GetBytes("n,,n=alice,r=abcdef");
        using RawClient honest = await RawClient.ConnectAsync(broker.Port);
        await honest.HandshakeAsync("SCRAM-SHA-256");
        string serverFirst = Encoding.UTF8.GetString((await honest.AuthenticateAsync(first)).Bytes("auth_bytes"));
        byte[] last = ScramClient.Final("alice", "wonderland", "abcdef", serverFirst);
        Assert.Equal(0, (await honest.AuthenticateAsync(last)).Number("error_code"));

        using RawClient thief = await RawClient.ConnectAsync(broker.Port);
        await thief.HandshakeAsync("SCRAM-SHA-256");
        await thief.AuthenticateAsync(first);
        Assert.Equal(AuthenticationFailed, (await thief.AuthenticateAsync(last)).Number("error_code"));
    }

    [Fact]
    public async Task A_large_request_of_somebody_unknown_is_not_even_read()
    {
        await using EmbeddedBroker broker = await SecuredBroker.StartAsync(SecuredBroker.Sasl("PLAIN"));
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        byte[] head = new byte[6];
        BinaryPrimitives.WriteInt32BigEndian(head, SaslSession.LargestRequest + 1);
        await client.SendRawAsync(head);
        Assert.Null(await client.ReceiveFrameAsync());

        using RawClient known = await RawClient.ConnectAsync(broker.Port);
        await known.LoginAsync("alice", "wonderland");
        await known.CreateAsync("t");
        byte[] batch = TestBatch.Build(new string('x', SaslSession.LargestRequest));
        Assert.Equal(0, (await known.ProduceAsync("t", 0, batch)).Number("error_code"));
    }

    [Theory]
    [InlineData("00000011")]
    [InlineData("0000001100")]
    [InlineData("00000011002400020000000000")]
    [InlineData("0000000800110001")]
    [InlineData("7fffffff0011000100000001")]
    [InlineData("ffffffff0011000100000001")]
    [InlineData("0000000c001100010000000100ff41")]
    [InlineData("00000013001100010000000100007fff41414141414141")]
    public async Task Truncated_and_damaged_frames_before_authentication_harm_nobody(string hex)
    {
        await using EmbeddedBroker broker = await SecuredBroker.StartAsync(SecuredBroker.Sasl("PLAIN"));
        using (RawClient client = await RawClient.ConnectAsync(broker.Port))
        {
            await client.SendRawAsync(Convert.FromHexString(hex));
            client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            await client.ReceiveFrameAsync();
        }

        using RawClient other = await RawClient.ConnectAsync(broker.Port);
        await other.LoginAsync("alice", "wonderland");
    }

    [Fact]
    public async Task A_handshake_of_version_0_is_followed_by_bare_messages()
    {
        await using EmbeddedBroker broker = await SecuredBroker.StartAsync(SecuredBroker.Sasl("PLAIN"));
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        Assert.Equal(0, (await client.HandshakeAsync("PLAIN", version: 0)).Number("error_code"));
        await client.SendFrameAsync(SecuredBroker.Plain("alice", "wonderland"));
        byte[]? proven = await client.ReceiveFrameAsync();
        Assert.NotNull(proven);
        Assert.Empty(proven);
        await client.CreateAsync("t");

        using RawClient wrong = await RawClient.ConnectAsync(broker.Port);
        await wrong.HandshakeAsync("PLAIN", version: 0);
        await wrong.SendFrameAsync(SecuredBroker.Plain("alice", "wrong-password"));
        Assert.Null(await wrong.ReceiveFrameAsync());
    }

    [Fact]
    public async Task SASL_requests_on_a_listener_without_it_are_an_illegal_state()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        Assert.Equal(IllegalState, (await client.HandshakeAsync("PLAIN")).Number("error_code"));
        Assert.Equal(IllegalState, (await client.AuthenticateAsync([1])).Number("error_code"));
    }

    [Fact]
    public async Task Authentication_runs_out_and_can_be_renewed_by_the_same_client_only()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        BrokerListener listener = SecuredBroker.Sasl("PLAIN");
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            Listeners = [listener with { Sasl = listener.Sasl! with { MaxReauthentication = TimeSpan.FromMinutes(1) } }],
            Users = [SecuredBroker.Alice, SecuredBroker.Admin],
            TimeProvider = time,
        });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        using RawClient lazy = await RawClient.ConnectAsync(broker.Port);
        await client.HandshakeAsync("PLAIN");
        WireStruct first = await client.AuthenticateAsync(SecuredBroker.Plain("alice", "wonderland"));
        Assert.Equal(60_000, first.Number("session_lifetime_ms"));
        await lazy.LoginAsync("alice", "wonderland");

        // At once is too often.
        Assert.Equal(IllegalState, (await client.HandshakeAsync("PLAIN")).Number("error_code"));
        time.Advance(TimeSpan.FromSeconds(59));
        await client.LoginAsync("alice", "wonderland");
        time.Advance(TimeSpan.FromSeconds(59));
        await client.CreateAsync("t");
        await lazy.SendAsync("Metadata", 5, Requests.Metadata());
        Assert.Null(await lazy.ReceiveFrameAsync());

        await client.HandshakeAsync("PLAIN");
        Task<WireStruct> other = client.AuthenticateAsync(SecuredBroker.Plain("admin", "admin-secret"));
        await AdvanceUntilAsync(time, other);
        Assert.Equal(AuthenticationFailed, (await other).Number("error_code"));
        Assert.Null(await client.ReceiveFrameAsync());
    }

    [Fact]
    public async Task Authentication_is_renewed_by_the_mechanism_that_it_began_with()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            Listeners = [SecuredBroker.Sasl("PLAIN", "SCRAM-SHA-256")], Users = [SecuredBroker.Alice], TimeProvider = time,
        });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        await client.LoginAsync("alice", "wonderland");
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(IllegalState, (await client.HandshakeAsync("SCRAM-SHA-256")).Number("error_code"));
        await client.LoginAsync("alice", "wonderland");
    }

    [Theory]
    [InlineData(SaslSession.LongestMessage, 0)]
    [InlineData(SaslSession.LongestMessage + 1, AuthenticationFailed)]
    public async Task A_message_of_a_mechanism_is_only_so_long(int bytes, int error)
    {
        BrokerListener listener = SecuredBroker.Sasl("PLAIN");
        await using EmbeddedBroker broker = await SecuredBroker.StartAsync(
            listener with { Sasl = listener.Sasl! with { CheckPassword = static (_, _, _) => ValueTask.FromResult(true) } });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        await client.HandshakeAsync("PLAIN");
        WireStruct answer = await client.AuthenticateAsync(SecuredBroker.Plain("alice", new string('p', bytes - "\0alice\0".Length)));
        Assert.Equal(error, answer.Number("error_code"));
        Assert.Equal(error != 0, answer.Text("error_message")?.Contains($"has {bytes} bytes", StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public void Refusals_of_one_address_take_longer_and_longer_and_others_do_not_pay_for_it()
    {
        FakeTimeProvider time = new();
        FailedAuthentications failures = new(time);
        Assert.Equal(FailedAuthentications.FirstDelay, failures.Count("10.0.0.1"));
        Assert.Equal(FailedAuthentications.FirstDelay * 2, failures.Count("10.0.0.1"));
        Assert.Equal(FailedAuthentications.FirstDelay * 4, failures.Count("10.0.0.1"));
        for (int i = 0; i < 100; i++)
        {
            failures.Count("10.0.0.1");
        }

        Assert.Equal(FailedAuthentications.LongestDelay, failures.Count("10.0.0.1"));
        Assert.Equal(FailedAuthentications.FirstDelay, failures.Count("10.0.0.2"));
        time.Advance(FailedAuthentications.Memory);
        Assert.Equal(FailedAuthentications.FirstDelay, failures.Count("10.0.0.1"));
        for (int i = 0; i < FailedAuthentications.MostAddresses * 2; i++)
        {
            failures.Count($"address {i}");
        }
    }

    private static async Task AdvanceUntilAsync(FakeTimeProvider time, Task task)
    {
        while (!task.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.WhenAny(task, Task.Delay(10));
        }
    }
}
