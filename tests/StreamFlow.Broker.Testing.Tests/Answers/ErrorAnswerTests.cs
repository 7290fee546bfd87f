using System.Buffers.Binary;
using System.Reflection;
using StreamFlow.Broker.Handlers;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Generator;
using StreamFlow.Protocol.Tests.Golden;

namespace StreamFlow.Broker.Testing.Tests.Answers;

/// <summary>
/// Every API in every version: a request as Java's classes write it, with all that it can name, is answered with a scripted error in all places,
/// and clients can read the answer.
/// </summary>
public sealed class ErrorAnswerTests
{
    private const ErrorCode Scripted = ErrorCode.ThrottlingQuotaExceeded;

    private static readonly Dictionary<(string Name, short Version), byte[]> Golden =
        GoldenMessage.All.Where(static x => x.IsFilled).ToDictionary(static x => (x.Name, x.Version), static x => x.Bytes);

    private static readonly Dictionary<string, StructLayout> Structs = GoldenMessage.Layouts.Values
        .SelectMany(static x => x.Structs.Prepend(x.Root)).ToDictionary(static x => x.TypeName);

    public static TheoryData<string> Apis() => [.. ApiTable.All.Select(static api => api.Name)];

    [Fact]
    public void Scripts_know_every_api_that_the_broker_answers_and_no_other()
    {
        var answered = ApiTable.All.Select(static api => (api.Name, (short)api.Key)).Order();

        Assert.Equal(answered, Enum.GetValues<BrokerApi>().Select(static api => (api.ToString(), (short)api)).Order());
        Assert.Equal(answered, RequestShapes.All.Keys.Select(static api => (api.ToString(), (short)api)).Order());
    }

    [Fact]
    public void Scripts_know_every_error_that_the_protocol_has() =>
        Assert.Equal(
            Enum.GetValues<ErrorCode>().Where(static error => error != ErrorCode.None).Select(static error => (error.ToString(), (short)error)).Order(),
            Enum.GetValues<BrokerError>().Select(static error => (error.ToString(), (short)error)).Order());

    [Theory]
    [MemberData(nameof(Apis))]
    public void An_error_stands_in_all_places_of_an_answer_in_every_version(string name)
    {
        ApiDescriptor api = ApiTable.All.Single(x => x.Name == name);
        for (short version = api.ImplementedFrom; version <= api.MaxVersion; version++)
        {
            RequestFrame request = RequestFrame.Read(Frame(api, version)) ?? throw new InvalidOperationException("The golden request is not understood.");
            using WireWriter writer = request.Fail(Scripted);
            byte[] answer = [.. writer.Complete().SelectMany(static piece => piece)];

            List<(string Path, ErrorCode Error)> errors = [];
            Collect(ReadAnswer(api, version, answer), name, version, errors);

            Assert.True(errors.Count > 0, $"The answer of {name} {version} has no place for an error.");
            Assert.All(errors, found => Assert.True(found.Error == Scripted, $"{found.Path} of version {version} is {found.Error}."));
        }
    }

    [Theory]
    [InlineData("Produce", 12, 2)]
    [InlineData("Produce", 13, 2)]
    [InlineData("Fetch", 12, 3)]
    [InlineData("OffsetFetch", 7, 3)]
    [InlineData("AddPartitionsToTxn", 3, 2)]
    [InlineData("TxnOffsetCommit", 5, 2)]
    public void There_is_one_error_for_each_partition_that_was_named(string name, short version, int expected)
    {
        ApiDescriptor api = ApiTable.All.Single(x => x.Name == name);
        using WireWriter writer = RequestFrame.Read(Frame(api, version))!.Fail(Scripted);

        List<(string Path, ErrorCode Error)> errors = [];
        Collect(ReadAnswer(api, version, [.. writer.Complete().SelectMany(static piece => piece)]), name, version, errors);

        Assert.Equal(expected, errors.Count(static found => found.Error == Scripted));
    }

    private static byte[] Frame(ApiDescriptor api, short version)
    {
        byte[] clientId = "golden"u8.ToArray();
        byte[] head = new byte[10 + clientId.Length + (version >= api.FlexibleFrom ? 1 : 0)];
        BinaryPrimitives.WriteInt16BigEndian(head, (short)api.Key);
        BinaryPrimitives.WriteInt16BigEndian(head.AsSpan(2), version);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), 4711);
        BinaryPrimitives.WriteInt16BigEndian(head.AsSpan(8), (short)clientId.Length);
        clientId.CopyTo(head.AsSpan(10));
        return [.. head, .. Golden[($"{api.Name}Request", version)]];
    }

    /// <summary>Reads the answer with its own type; nothing may be left over.</summary>
    private static object ReadAnswer(ApiDescriptor api, short version, byte[] answer)
    {
        Assert.Equal(answer.Length - 4, BinaryPrimitives.ReadInt32BigEndian(answer));
        Assert.Equal(4711, BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(4)));
        bool hasTags = version >= api.FlexibleFrom && api.Name != "ApiVersions";
        Type type = typeof(WireReader).Assembly.GetType($"StreamFlow.Protocol.Messages.{api.Name}Response", throwOnError: true)!;
        MethodInfo read = typeof(ErrorAnswerTests).GetMethod(nameof(Read), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type);
        return read.Invoke(null, [answer[(hasTags ? 9 : 8)..], version])!;
    }

    private static object Read<T>(byte[] body, short version)
        where T : IWireType<T>
    {
        WireReader reader = new(body) { Version = version };
        object message = T.Read(ref reader);
        Assert.Equal(0, reader.Remaining);
        return message;
    }

    private static void Collect(object? value, string path, short version, List<(string Path, ErrorCode Error)> errors)
    {
        if (value is ErrorCode error)
        {
            errors.Add((path, error));
        }
        else if (value is Array items)
        {
            for (int i = 0; i < items.Length; i++)
            {
                Collect(items.GetValue(i), $"{path}[{i}]", version, errors);
            }
        }
        else if (value is not null && Structs.TryGetValue(value.GetType().Name, out StructLayout? layout))
        {
            // A field that the version lacks has its default, which is not what the broker said.
            foreach (FieldLayout field in layout.Fields.Where(field => field.Versions.Has(version)))
            {
                Collect(value.GetType().GetProperty(field.Name)!.GetValue(value), $"{path}.{field.Name}", version, errors);
            }
        }
    }
}
