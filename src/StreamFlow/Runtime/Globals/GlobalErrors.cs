using Microsoft.Extensions.Logging;
using StreamFlow.Processing;

namespace StreamFlow.Runtime;

/// <summary>
/// The application's error handlers as global tables ask them. Every instance reads every record, again after each loss of its
/// folder: a dead letter would be sent by each of them, so none is.
/// </summary>
internal static class GlobalErrors
{
    public static ErrorPolicy Of(StreamFlowOptions options, ILogger logger) => new(
        WithoutDeadLetter(ErrorPolicy.Of(options.DeserializationErrors, options.DeserializationErrorHandler), logger),
        WithoutDeadLetter(ErrorPolicy.Of(options.ProcessingErrors, options.ProcessingErrorHandler), logger),
        WithoutDeadLetter(ErrorPolicy.Of(options.ProductionErrors, options.ProductionErrorHandler), logger),
        deadLetterTopic: null);

    private static ErrorHandler WithoutDeadLetter(ErrorHandler handler, ILogger logger) => (in ErrorContext context) =>
    {
        var response = handler(in context);
        if (response != ErrorResponse.DeadLetter)
        {
            return response;
        }

        GlobalLog.NoDeadLetter(logger, context.Topic, context.Partition, context.Offset);
        return ErrorResponse.Continue;
    };
}
