using System.Reflection;
using Confluent.Kafka;
using OrderCounts;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Sample;

public sealed class CountTableTests
{
    /// <summary>It ended the worker when a broker that was just back did not know the partition yet.</summary>
    [Fact]
    public async Task An_error_that_passes_does_not_end_the_table()
    {
        var consumer = DispatchProxy.Create<IConsumer<byte[], byte[]>, ScriptedConsumer>();
        var script = (ScriptedConsumer)consumer;
        using var table = new CountTable(consumer, "order-counts", partitions: 1);
        table.Start();

        await Until.TrueAsync(() => table.Counted == 3, "the row behind the error", () => $"{script.Errors} errors");

        Assert.Equal(2, script.Errors);
    }

    /// <summary>A consumer of an empty topic that fails twice, and then has one row.</summary>
    public class ScriptedConsumer : DispatchProxy
    {
        private bool _delivered;

        public int Errors { get; private set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
        {
            nameof(IConsumer<byte[], byte[]>.QueryWatermarkOffsets) => new WatermarkOffsets(0, 0),
            nameof(IConsumer<byte[], byte[]>.Consume) => Consume(),
            _ => null,
        };

        private ConsumeResult<byte[], byte[]>? Consume()
        {
            if (Errors < 2)
            {
                Errors++;
                throw new ConsumeException(
                    new ConsumeResult<byte[], byte[]>(), new Error(Confluent.Kafka.ErrorCode.Local_UnknownPartition));
            }

            if (_delivered)
            {
                return null;
            }

            _delivered = true;
            return new ConsumeResult<byte[], byte[]>
            {
                Message = new Message<byte[], byte[]>
                {
                    Key = [.. "books"u8, 0, 0, 0, 0, 0, 0, 0, 1],
                    Value = [.. """{"count":3,"cents":5}"""u8],
                },
            };
        }
    }
}
