using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CsCheck;
using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Tests.Interop;

/// <summary>The binding and the library agree.</summary>
public sealed unsafe partial class LayoutTests
{
    /// <summary>Sizes and offsets as a C compiler gives them for rdkafka.h 2.15.1 on a 64-bit platform.</summary>
    [Fact]
    public void Structs_have_the_layout_of_the_header()
    {
        Assert.Equal(72, sizeof(NativeMessage));
        Assert.Equal(64, Offset<NativeMessage>(nameof(NativeMessage.Private)));
        Assert.Equal(56, Offset<NativeMessage>(nameof(NativeMessage.Offset)));
        Assert.Equal(24, Offset<NativeMessage>(nameof(NativeMessage.Value)));
        Assert.Equal(64, sizeof(NativePartition));
        Assert.Equal(16, Offset<NativePartition>(nameof(NativePartition.Offset)));
        Assert.Equal(48, Offset<NativePartition>(nameof(NativePartition.Error)));
        Assert.Equal(16, sizeof(NativePartitionList));
        Assert.Equal(72, sizeof(NativeArgument));
        Assert.Equal(16, Offset<NativeArgument>(nameof(NativeArgument.Length)));
        Assert.Equal(48, sizeof(NativeMetadata));
        Assert.Equal(24, Offset<NativeMetadata>(nameof(NativeMetadata.Topics)));
        Assert.Equal(32, sizeof(NativeTopicMetadata));
        Assert.Equal(24, Offset<NativeTopicMetadata>(nameof(NativeTopicMetadata.Error)));
    }

    [Fact]
    public void Error_codes_have_the_names_of_the_library()
    {
        Assert.Equal("_AUTO_OFFSET_RESET", NativeError.Name(ErrorCode.AutoOffsetReset));
        Assert.Equal("_MAX_POLL_EXCEEDED", NativeError.Name(ErrorCode.MaxPollExceeded));
        Assert.Equal("_FENCED", NativeError.Name(ErrorCode.Fenced));
        Assert.Equal("_DESTROY_BROKER", NativeError.Name(ErrorCode.DestroyBroker));
        Assert.Equal(KafkaErrorKind.Retriable, Errors.ConsumerKind(new NativeError(ErrorCode.DestroyBroker, string.Empty)));
        Assert.Equal("_QUEUE_FULL", NativeError.Name(ErrorCode.QueueFull));
        Assert.Equal("_PARTITION_EOF", NativeError.Name(ErrorCode.PartitionEnd));
        Assert.Equal("_STATE", NativeError.Name(ErrorCode.State));
        Assert.Equal("ILLEGAL_GENERATION", NativeError.Name(ErrorCode.IllegalGeneration));
        Assert.Equal("UNKNOWN_MEMBER_ID", NativeError.Name(ErrorCode.UnknownMemberId));
        Assert.Equal("INVALID_PRODUCER_EPOCH", NativeError.Name(ErrorCode.InvalidProducerEpoch));
        Assert.Equal("STALE_MEMBER_EPOCH", NativeError.Name(ErrorCode.StaleMemberEpoch));
    }

    [SkippableFact]
    public void Library_is_the_one_that_Confluent_Kafka_uses()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "reads /proc/self/maps");
        RdKafkaLibrary.EnsureUsable();
        Assert.Equal(NativeMethods.rd_kafka_version(), Confluent.Kafka.Library.Version);
        var files = File.ReadLines("/proc/self/maps")
            .Where(line => line.Contains("librdkafka", StringComparison.Ordinal))
            .Select(line => line[line.IndexOf('/', StringComparison.Ordinal)..])
            .Distinct();
        Assert.Single(files);
    }

    [Fact]
    public void Partition_of_a_key_is_the_one_librdkafka_takes() =>
        Gen.Select(Gen.Byte.Array[0, 40], Gen.Int[1, 200]).Sample(
            (key, partitions) =>
            {
                // An empty array pins as null, and librdkafka asks for a pointer.
                fixed (byte* pointer = key.Length == 0 ? [0] : key)
                {
                    return Murmur2.Partition(key, partitions)
                        == rd_kafka_msg_partitioner_murmur2(0, pointer, (nuint)key.Length, partitions, 0, 0);
                }
            },
            iter: 20_000);

    [LibraryImport("librdkafka")]
    private static partial int rd_kafka_msg_partitioner_murmur2(
        nint topic, byte* key, nuint length, int partitions, nint opaque, nint messageOpaque);

    /// <summary>The managed layout, which is what counts without marshalling; Marshal.OffsetOf tells another.</summary>
    private static int Offset<T>(string field)
        where T : unmanaged
    {
        var bytes = new byte[sizeof(T)];
        var info = typeof(T).GetField(field)!;
        object boxed = default(T);
        info.SetValue(boxed, Filled(info.FieldType));
        Unsafe.As<byte, T>(ref bytes[0]) = (T)boxed;
        return Array.FindIndex(bytes, b => b != 0);
    }

    private static object Filled(Type type) => type switch
    {
        _ when type == typeof(int) => -1,
        _ when type == typeof(long) => -1L,
        _ when type == typeof(nint) => (nint)(-1),
        _ when type == typeof(nuint) => nuint.MaxValue,
        _ => System.Reflection.Pointer.Box((void*)-1, type),
    };
}
