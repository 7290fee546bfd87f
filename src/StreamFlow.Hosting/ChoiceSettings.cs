using Microsoft.Extensions.Configuration;

namespace StreamFlow.Hosting;

/// <summary>
/// Settings that are one of a few words. The binder ends at the first value it cannot read, and does not say what it could;
/// so they are looked at before.
/// </summary>
internal static class ChoiceSettings
{
    private const string Streams = nameof(StreamFlowHostOptions.Streams) + ":";

    /// <summary>What is wrong in the section of one application: the key, the value, and what it may be.</summary>
    public static IReadOnlyList<string> Complaints(IConfigurationSection section)
    {
        var complaints = new List<string>();
        Check<StoreBackend>(nameof(StreamFlowHostOptions.StoreBackend));
        Check<ProcessingGuarantee>(Streams + nameof(StreamFlowOptions.ProcessingGuarantee));
        Check<OffsetReset>(Streams + nameof(StreamFlowOptions.DefaultOffsetReset));
        Check<MissingTopicResponse>(Streams + nameof(StreamFlowOptions.MissingOutputTopics));
        Check<DeletedTopicResponse>(Streams + nameof(StreamFlowOptions.DeletedTopics));
        Check<ErrorResponse>(Streams + nameof(StreamFlowOptions.DeserializationErrors));
        Check<ErrorResponse>(Streams + nameof(StreamFlowOptions.ProcessingErrors));
        Check<ErrorResponse>(Streams + nameof(StreamFlowOptions.ProductionErrors));
        Check<ErrorResponse>(Streams + nameof(StreamFlowOptions.DeadLetterFallback));
        return complaints;

        void Check<T>(string key)
            where T : struct, Enum
        {
            if (section[key] is { Length: > 0 } text && !Enum.TryParse<T>(text, ignoreCase: true, out _))
            {
                complaints.Add(
                    $"The configuration section '{section.Path}' cannot be read: '{section.Path}:{key}' is '{text}'; set it to "
                    + $"{string.Join(" or ", Enum.GetNames<T>())}.");
            }
        }
    }
}
