using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Durability;

/// <summary>Reads logs over the wire.</summary>
internal static class KillReader
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Every record that is there.</summary>
    public static async Task<List<(long Offset, string Value)>> AllAsync(RawClient client, string topic)
    {
        var found = new List<(long Offset, string Value)>();
        (long at, long end) = ((await client.FetchAsync(topic, 0, 0)).Number("log_start_offset"), long.MaxValue);
        while (at < end)
        {
            WireStruct answer = (await client.CallAsync("Fetch", 11, Requests.Fetch(topic, 0, at, partitionMaxBytes: PieceBytes)))
                .Only("responses").Only("partitions");
            Assert.Equal(0, answer.Number("error_code"));
            end = answer.Number("high_watermark");
            byte[] records = answer.Bytes("records");
            found.AddRange(TestBatch.Read(records).Where(x => x.Offset >= at));

            // Not behind the last record: the last batch of a compacted segment stays, emptied, and more may come behind it.
            at = TestBatch.NextOffset(records) ?? end;
        }

        return found;
    }

    /// <summary>What a read-committed consumer gets from an offset on, and where it then is.</summary>
    public static async Task<(List<string> Values, long Next)> CommittedAsync(RawClient client, string topic, long from)
    {
        var values = new List<string>();
        long at = from;
        while (true)
        {
            WireStruct request = Requests.Fetch(topic, 0, at, partitionMaxBytes: PieceBytes);
            request["isolation_level"] = 1;
            WireStruct answer = (await client.CallAsync("Fetch", 11, request)).Only("responses").Only("partitions");
            Assert.Equal(0, answer.Number("error_code"));
            byte[] records = answer.Bytes("records");
            if (records.Length == 0)
            {
                return (values, at);
            }

            values.AddRange(Visible(records, at, answer));
            at = TestBatch.Read(records)[^1].Offset + 1;
        }
    }

    /// <summary>The records of a transaction that is in the list of aborted ones, up to its marker, are left out.</summary>
    private static IEnumerable<string> Visible(byte[] records, long from, WireStruct answer)
    {
        Queue<(long ProducerId, long First)> aborted = new(answer.Structs("aborted_transactions")
            .Select(static x => (x.Number("producer_id"), x.Number("first_offset"))).OrderBy(static x => x.Item2));
        HashSet<long> hidden = [];
        foreach ((long producerId, bool isControl, long offset, string value) in TestBatch.ReadWithMarkers(records))
        {
            while (aborted.Count > 0 && aborted.Peek().First <= offset)
            {
                hidden.Add(aborted.Dequeue().ProducerId);
            }

            if (isControl)
            {
                hidden.Remove(producerId);
            }
            else if (offset >= from && !hidden.Contains(producerId))
            {
                yield return value;
            }
        }
    }
}
