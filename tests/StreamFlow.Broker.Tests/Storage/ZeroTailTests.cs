using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Storage;

/// <summary>The size of a file can reach the disk before its last bytes do: they are zeros then.</summary>
public sealed class ZeroTailTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly FakeTimeProvider _clock = Clock.StandingStill();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Open_after_zeros_from_every_byte_of_the_last_batch_on_keeps_all_whole_batches()
    {
        using PartitionLog log = Open(_temporary.Sub("log"));
        log.Append(Batches.Of("a"), AppendOrigin.Client);
        log.Append(Batches.Of("b", "c"), AppendOrigin.Client);
        long whole = log.SizeInBytes;
        log.Append(Batches.Of("the last"), AppendOrigin.Client);
        for (long from = whole; from < log.SizeInBytes; from++)
        {
            string copy = _temporary.CopyOf(log.LogDirectory);
            bool changed = Zero(copy, from);
            using (PartitionLog recovered = Open(copy))
            {
                Assert.True(recovered.LogEndOffset == (changed ? 3 : 4), $"zeros from byte {from - whole} of the batch on");
                Assert.Equal(["a", "b", "c"], Batches.ReadAll(recovered).Take(3).Select(static r => r.Value));
                Assert.Equal(recovered.LogEndOffset, recovered.Append(Batches.Of("next"), AppendOrigin.Client).BaseOffset);
            }

            using PartitionLog again = Open(copy);
            Assert.Equal("next", Batches.ReadAll(again)[^1].Value);
        }
    }

    /// <returns>Whether that changed anything: a batch may end with zeros of its own.</returns>
    private static bool Zero(string directory, long from)
    {
        string file = Directory.GetFiles(directory, "*.log").Order().Last();
        byte[] bytes = File.ReadAllBytes(file);
        bool changed = bytes.AsSpan((int)from).ContainsAnyExcept((byte)0);
        bytes.AsSpan((int)from).Clear();
        File.WriteAllBytes(file, bytes);
        return changed;
    }

    private PartitionLog Open(string directory) => PartitionLog.Open(directory, LogOptions.Default, _clock);
}
