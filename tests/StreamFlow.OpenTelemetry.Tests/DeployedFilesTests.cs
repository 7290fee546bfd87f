namespace StreamFlow.OpenTelemetry.Tests;

/// <summary>Dashboard and alerts ask for series that are there. That they have data is a test of a running application.</summary>
public sealed class DeployedFilesTests
{
    [Fact]
    public async Task Expressions_name_metrics_and_labels_that_the_exporter_gives()
    {
        await using var scraped = await Scraped.StartAsync();
        var series = await scraped.SeriesAsync();
        var expressions = DeployedFiles.Expressions;

        Assert.True(expressions.Count > 40, $"Only {expressions.Count} expressions were found.");
        Assert.True(series.Count > 50, $"Only {series.Count} series were found.");
        var wrong = expressions.SelectMany(expression => DeployedFiles.Metrics(expression)
            .Where(name => !series.ContainsKey(name)).Select(name => $"{name} in {expression}")).ToList();
        wrong.AddRange(expressions.SelectMany(expression => DeployedFiles.Labels(expression)
            .Where(label => !DeployedFiles.Metrics(expression).Any(name => series.GetValueOrDefault(name)?.Contains(label) == true))
            .Select(label => $"label {label} in {expression}")));
        Assert.Empty(wrong);
        Assert.All(expressions, expression => Assert.NotEmpty(DeployedFiles.Metrics(expression)));
    }
}
