using StreamFlow.Processing;
using StreamFlow.Runtime;

namespace StreamFlow;

/// <content>What is looked at when the options are checked.</content>
public sealed partial record StreamFlowOptions
{
    internal static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-';

    private static void Check<T>(List<string> errors, bool valid, string name, T value, string allowed)
    {
        if (!valid)
        {
            errors.Add($"{name} is '{(value is TimeSpan time ? Durations.Text(time) : value)}'; set it to {allowed}.");
        }
    }

    /// <summary>
    /// Of times that nobody wants to be days: to .NET a text <c>"5"</c> is five days, where five seconds were meant.
    /// </summary>
    private static void CheckTime(List<string> errors, bool longEnough, string name, TimeSpan value, string least) => Check(
        errors, longEnough && value <= TimeSpan.FromDays(1), name, value,
        $"{least}, at most a day (\"00:00:05\" is five seconds, \"5\" five days)");

    /// <summary>What code has set to null, as a variable of the environment that is not there.</summary>
    private IEnumerable<string> Nulls() =>
        from setting in new (string Name, object? Value)[]
        {
            (nameof(ApplicationId), ApplicationId), (nameof(ClientId), ClientId), (nameof(StateDirectory), StateDirectory),
            (nameof(GroupInstanceId), GroupInstanceId), (nameof(TopologyVersion), TopologyVersion), (nameof(DeadLetterTopic), DeadLetterTopic),
            (nameof(DeserializationErrorHandler), DeserializationErrorHandler), (nameof(ProcessingErrorHandler), ProcessingErrorHandler),
            (nameof(ProductionErrorHandler), ProductionErrorHandler), (nameof(ThreadFailureHandler), ThreadFailureHandler),
        }
        where setting.Value is null
        select $"{setting.Name} is null; give a value, or leave it at its default.";

    private StreamFlowOptions WithoutNulls()
    {
        var defaults = new StreamFlowOptions();
        return this with
        {
            // Its default is none that may be used.
            ApplicationId = ApplicationId ?? "none",
            ClientId = ClientId ?? defaults.ClientId,
            StateDirectory = StateDirectory ?? defaults.StateDirectory,
            GroupInstanceId = GroupInstanceId ?? defaults.GroupInstanceId,
            TopologyVersion = TopologyVersion ?? defaults.TopologyVersion,
            DeadLetterTopic = DeadLetterTopic ?? defaults.DeadLetterTopic,
            DeserializationErrorHandler = DeserializationErrorHandler ?? defaults.DeserializationErrorHandler,
            ProcessingErrorHandler = ProcessingErrorHandler ?? defaults.ProcessingErrorHandler,
            ProductionErrorHandler = ProductionErrorHandler ?? defaults.ProductionErrorHandler,
            ThreadFailureHandler = ThreadFailureHandler ?? defaults.ThreadFailureHandler,
        };
    }

    private void CheckChoices(List<string> errors)
    {
        CheckResponse(errors, DeserializationErrors, nameof(DeserializationErrors));
        CheckResponse(errors, ProcessingErrors, nameof(ProcessingErrors));
        CheckResponse(errors, ProductionErrors, nameof(ProductionErrors));
        Check(errors, Enum.IsDefined(MissingOutputTopics), nameof(MissingOutputTopics), MissingOutputTopics, "Fail, Create or Continue");
        Check(errors, Enum.IsDefined(DeletedTopics), nameof(DeletedTopics), DeletedTopics, "Continue or Fail");
        Check(errors, Enum.IsDefined(DefaultOffsetReset), nameof(DefaultOffsetReset), DefaultOffsetReset, "Earliest or Latest");
        Check(errors, Enum.IsDefined(MetricsLevel), nameof(MetricsLevel), MetricsLevel, "Info or Debug");
        Check(errors, RecordSampling is >= 0 and <= 1, nameof(RecordSampling), RecordSampling, "a number from 0 to 1: the share of records");
        Check(errors, Enum.IsDefined(PartitionerCheck), nameof(PartitionerCheck), PartitionerCheck, "Warn, Fail or Off");
        Check(errors, DeadLetterFallback is ErrorResponse.Fail or ErrorResponse.Continue, nameof(DeadLetterFallback), DeadLetterFallback,
            "Fail or Continue");
    }

    private void CheckResponse(List<string> errors, ErrorResponse? response, string name)
    {
        Check(errors, response is null || Enum.IsDefined(response.Value), name, response, "Fail, Continue or DeadLetter");
        Check(errors, response != ErrorResponse.DeadLetter || DeadLetterTopic.Length > 0, name, response,
            "Fail or Continue, or give a DeadLetterTopic, which is empty");
    }

    private void CheckApplicationId(List<string> errors)
    {
        var valid = ApplicationId is { Length: > 0 and <= 200 } and not "." and not ".."
            && ApplicationId.All(IsNameCharacter);
        Check(errors, valid, nameof(ApplicationId), ApplicationId,
            "1 to 200 letters, digits, '.', '_' or '-': it names topics, a group and a folder");
    }
}
