using StreamFlow.Clients;
using StreamFlow.Serialization;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Processing;

/// <summary>A record that chooses a topic that cannot be one is a matter of that record, and of its handler.</summary>
public sealed class ChosenTopicTests
{
    [Theory]
    [InlineData("two words", "not ' '")]
    [InlineData("", "topic")]
    [InlineData(null, "it has 300 characters")]
    public void Is_told_to_the_handler_with_the_position_of_the_input(string? chosen, string reason)
    {
        var asked = new List<ErrorContext>();
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To(record => record.Value == "bad" ? chosen ?? new string('t', 300) : "out");
        ErrorHandler handler = (in ErrorContext error) =>
        {
            asked.Add(error);
            return ErrorResponse.Continue;
        };
        var options = new TopologyTestDriverOptions();
        options.Application.ProductionErrorHandler = handler;
        options.Application.ProcessingErrorHandler = handler;
        using var driver = new TopologyTestDriver(builder.Build(), options);
        var input = driver.CreateInputTopic("in", Serdes.String, Serdes.String);
        input.Pipe("a", "good");
        input.Pipe("b", "bad");
        input.Pipe("c", "good");

        var error = Assert.Single(asked);
        Assert.Equal(("in", 0, 1L), (error.Topic, error.Partition, error.Offset));
        Assert.Equal(chosen == string.Empty ? ErrorStage.Processing : ErrorStage.Production, error.Stage);
        Assert.Contains(reason, error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, driver.CreateOutputTopic("out", Serdes.String, Serdes.String).ReadAll().Count);
    }
}
