using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StreamFlow.Dashboard.Tests.Support;

namespace StreamFlow.Dashboard.Tests.Api;

/// <summary>Dead letters are shown as they are, and sent back where that is allowed.</summary>
public sealed class LettersTests
{
    private const string Path = $"applications/{PageHost.Application}/deadletters";
    private static readonly Uri Replays = new($"/streamflow/api/v1/{Path}/replays", UriKind.Relative);

    /// <summary>What a browser would run, were it not data.</summary>
    private const string Hostile = "<script>alert(\"1\")</script>\u2028\n\nevent: snapshot\ndata: {}";

    [Fact]
    public async Task They_are_listed_with_where_they_came_from_and_hostile_ones_stay_data()
    {
        await using var host = await PageHost.StartAsync(configure: WithLetters);
        await host.RunningAsync();
        await host.ProduceAsync([("a", "no JSON"), (Hostile, Hostile), ("b", """{"category":"c","cents":1}""")]);

        var letters = await host.UntilAsync(Path, l => l.GetProperty("total").GetInt64() == 2);

        Assert.Equal(2, letters.GetProperty("byReason").GetProperty("deserialization").GetInt64());
        Assert.Equal(2, letters.GetProperty("byOperator").GetProperty("KSTREAM-SOURCE-0000000000").GetInt64());
        Assert.Equal(2, letters.GetProperty("timeline").EnumerateArray().Sum(t => t.GetProperty("count").GetInt64()));
        var found = KafkaReader.ReadAll(host.BootstrapServers, "letters", 1).ToDictionary(r => $"{r.Partition.Value}-{r.Offset.Value}");
        foreach (var letter in letters.GetProperty("letters").EnumerateArray())
        {
            var record = found[letter.GetProperty("id").GetString()!];
            Assert.Equal(Encoding.UTF8.GetString(record.Message.Key), letter.GetProperty("key").GetProperty("text").GetString());
            Assert.Equal(Encoding.UTF8.GetString(record.Message.Value), letter.GetProperty("value").GetProperty("text").GetString());
            Assert.Equal("orders", letter.GetProperty("source").GetProperty("topic").GetString());
            Assert.Equal(record.Message.Headers.Count, letter.GetProperty("headers").GetArrayLength());
        }

        Assert.Contains(letters.GetProperty("letters").EnumerateArray(), l => l.GetProperty("key").GetProperty("text").GetString() == Hostile);
        var first = await host.GetAsync($"{Path}?limit=1");
        Assert.Equal("1", first.GetProperty("nextPage").GetString());
        var second = await host.GetAsync($"{Path}?limit=1&page=1");
        Assert.Equal(JsonValueKind.Null, second.GetProperty("nextPage").ValueKind);
        Assert.NotEqual(
            first.GetProperty("letters")[0].GetProperty("id").GetString(), second.GetProperty("letters")[0].GetProperty("id").GetString());
        Assert.Empty((await host.GetAsync($"{Path}?reason=processing")).GetProperty("letters").EnumerateArray());
    }

    [Fact]
    public async Task They_go_back_with_key_value_headers_and_time_to_where_they_came_from()
    {
        var log = new ActionLog();
        await using var host = await PageHost.StartAsync(
            new DashboardOptions { AllowActions = true },
            builder =>
            {
                WithLetters(builder);
                builder.Logging.AddProvider(log);
            });
        await host.RunningAsync();
        var time = new Timestamp(new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        using (var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = host.BootstrapServers }).Build())
        {
            await producer.ProduceAsync(new Confluent.Kafka.TopicPartition("orders", 1), new Message<string, string>
            {
                Key = "k", Value = "no JSON", Timestamp = time, Headers = [new Confluent.Kafka.Header("own", "header"u8.ToArray())],
            });
        }

        var letters = await host.UntilAsync(Path, l => l.GetProperty("total").GetInt64() == 1);
        var id = letters.GetProperty("letters")[0].GetProperty("id").GetString();
        using var started = await host.Client.PostAsJsonAsync(Replays, new { ids = new[] { id } });
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        var replay = JsonDocument.Parse(await started.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString();
        var end = await host.UntilAsync($"{Path}/replays/{replay}", r => r.GetProperty("finished").GetBoolean());

        Assert.Equal((1, 1, 0), (end.GetProperty("total").GetInt64(), end.GetProperty("done").GetInt64(), end.GetProperty("failed").GetInt64()));
        var again = KafkaReader.ReadAll(host.BootstrapServers, "orders", 2).Single(r => r.Message.Headers.Any(h => h.Key == "streamflow.replayed.from"));
        Assert.Equal(1, again.Partition.Value);
        Assert.Equal(("k", "no JSON", time.UnixTimestampMs), (
            Encoding.UTF8.GetString(again.Message.Key), Encoding.UTF8.GetString(again.Message.Value), again.Message.Timestamp.UnixTimestampMs));
        Assert.Equal(["own", "streamflow.replayed.at", "streamflow.replayed.from"], again.Message.Headers.Select(h => h.Key));
        Assert.Equal("letters-0@0", Encoding.UTF8.GetString(again.Message.Headers.GetLastBytes("streamflow.replayed.from")));
        Assert.Contains(log.Lines, line => line.Contains("a replay", StringComparison.Ordinal) && line.Contains(id!, StringComparison.Ordinal));

        // It fails again, and is one letter more.
        await host.UntilAsync(Path, l => l.GetProperty("total").GetInt64() == 2);
    }

