using System.Net;
using StreamFlow.Serialization.SchemaRegistry.Tests.Support;
using StreamFlow.Testing;

namespace StreamFlow.Serialization.SchemaRegistry.Tests;

/// <summary>Whose fault a failure is: the registry's stops the application, a record's goes to the handler.</summary>
public sealed class SchemaFailureTests : IDisposable
{
    private readonly TestRegistry _registry = new();
    private readonly SchemaRegistrySerdes _serdes;

    public SchemaFailureTests() => _serdes = new SchemaRegistrySerdes(_registry.Options);

    public void Dispose()
    {
        _serdes.Dispose();
        _registry.Dispose();
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.InternalServerError)]
    public void A_registry_that_does_not_answer_leaves_out_no_record(HttpStatusCode outage)
    {
        var bytes = Bytes.Of(_serdes.Avro<OrderV1>().For(Bytes.Values()), new OrderV1());
        using var fresh = new SchemaRegistrySerdes(_registry.Options);
        var asked = 0;
        using var driver = Driver(fresh, () => asked++);
        _registry.Outage = outage;

        var error = Assert.ThrowsAny<StreamsException>(
            () => driver.CreateInputTopic("orders", Serdes.String, Serdes.Bytes).Pipe("k", bytes));

        var cause = Assert.IsType<SchemaException>(error as SchemaException ?? error.InnerException);
        Assert.Equal(101, cause.SchemaId);
        Assert.Contains(_registry.Url, cause.Message, StringComparison.Ordinal);
        Assert.Equal(0, asked);
    }

    [Fact]
    public void A_record_without_schema_is_the_handlers_matter()
    {
        var asked = 0;
        using var driver = Driver(_serdes, () => asked++);

        driver.CreateInputTopic("orders", Serdes.String, Serdes.Bytes).Pipe("k", "{}"u8.ToArray());

        Assert.Equal(1, asked);
    }

    [Fact]
    public void A_schema_that_the_registry_does_not_have_is_told_with_its_id()
    {
        var error = Assert.Throws<FormatException>(
            () => _serdes.Avro<OrderV1>().For(Bytes.Values()).Deserialize([0, 0, 0, 0, 7, 2, 2]));

        Assert.Contains("The schema with id 7", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_registry_that_is_not_there_is_named()
    {
        var address = $"http://127.0.0.1:{TestSupport.FreePort.Find()}";
        using var serdes = new SchemaRegistrySerdes(_registry.Options with { Url = address });

        var error = Assert.Throws<SchemaException>(() => Bytes.Of(serdes.Avro<OrderV1>().For(Bytes.Values()), new OrderV1()));

        Assert.Contains(address, error.Message, StringComparison.Ordinal);
        Assert.Equal("orders-value", error.Subject);
    }

    [Fact]
    public void A_serde_without_its_topic_says_so()
    {
        Assert.Contains("For(context)", Assert.Throws<InvalidOperationException>(() => Bytes.Of(_serdes.Avro<OrderV1>(), new OrderV1())).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => _serdes.Protobuf<ProtoOrder>().Deserialize([1]));
    }

    public static TheoryData<SchemaRegistryOptions, string> Wrong() => new()
    {
        { new SchemaRegistryOptions(), "no address" },
        { new SchemaRegistryOptions { Url = "localhost:8081" }, "'localhost:8081', which is no address of HTTP. Write it as 'http://host:port'" },
        { new SchemaRegistryOptions { Url = "http://r, registry" }, "'registry', which is no address of HTTP" },
        { new SchemaRegistryOptions { Url = "https://me:geheim@r" }, "'schema.registry.basic.auth.user.info' is 'user:password'" },
        { new SchemaRegistryOptions { Url = "http://r", UseLatestVersion = true }, "AutoRegisterSchemas" },
        { new SchemaRegistryOptions { Url = "http://r", SubjectNames = Confluent.SchemaRegistry.SubjectNameStrategy.None }, "SubjectNames" },
        {
            new SchemaRegistryOptions
            {
                Url = "http://r", Settings = new Dictionary<string, string> { ["schema.registry.max.retries"] = "0" },
            },
            "max.retries is 0"
        },
        { new SchemaRegistryOptions { Url = "http://r", Timeout = TimeSpan.Zero }, "Timeout" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Options_that_cannot_work_are_refused(SchemaRegistryOptions options, string what)
    {
        var message = Assert.Throws<ArgumentException>(() => new SchemaRegistrySerdes(options)).Message;

        Assert.Contains(what, message, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", message, StringComparison.Ordinal);
    }

    private static TopologyTestDriver Driver(SchemaRegistrySerdes serdes, Action asked)
    {
        var builder = new StreamsBuilder();
        builder.Stream("orders", new Consumed<string, OrderV1> { ValueSerde = serdes.Avro<OrderV1>() })
            .MapValues(order => order.Id).To("ids");
        var options = new StreamFlowOptions
        {
            ApplicationId = "failures",
            DeserializationErrorHandler = (in ErrorContext _) =>
            {
                asked();
                return ErrorResponse.Continue;
            },
        };
        return new TopologyTestDriver(builder.Build(), new TopologyTestDriverOptions { Application = options });
    }
}
