using System.Text;
using StreamFlow.Broker.Security;

namespace StreamFlow.Broker.Tests.Support;

/// <summary>Brokers that ask who their clients are.</summary>
public static class SecuredBroker
{
    public static BrokerUser Alice { get; } = new() { Name = "alice", Password = static () => "wonderland" };

    public static BrokerUser Admin { get; } = new() { Name = "admin", Password = static () => "admin-secret" };

    /// <summary>A listener in the clear that asks for a password.</summary>
    public static BrokerListener Sasl(params string[] mechanisms) => new()
    {
        Name = "SASL",
        Protocol = BrokerSecurityProtocol.SaslPlaintext,
        Sasl = new BrokerSasl { Mechanisms = mechanisms },
    };

    public static Task<EmbeddedBroker> StartAsync(params BrokerListener[] listeners) => EmbeddedBroker.StartAsync(
        new EmbeddedBrokerOptions { Listeners = listeners, Users = [Alice, Admin] });

    /// <summary>A message of PLAIN.</summary>
    public static byte[] Plain(string user, string password, string actsFor = "") =>
        Encoding.UTF8.GetBytes($"{actsFor}\0{user}\0{password}");

    public static async Task<WireStruct> HandshakeAsync(this RawClient client, string mechanism, int version = 1) =>
        await client.CallAsync("SaslHandshake", version, new WireStruct { ["mechanism"] = mechanism });

    public static async Task<WireStruct> AuthenticateAsync(this RawClient client, byte[] message, int version = 2) =>
        await client.CallAsync("SaslAuthenticate", version, new WireStruct { ["auth_bytes"] = message });

    /// <summary>Authenticates by PLAIN.</summary>
    public static async Task LoginAsync(this RawClient client, string user, string password)
    {
        Assert.Equal(0, (await client.HandshakeAsync("PLAIN")).Number("error_code"));
        Assert.Equal(0, (await client.AuthenticateAsync(Plain(user, password))).Number("error_code"));
    }

    /// <summary>Adds a rule for alice, of a literal name and from anywhere.</summary>
    internal static async Task AllowAsync(this RawClient admin, AclResourceType type, string name, AclOperation operation)
    {
        WireStruct answer = await admin.CallAsync("CreateAcls", 3, new WireStruct
        {
            ["creations"] = new WireStruct
            {
                ["resource_type"] = (int)type,
                ["resource_name"] = name,
                ["resource_pattern_type"] = (int)AclPatternType.Literal,
                ["principal"] = "User:alice",
                ["host"] = "*",
                ["operation"] = (int)operation,
                ["permission_type"] = (int)AclPermission.Allow,
            },
        });
        Assert.Equal(0, answer.Only("results").Number("error_code"));
    }
}