    [Fact]
    public async Task A_letter_that_names_a_topic_of_others_is_not_sent_there()
    {
        await using var host = await PageHost.StartAsync(new DashboardOptions { AllowActions = true }, WithLetters);
        await host.RunningAsync();
        using (var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = host.BootstrapServers }).Build())
        {
            await producer.ProduceAsync("letters", new Message<string, string>
            {
                Key = "k",
                Value = "v",
                Headers =
                [
                    new Confluent.Kafka.Header("__streams.errors.topic", "category-counts"u8.ToArray()),
                    new Confluent.Kafka.Header("__streams.errors.partition", "0"u8.ToArray()),
                    new Confluent.Kafka.Header("__streams.errors.offset", "0"u8.ToArray()),
                ],
            });
        }

        using var started = await host.Client.PostAsJsonAsync(Replays, new { });
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        var replay = JsonDocument.Parse(await started.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString();
        var end = await host.UntilAsync($"{Path}/replays/{replay}", r => r.GetProperty("finished").GetBoolean());

        Assert.Equal((0, 1), (end.GetProperty("done").GetInt64(), end.GetProperty("failed").GetInt64()));
        Assert.Contains("no topic that the application reads", end.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Empty(KafkaReader.ReadAll(host.BootstrapServers, "category-counts", 2));
    }

    [Fact]
    public async Task Without_leave_nothing_is_sent()
    {
        await using var host = await PageHost.StartAsync(configure: WithLetters);

        using var response = await host.Client.PostAsJsonAsync(Replays, new { });

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Contains("AllowActions", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Origin", "https://attacker.example.com", "application/json")]
    [InlineData("Origin", "null", "application/json")]
    [InlineData("Sec-Fetch-Site", "cross-site", "application/json")]
    [InlineData("Sec-Fetch-Site", "same-site", "application/json")]
    [InlineData("X-Nothing", "else", "text/plain")]
    [InlineData("X-Nothing", "else", "application/x-www-form-urlencoded")]
    public async Task What_does_not_come_from_the_page_itself_is_refused(string header, string value, string type)
    {
        await using var host = await PageHost.StartAsync(new DashboardOptions { AllowActions = true }, WithLetters);
        using var request = new HttpRequestMessage(HttpMethod.Post, Replays) { Content = new StringContent("{}", Encoding.UTF8, type) };
        request.Headers.TryAddWithoutValidation(header, value);

        using var response = await host.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task What_comes_from_the_page_itself_is_taken()
    {
        await using var host = await PageHost.StartAsync(new DashboardOptions { AllowActions = true }, WithLetters);
        using var request = new HttpRequestMessage(HttpMethod.Post, Replays) { Content = JsonContent.Create(new { ids = new[] { "0-0" } }) };
        request.Headers.TryAddWithoutValidation("Origin", host.Address.GetLeftPart(UriPartial.Authority));
        request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", "same-origin");

        using var response = await host.Client.SendAsync(request);

        // Taken, and there is no such letter.
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    /// <summary>As behind a proxy that asks the host by another name.</summary>
    [Fact]
    public async Task What_the_browser_says_comes_from_the_page_is_taken_whatever_the_host_is_called()
    {
        await using var host = await PageHost.StartAsync(new DashboardOptions { AllowActions = true }, WithLetters);
        using var request = new HttpRequestMessage(HttpMethod.Post, Replays) { Content = JsonContent.Create(new { ids = new[] { "0-0" } }) };
        request.Headers.TryAddWithoutValidation("Origin", "https://streamflow.example.com");
        request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", "same-origin");

        using var response = await host.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private static void WithLetters(WebApplicationBuilder builder)
    {
        builder.Configuration[$"StreamFlow:{PageHost.Application}:Streams:DeadLetterTopic"] = "letters";
        builder.Configuration[$"StreamFlow:{PageHost.Application}:Streams:DeserializationErrors"] = "DeadLetter";
    }
}
