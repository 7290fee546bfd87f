using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using StreamFlow.Clients;
using StreamFlow.State;

namespace StreamFlow.Processing;

/// <summary>Asks the configured handlers about failed records and carries the answer out.</summary>
internal sealed class ErrorPolicy
{
    private readonly ErrorHandler _deserialization;
    private readonly ErrorHandler _processing;
    private readonly ErrorHandler _production;

    public ErrorPolicy(
        ErrorHandler deserialization, ErrorHandler processing, ErrorHandler production, string? deadLetterTopic,
        ErrorResponse deadLetterFallback = ErrorResponse.Fail)
    {
        _deserialization = deserialization;
        _processing = processing;
        _production = production;
        DeadLetters = deadLetterTopic is null ? null : new DeadLetters(deadLetterTopic, deadLetterFallback);
    }

    /// <summary>Sends dead letters; null when there is no topic for them.</summary>
    public DeadLetters? DeadLetters { get; }

    /// <summary>
    /// Returns when the record at hand is to be left out (it is counted, logged and perhaps dead-lettered by then);
    /// throws when the thread is to stop.
    /// </summary>
    public void Handle(TaskContext context, Node node, ErrorStage stage, Exception exception) =>
        Handle(context, node.Name, stage, exception);

    /// <summary>The same for what is no operator, by its name.</summary>
    public void Handle(TaskContext context, string name, ErrorStage stage, Exception exception)
    {
        if (exception is StreamsException)
        {
            // A failure further down that a handler has decided about already, or a broken environment, in which no record
            // would fare better.
            context.Collector.Remember(exception);
            ExceptionDispatchInfo.Throw(exception);
        }

        Handle(context, name, stage, exception, default, null, hasResult: false);
    }

    /// <summary>The same for a result whose topic does not exist or may not be written to, or a row that a changelog refuses.</summary>
    public void HandleRefused(TaskContext context, string name, KafkaClientException exception) =>
        Handle(context, name, ErrorStage.Production, exception, default, null, hasResult: false);

    /// <summary>
    /// The same for a record that the client or the broker refused. Without the input record its dead letter is that record
    /// itself.
    /// </summary>
    public void HandleRefused(
        TaskContext context, string name, KafkaClientException exception, in ByteRecord result, Headers? headers) =>
        Handle(context, name, ErrorStage.Production, exception, in result, headers, hasResult: true);

    /// <summary>A row of a store cannot be written: its serde throws, or its changelog refuses it.</summary>
    public void HandleRow(TaskContext context, string store, Exception exception)
    {
        if (exception is KafkaClientException { Kind: KafkaErrorKind.Refused } refusal)
        {
            HandleRefused(context, store, refusal);
        }
        else
        {
            Handle(context, store, ErrorStage.Production, exception);
        }
    }

    /// <summary>The answer of the handler for a stage; a handler that throws fails the record.</summary>
    public ErrorResponse Ask(in ErrorContext error)
    {
        var handler = error.Stage switch
        {
            ErrorStage.Deserialization => _deserialization,
            ErrorStage.Processing => _processing,
            ErrorStage.Production => _production,
            _ => throw new UnreachableException($"Unknown error stage {error.Stage}."),
        };
        return handler(error);
    }

    public static DropReason Reason(ErrorStage stage) => stage switch
    {
        ErrorStage.Deserialization => DropReason.Deserialization,
        ErrorStage.Processing => DropReason.Processing,
        _ => DropReason.Production,
    };

    private void Handle(
        TaskContext context, string name, ErrorStage stage, Exception exception, in ByteRecord result, Headers? headers,
        bool hasResult)
    {
        var record = context.Record;
        var error = Describe(context, name, stage, exception);
        var response = Ask(in error);
        if (response == ErrorResponse.Fail || context.TellsFailure(name, Reason(stage)))
        {
            ProcessingLog.Failed(
                context.Logger, exception, context.TaskId, name, stage, response, record.Topic, record.Partition, record.Offset);
        }

        switch (response)
        {
            case ErrorResponse.Continue:
                context.Metrics.Dropped(Reason(stage), name);
                return;
            case ErrorResponse.DeadLetter when DeadLetters is not null && error.HasSource:
                var raw = record.Raw!;
                Count(context, in error, DeadLetters.Send(context, in error, Bytes(raw), raw.Headers));
                return;
            case ErrorResponse.DeadLetter when DeadLetters is not null && hasResult:
                Count(context, in error, DeadLetters.Send(context, in error, in result, headers));
                return;
            default:
                ThrowFailed(context.Collector, in error, response);
                return;
        }
    }

    private static void Count(TaskContext context, in ErrorContext error, bool hasLetter) =>
        context.Metrics.Dropped(hasLetter ? DropReason.DeadLetter : Reason(error.Stage), error.Operator);

    private static ByteRecord Bytes(RawRecord source) => new()
    {
        Key = source.Key,
        HasKey = source.Key is not null,
        Value = source.Value,
        HasValue = source.Value is not null,
        Timestamp = source.Timestamp,
    };

    private static ErrorContext Describe(TaskContext context, string name, ErrorStage stage, Exception exception)
    {
        var record = context.Record;
        var error = new ErrorContext
        {
            Stage = stage,
            TaskId = context.TaskId,
            Operator = name,
            Exception = exception,
            Topic = record.Topic,
            Partition = record.Partition,
            Offset = record.Offset,
        };
        return record.Raw is { } raw ? error.With(raw) : error;
    }

    [DoesNotReturn]
    private static void ThrowFailed(RecordCollector collector, in ErrorContext error, ErrorResponse response)
    {
        var where = error.Offset >= 0
            ? $"record {error.Topic}-{error.Partition} offset {error.Offset}"
            : "a record without an input";
        var why = response == ErrorResponse.DeadLetter
            ? " The handler answered DeadLetter, but no dead letter topic is set or there is no input record to send."
            : string.Empty;
        var failure = new RecordFailedException(
            $"Task {error.TaskId}: {error.Operator} failed in {error.Stage} on {where}: {error.Exception.Message}{why} "
            + "Mend the record or the operator, or let the error handler answer Continue or DeadLetter.",
            in error);
        collector.Remember(failure);
        throw failure;
    }
}
