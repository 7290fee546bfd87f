using System.CommandLine;
using StreamFlow.Cli.Options;

namespace StreamFlow.Cli.Measuring;

/// <summary>bench produce and bench consume.</summary>
internal static class BenchCommand
{
    public static Command Create(Surroundings surroundings) => CommandParts.WithBroker(CommandParts.Group(
        "bench", "Measure how fast a broker takes and gives records",
        ["streamflow bench produce load --records 1000000 --size 100", "streamflow bench consume load --records 1000000"],
        BenchProduce.Create(surroundings), BenchConsume.Create(surroundings)));
}
