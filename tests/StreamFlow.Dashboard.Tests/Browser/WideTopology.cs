namespace StreamFlow.Dashboard.Tests.Browser;

/// <summary>A topology of about a hundred nodes in five sub-topologies, with branches that come together again.</summary>
internal static class WideTopology
{
    private const int Stages = 5;

    public static void Describe(StreamsBuilder topology)
    {
        var stream = topology.Stream<string, string>("wide-in");
        for (var stage = 0; stage < Stages; stage++)
        {
            var even = Chain(stream.Filter((key, _) => key.Length % 2 == 0, $"even-{stage}"), 4);
            var odd = Chain(stream.Filter((key, _) => key.Length % 2 == 1, $"odd-with-a-rather-long-name-{stage}"), 3);
            stream = even.Merge(odd)
                .GroupBy((_, value) => value, new() { Name = $"stage-{stage}" })
                .Count(new() { Name = $"counts-{stage}" })
                .ToStream()
                .MapValues(count => $"{count}");
        }

        stream.To("wide-out");
    }

    private static KStream<string, string> Chain(KStream<string, string> stream, int length)
    {
        for (var at = 0; at < length; at++)
        {
            stream = stream.MapValues(value => value + "!");
        }

        return stream;
    }
}
