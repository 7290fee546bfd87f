using System.Globalization;
using StreamFlow.Clients;
using StreamFlow.Kafka.Common;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Settings;

/// <summary>Everything that is wrong with the options of the clients, in words that say where, what and what to do.</summary>
internal static class SettingComplaints
{
    /// <summary>librdkafka's own, in milliseconds.</summary>
    private const int LibraryMaxPollInterval = 300_000;

    private const string Range = "outside allowed range ";

    internal static IReadOnlyList<string> Of(KafkaClientOptions options)
    {
        var complaints = new List<string>();
        if (string.IsNullOrWhiteSpace(options.BootstrapServers))
        {
            complaints.Add("BootstrapServers is empty; give at least one broker as host:port.");
        }
        else
        {
            complaints.AddRange(BrokerAddresses.Complaints(options.BootstrapServers));
        }

        foreach (var (where, settings) in new[]
        {
            (nameof(options.Client), options.Client),
            (nameof(options.Consumer), options.Consumer),
            (nameof(options.Producer), options.Producer),
        })
        {
            AddFixed(complaints, where, settings);
            complaints.AddRange(settings.Where(s => s.Value is null)
                .Select(s => $"{where} sets '{s.Key}' to null, with which it would be left at its default. Give a value, or remove it."));
            complaints.AddRange(ClientHandle.Check(settings.Where(s => s.Value is not null && MayBeSet(s))).Select(refused => Refusal(where, refused)));
        }

        AddMisplaced(complaints, nameof(options.Consumer), options.Consumer, nameof(options.Producer), SettingNames.OfProducers);
        AddMisplaced(complaints, nameof(options.Producer), options.Producer, nameof(options.Consumer), SettingNames.OfConsumers);
        AddIntervals(complaints, options);
        complaints.AddRange(SecurityComplaints.Of(options));
        return complaints;
    }

    /// <summary>librdkafka's own words are its own: they call a setting by another name than the user did.</summary>
    private static string Refusal(string where, RefusedSetting refused)
    {
        if (!refused.IsKnown)
        {
            var remedy = NearestName.Of(refused.Name, SettingNames.Usual) is { } nearest
                ? $"Did you mean '{nearest}'?"
                : "Remove it, or look its name up in librdkafka's CONFIGURATION.md.";
            return $"{where} sets '{refused.Name}', which is no setting of the client. {remedy}";
        }

        var value = IsSecret(refused.Name) ? "a value" : $"'{refused.Value}'";
        var at = refused.Text.IndexOf(Range, StringComparison.Ordinal);
        return at < 0
            ? $"{where} sets '{refused.Name}' to {value}, which it cannot be; librdkafka's CONFIGURATION.md says what it can."
            : $"{where} sets '{refused.Name}' to {value}; set it to {refused.Text[(at + Range.Length)..].Trim().Replace("..", " to ", StringComparison.Ordinal)}.";
    }

    /// <summary>Of what is about security, names may be shown and what has a few values only.</summary>
    private static bool IsSecret(string name) =>
        (name.StartsWith("sasl.", StringComparison.OrdinalIgnoreCase)
            && !name.StartsWith("sasl.mechanism", StringComparison.OrdinalIgnoreCase)
            && !name.Equals("sasl.oauthbearer.method", StringComparison.OrdinalIgnoreCase))
        || name.Contains("password", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith(".pem", StringComparison.OrdinalIgnoreCase);

    private static bool MayBeSet(KeyValuePair<string, string> setting) =>
        !FixedSettings.Reasons.ContainsKey(setting.Key) && !IsOfConfluent(setting.Key);

    private static bool IsOfConfluent(string name) => name.StartsWith("dotnet.", StringComparison.OrdinalIgnoreCase);

    private static void AddFixed(
        List<string> complaints, string where, IEnumerable<KeyValuePair<string, string>> settings)
    {
        foreach (var (name, value) in settings)
        {
            if (FixedSettings.Reasons.TryGetValue(name, out var reason))
            {
                complaints.Add($"{where} sets '{name}' to '{value}', which cannot be changed: {reason}. Remove it.");
            }
            else if (IsOfConfluent(name))
            {
                complaints.Add(
                    $"{where} sets '{name}' to '{value}', a setting of Confluent.Kafka's own clients, which are not "
                    + "used. Remove it.");
            }
        }
    }

    /// <summary>librdkafka takes them and ignores them.</summary>
    private static void AddMisplaced(
        List<string> complaints, string where, IEnumerable<KeyValuePair<string, string>> settings, string place, IReadOnlySet<string> ofPlace)
    {
        foreach (var (name, _) in settings.Where(s => ofPlace.Contains(s.Key)))
        {
            complaints.Add($"{where} sets '{name}', which a {where.ToLowerInvariant()} ignores. Write it below {place}.");
        }
    }

    /// <summary>Of a consumer that does not poll for longer than one and heartbeats for longer than the other.</summary>
    private static void AddIntervals(List<string> complaints, KafkaClientOptions options)
    {
        var settings = ClientSettings.ForConsumer(options, new ConsumerRole("c", "g", null, ReadCommitted: true, "earliest"));
        var session = Milliseconds("session.timeout.ms", 0);
        var poll = Milliseconds("max.poll.interval.ms", LibraryMaxPollInterval);
        if (poll < session)
        {
            complaints.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"Consumer has 'max.poll.interval.ms' at {poll} and 'session.timeout.ms' at {session}. Set the former to at least the latter."));
        }

        int Milliseconds(string name, int otherwise) =>
            int.TryParse(settings.LastOrDefault(s => s.Key == name).Value, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
    }
}
